import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PrivateNetwork, startMachine } from '../../src/index.ts';
import type { KernelImage, Machine, NetworkImage, Verdict } from '../../src/index.ts';
import { goodIso } from '../good-iso.ts';
import { LEASE, TINY, tinyGuest } from '../tiny-guest.ts';
import { bootSector } from './boot-sectors.ts';

const find = (serial: string) => `grep -lx ${serial} /sys/block/*/serial`;

const stack = new AsyncDisposableStack();
let image: KernelImage;
let directory = '';
beforeAll(async () => {
  directory = stack.use(await mkdtempDisposable(join(tmpdir(), 'vm-network-'))).path;
  image = await tinyGuest(await goodIso(), directory);
});
afterAll(() => stack.disposeAsync());

describe('two machines on one network', () => {
  const machines = new AsyncDisposableStack();
  const network = new PrivateNetwork();
  let server: Machine;
  let client: Machine;
  let capture = '';

  beforeAll(async () => {
    const artifactsDir = join(directory, 'artifacts');
    capture = join(artifactsDir, 'network.pcap');
    const own = { diskMiB: 64, diskSlots: 1, clock: new Date('1975-03-01T12:00:00Z') };
    [server, client] = await Promise.all([
      startMachine({ ...TINY, ...own, image, network: network.cable('server'), capture: true, artifactsDir }),
      startMachine({ ...TINY, image, network: network.cable('client') }),
    ]);
    machines.use(server);
    machines.use(client);
    await Promise.all([server.boot(), client.boot()]);
    for (const machine of [server, client]) await machine.succeed(LEASE); // refused by one that did not boot
  });
  afterAll(() => machines.disposeAsync());

  test('each has its address and name, and finds the other by it', async () => {
    expect(await server.succeed('hostname')).toBe('server');
    expect(await server.succeed('ip -4 -o address show eth0')).toContain('10.93.0.10/24');
    await server.succeed('mkdir -p /srv && echo hello >/srv/greeting && httpd -h /srv');
    expect(await client.succeed('wget -q -O - http://server/greeting')).toBe('hello');
    expect(await client.succeed('wget -q -O - http://server.test/greeting')).toBe('hello');
    await client.fail('wget -q -O - http://server/nothing');
    expect(await client.fail('nslookup nobody')).toMatch(/can't (?:find|resolve)/u);
    // Nothing leads out.
    await client.fail('ping -c 1 -W 1 10.0.2.2');
  });

  test('what went over it is kept, as pcap', async () => {
    const frames = await readFile(capture);
    expect(frames.readUInt32LE(0)).toBe(0xa1b2c3d4);
    expect(frames.includes('GET /greeting')).toBe(true);
  });

  test('a cable that is pulled cuts one off, until it is back', async () => {
    const ping = 'ping -c 1 -W 1 server';
    await client.waitUntilSucceeds(ping);
    await server.setLink(false);
    expect(await client.fail(ping)).toContain('100% packet loss');
    await server.setLink(true);
    expect(await client.waitUntilSucceeds(ping)).toContain(' 0% packet loss');
  });

  test('a port of the host leads to no machine that has no way out', async () => {
    await expect(client.forwardPort(80)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
  });

  test('a disk comes and goes', async () => {
    const disk = await server.addDisk({ sizeMiB: 8 });
    const path = await server.waitUntilSucceeds(find(disk.serial));
    const name = path.split('/')[3] ?? '';
    expect(await server.succeed(`cat /sys/block/${name}/size`)).toBe('16384');
    await server.succeed(`echo written >/dev/${name} && sync`);
    await expect(server.addDisk({ sizeMiB: 8 })).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    await expect(client.addDisk({ sizeMiB: 8 })).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    await disk.pull();
    await server.waitUntilFails(find(disk.serial));
    // The slot is free for another, which has nothing of the first.
    const next = await server.addDisk({ sizeMiB: 8 });
    await server.waitUntilSucceeds(find(next.serial));
    expect(await server.succeed(`head -c 7 /dev/${name} | tr -d '\\0'`)).toBe('');
    await next.pull();
  });

  test('a clock that is wrong, and one that is set', async () => {
    expect(await server.succeed('date -u +%Y')).toBe('1975');
    expect(await client.succeed('date -u +%Y')).not.toBe('1975');
    await server.setClock(new Date('2040-01-01T00:00:00Z'));
    expect(await server.succeed('date -u +%Y')).toBe('2040');
  });

  test('power that is cut in the middle of writing: what was on the disk is, what was in memory is not', async () => {
    const disk = '/dev/vda';
    // Nothing is written but what is asked for.
    await server.succeed(
      'echo 0 >/proc/sys/vm/dirty_writeback_centisecs; echo 90 >/proc/sys/vm/dirty_background_ratio',
    );
    await server.succeed(`mke2fs ${disk} && mount -t ext2 ${disk} /mnt && touch /mnt/log && sync`);
    const entry = 'echo "entry $i" | dd of=/mnt/log bs=16 seek="$i" conv=notrunc,fsync 2>/dev/null';
    const log = `i=0; while ${entry}; do echo "kept $i" >/dev/console; i=$((i+1)); done`;
    const writing = server.execute(log, { timeoutMs: 600_000 });
    writing.catch(() => {});
    const [, kept = ''] = await server.waitForConsoleText(/^kept (\d{2,})/mu);
    await server.succeed('echo once >/mnt/memory');
    expect(await server.powerCycle()).toMatchObject({ status: 'accepted' });
    await expect(writing).rejects.toMatchObject({ code: 'GUEST_UNREACHABLE' });
    await server.succeed(`mount -t ext2 ${disk} /mnt`);
    expect(await server.succeed(`dd if=/mnt/log bs=16 skip=${kept} count=1 2>/dev/null | head -n 1`)).toBe(
      `entry ${kept}`,
    );
    expect(await server.fail('cat /mnt/memory')).toContain('No such file');
    expect(await server.succeed('date -u +%Y')).toBe('1975'); // its own clock went on
  });

  test('a machine that cannot be had as asked', async () => {
    await expect(startMachine({ image, network: 'user', capture: true })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
    });
    expect(() => network.cable('server')).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
    expect(() => network.cable('two words')).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
  });
});

/** A boot program that shows a login prompt, a script that starts it, and one that starts nothing. */
async function serve(folder: string): Promise<void> {
  await writeFile(join(folder, 'program.0'), bootSector({ print: 'Linux version 1\r\nnet login: ' }).subarray(0, 512));
  await writeFile(join(folder, 'boot.ipxe'), '#!ipxe\nchain program.0\n');
  await writeFile(join(folder, 'absent.ipxe'), '#!ipxe\nchain nothing.0\n');
}

async function judge(boots: Omit<NetworkImage, 'netboot'>): Promise<Verdict> {
  await using served = await mkdtempDisposable(join(tmpdir(), 'vm-netboot-'));
  await serve(served.path);
  await using machine = await startMachine({
    image: { netboot: served.path, ...boots },
    instrument: 'screen',
    cpus: 1,
    memoryMiB: 256,
  });
  return await machine.boot();
}

describe('a machine that boots from its network', () => {
  test.each(['tftp', 'http'] as const)('by %s, a script and the program that it names', async (by) => {
    expect(await judge({ bootFile: 'boot.ipxe', by })).toMatchObject({ status: 'accepted' });
  });

  test('that names nothing is rejected', async () => {
    expect(await judge({ bootFile: 'absent.ipxe', by: 'http' })).toMatchObject({
      status: 'rejected',
      cause: 'no-bootable-device',
    });
  });

  test('of which there is nothing', async () => {
    await expect(judge({ bootFile: 'forgotten.ipxe' })).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  });
});

/** What a server on this host's port sends back. */
async function read(port: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path: '/greeting' }, (response) => {
      response.toArray().then((parts) => resolve(parts.map(String).join('')), reject);
    });
    request.on('error', reject);
  });
}

test("a port of this host leads to the guest's, where somebody listens there", async () => {
  await using machine = await startMachine({ ...TINY, image, network: 'user' });
  expect(await machine.boot()).toMatchObject({ status: 'accepted' });
  await machine.succeed(`${LEASE}; mkdir /srv; echo hello >/srv/greeting; httpd -h /srv`);
  const port = await machine.forwardPort(80);
  expect(await read(port)).toBe('hello\n');
  const other = await machine.forwardPort(81);
  expect(other).not.toBe(port);
  await expect(read(other)).rejects.toThrow(/ECONNRESET|hang up/u);
});
