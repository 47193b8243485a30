import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtempDisposable, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, describe, vi } from 'vitest';
import { acceptIso, bootUninstrumented, countColours, probeHost, startMachine } from '../../src/index.ts';
import type { Screen } from '../../src/index.ts';
import { toPng } from '../../src/screen/needle.ts';
import type { MachineOptions, Verdict, VmEvent } from '../../src/index.ts';
import { bootSector } from './boot-sectors.ts';

/** Boots a disk of these bytes and gives the final verdict. */
async function judge(
  disk: Buffer,
  options: Omit<MachineOptions, 'image'> = {},
): Promise<{ verdict: Verdict; artifacts: Record<string, string> }> {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const path = join(directory.path, 'disk.img');
  await writeFile(path, disk);
  const artifactsDir = join(directory.path, 'artifacts');
  await using machine = await startMachine({ ...options, image: { disk: path, format: 'raw' }, artifactsDir });
  await machine.boot();
  const verdict = await machine.conclude();
  const names = await readdir(artifactsDir);
  const artifacts = await Promise.all(
    names
      .filter((name) => name !== 'shots')
      .map(async (name) => [name, await readFile(join(artifactsDir, name), 'utf8')]),
  );
  return { verdict, artifacts: Object.fromEntries(artifacts) };
}

const IMPATIENT = { bootloader: { fixedMs: 1_000, scaledMs: 0 } };

describe('a machine that goes wrong is rejected with the cause', () => {
  test('an empty disk under BIOS', async () => {
    const { verdict, artifacts } = await judge(Buffer.alloc(1 << 20));
    expect(verdict).toMatchObject({ status: 'rejected', phase: 'firmware', cause: 'no-bootable-device' });
    expect(artifacts['debugcon.log']).toContain('No bootable device');
  });

  test.each(['uefi', 'uefi-secure'] as const)('an empty disk under %s', async (firmware) => {
    const { verdict } = await judge(Buffer.alloc(1 << 20), { firmware });
    expect(verdict).toMatchObject({ status: 'rejected', cause: 'no-bootable-device' });
  });

  test('a kernel panic, as soon as its line is written', async () => {
    const print =
      '[    1.000000] Linux version 6.12\r\n[    2.000000] Kernel panic - not syncing: VFS: Unable to mount root fs\r\n';
    const { verdict, artifacts } = await judge(bootSector({ print }));
    expect(verdict).toMatchObject({ status: 'rejected', phase: 'kernel', cause: 'root-not-found' });
    expect(artifacts['serial.log']).toContain('Kernel panic');
    expect(JSON.parse(artifacts['verdict.json'] ?? '')).toMatchObject({ status: 'rejected', cause: 'root-not-found' });
    expect(Object.keys(artifacts)).toEqual(
      expect.arrayContaining([
        'host.json',
        'qmp.jsonl',
        'events.jsonl',
        'journal.json',
        'reproduce.sh',
        'rejected.png',
        'report.html',
        'junit.xml',
      ]),
    );
  });

  test('an emergency shell that ends its prompt with no newline', async () => {
    const { verdict } = await judge(bootSector({ print: 'You are in emergency mode. After logging in, type' }));
    expect(verdict).toMatchObject({ status: 'rejected', cause: 'emergency-mode' });
  });

  test('resets again and again', async () => {
    expect((await judge(bootSector('reset'))).verdict).toMatchObject({ status: 'rejected', cause: 'reboot-loop' });
  });

  test('a power-off that nobody asked for, however clean', async () => {
    expect((await judge(bootSector('powerOff'))).verdict).toMatchObject({
      status: 'rejected',
      cause: 'unexpected-poweroff',
    });
  });

  test.each([
    ['halt', 'stalled'],
    ['spin', 'spinning'],
  ] as const)('%s: no progress in time is %s', async (code, cause) => {
    const { verdict } = await judge(bootSector(code), { budgets: IMPATIENT });
    expect(verdict).toMatchObject({ status: 'rejected', phase: 'bootloader', cause });
  });
});

test('a kernel that dies without our instruments is given one CPU, too, under TCG', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const disk = join(directory.path, 'disk.img');
  await writeFile(disk, bootSector({ print: 'Linux version 6\r\nKernel panic - not syncing: test\r\n' }));
  await writeFile(join(directory.path, 'serial.log'), '[   1.000] host login: \n');
  const host = await probeHost({ accelerator: 'tcg' });
  const after = await bootUninstrumented({ image: { disk, format: 'raw' }, artifactsDir: directory.path, host });
  expect(after).toMatchObject({ verdict: { status: 'rejected', cause: 'kernel-panic' } });
  expect(await readdir(join(directory.path, 'uninstrumented'))).toContain('attempt-1');
});

test('a login prompt without our agent is inconclusive: the image may be good', async () => {
  const { verdict } = await judge(bootSector({ print: 'Linux version 1\r\nhost login: ' }), {
    budgets: { userspace: { fixedMs: 1_000, scaledMs: 0 } },
  });
  expect(verdict).toMatchObject({ status: 'inconclusive', cause: 'infra:channel' });
});

/** What came of its boot, and the warnings. */
async function boot(disk: Buffer, options: Omit<MachineOptions, 'image'>) {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const path = join(directory.path, 'disk.img');
  await writeFile(path, disk);
  const warnings: string[] = [];
  const onEvent = (event: VmEvent) => event.type === 'finding' && warnings.push(event.evidence.line);
  const image = { disk: path, format: 'raw' } as const;
  await using machine = await startMachine({ ...options, image, instrument: 'screen', onEvent });
  return { verdict: await machine.boot(), warnings };
}

describe('a boot menu that waits for a person', () => {
  const print = 'Linux version 1\r\nhost login: ';
  const waiting = bootSector({ print, afterKey: true });

  test('is answered where a whole image is judged, and the report says so', async () => {
    const { verdict, warnings } = await boot(waiting, { bootMenu: 'enter' });
    expect(verdict).toMatchObject({ status: 'accepted' });
    expect(warnings).toEqual([expect.stringContaining('its boot menu waits for a person')]);
  });

  test('is left to a test, and a machine that stays there is rejected', async () => {
    const { verdict } = await boot(waiting, { budgets: IMPATIENT });
    expect(verdict).toMatchObject({ status: 'rejected', phase: 'bootloader', cause: 'stalled' });
  });

  test('is not invented', async () => {
    const { verdict, warnings } = await boot(bootSector({ print }), { bootMenu: 'enter' });
    expect(verdict).toMatchObject({ status: 'accepted' });
    expect(warnings).toEqual([]);
  });
});

test.each(['SIGSEGV', 'SIGTERM'] as const)(
  'QEMU ended by %s is inconclusive, not the fault of the image',
  async (by) => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
    const disk = join(directory.path, 'disk.img');
    await writeFile(disk, bootSector('halt'));
    await using machine = await startMachine({ image: { disk, format: 'raw' } });
    const booting = machine.boot();
    process.kill(machine.pid, by);
    expect(await booting).toMatchObject({ status: 'inconclusive', cause: 'infra:qemu' });
    await expect(machine.execute('true')).rejects.toMatchObject({ code: 'GUEST_UNREACHABLE' });
  },
);

test('events come in order and end with one verdict', async () => {
  const events: VmEvent[] = [];
  await judge(bootSector({ print: 'Kernel panic - not syncing: test\n' }), { onEvent: (event) => events.push(event) });
  expect(events.map((event) => event.type).filter((type) => type !== 'screenshot')).toEqual([
    'host',
    'start',
    'phase',
    'finding',
    'verdict',
  ]);
});

test('a truncated ISO is rejected without a boot', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const iso = join(directory.path, 'cut.iso');
  const bytes = Buffer.alloc(20 * 2048);
  bytes.write('\u0001CD001\u0001', 16 * 2048, 'latin1');
  bytes.writeUInt32LE(1000, 16 * 2048 + 80);
  await writeFile(iso, bytes);
  const artifactsDir = join(directory.path, 'artifacts');
  expect(await acceptIso(iso, { artifactsDir })).toMatchObject({ status: 'rejected', cause: 'bad-media' });
  expect(await readdir(artifactsDir)).toContain('verdict.json');
});

test('an image that is not there', async () => {
  await expect(startMachine({ image: { iso: '/nonexistent.iso' } })).rejects.toMatchObject({
    code: 'IMAGE_UNREADABLE',
  });
});

test('a text screen is seen, read, waited for, and matched with a needle', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const disk = join(directory.path, 'disk.img');
  await writeFile(disk, bootSector('halt'));
  const needles = join(directory.path, 'needles');
  await mkdir(needles);
  await using machine = await startMachine({ image: { disk, format: 'raw' }, needles, artifactsDir: directory.path });
  const over = machine.boot();
  await machine.waitForText(/Booting from Hard Disk\.\.\./);
  expect(await machine.screenText()).toMatch(/^SeaBIOS \(version .*\)$/m);
  expect(countColours(await machine.screen())).toBeGreaterThan(1);
  await machine.waitStillScreen(300);
  await expect(machine.waitForText(/GRUB/, { timeoutMs: 1 })).rejects.toMatchObject({
    code: 'WAIT_TIMEOUT',
    message: expect.stringContaining('Booting from Hard Disk...'),
  });

  // A needle from a screenshot, as a user makes one: the first line counts, at its place or a little off.
  await machine.screenshot('needles/seabios');
  const area = { type: 'match', xpos: 0, ypos: 0, width: 300, height: 16 };
  await writeFile(join(needles, 'seabios.json'), JSON.stringify({ tags: ['bios'], area: [area] }));
  expect(await machine.assertScreen('bios')).toMatchObject({ needle: 'seabios', similarity: 100 });
  await expect(machine.assertScreen('nobody-knows')).rejects.toMatchObject({ code: 'NEEDLE_INVALID' });
  await machine.crash();
  await over;
});

test('a needle that does not match says what it looks like, and keeps the screen', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const disk = join(directory.path, 'disk.img');
  await writeFile(disk, bootSector('halt'));
  const other: Screen = { width: 720, height: 400, pixels: Buffer.alloc(720 * 400 * 3, 77) };
  await writeFile(join(directory.path, 'grey.png'), toPng(other));
  const area = { type: 'match', xpos: 0, ypos: 0, width: 300, height: 16, margin: 0 };
  await writeFile(join(directory.path, 'grey.json'), JSON.stringify({ tags: ['grey'], area: [area] }));
  const artifactsDir = join(directory.path, 'artifacts');
  await using machine = await startMachine({ image: { disk, format: 'raw' }, needles: directory.path, artifactsDir });
  const over = machine.boot();
  await machine.waitForText(/Booting/);
  await expect(machine.assertScreen('grey', { timeoutMs: 1 })).rejects.toMatchObject({
    code: 'NO_MATCH',
    message: expect.stringMatching(/grey is \d/),
    hint: expect.stringContaining('no-match-grey.png'),
  });
  expect(await readdir(artifactsDir)).toContain('no-match-grey.png');
  await machine.crash();
  await over;
});

test('a machine without a guest to talk to keeps no snapshot, and is set back to none', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const disk = join(directory.path, 'disk.img');
  await writeFile(disk, bootSector('halt'));
  await using machine = await startMachine({ image: { disk, format: 'raw' } });
  await expect(machine.snapshot()).rejects.toMatchObject({ code: 'GUEST_UNREACHABLE' });
  await expect(machine.restore({ name: 'none' })).rejects.toMatchObject({ code: 'QMP_COMMAND' });
});

test('artifacts that cannot be written end the run, not this process', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const disk = join(directory.path, 'disk.img');
  await writeFile(disk, bootSector({ print: 'Linux version 1\r\n' }));
  const artifactsDir = join(directory.path, 'artifacts');
  await mkdir(artifactsDir);
  await symlink('/dev/full', join(artifactsDir, 'serial.log'));
  await using machine = await startMachine({ image: { disk, format: 'raw' }, artifactsDir });
  expect(await machine.boot()).toMatchObject({
    status: 'inconclusive',
    cause: 'infra:qemu',
    evidence: [{ line: expect.stringContaining('no space left') }],
  });
});

test('a machine that is up and let go of blames nobody', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const disk = join(directory.path, 'disk.img');
  await writeFile(disk, bootSector({ print: 'Linux version 1\r\nhost login: ' }));
  const events: VmEvent[] = [];
  {
    await using machine = await startMachine({
      image: { disk, format: 'raw' },
      instrument: 'screen',
      onEvent: (event) => events.push(event),
    });
    expect(await machine.boot()).toMatchObject({ status: 'accepted' });
  }
  expect(events.filter(({ type }) => type === 'finding')).toEqual([]);
});

describe('nothing is left behind', () => {
  test('by an abort: it rejects with its reason, and QEMU is gone', async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
    const disk = join(directory.path, 'disk.img');
    await writeFile(disk, bootSector('halt'));
    const controller = new AbortController();
    let pid = 0;
    const run = async () => {
      await using machine = await startMachine({ image: { disk, format: 'raw' }, signal: controller.signal });
      pid = machine.pid;
      const booting = machine.boot();
      controller.abort(new Error('enough'));
      await booting;
    };
    await expect(run()).rejects.toThrow('enough');
    expect(runs(pid)).toBe(false);
  });

  test('by a runner killed with SIGKILL', async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
    const disk = join(directory.path, 'disk.img');
    await writeFile(disk, bootSector('halt'));
    const runner = spawn(process.execPath, [join(import.meta.dirname, 'runner.ts'), disk], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: directory.path },
    });
    const [line] = await once(runner.stdout, 'data');
    const pid = Number(String(line));
    expect(runs(pid)).toBe(true);
    runner.kill('SIGKILL');
    await once(runner, 'close');
    const left = async () => [...(await readdir(directory.path)), ...(runs(pid) ? ['QEMU'] : [])];
    await vi.waitFor(async () => expect(await left()).toEqual(['disk.img']), { timeout: 30_000 });
  });
});

test('QEMU is in a session of its own, where no Ctrl-C of our terminal reaches it', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const disk = join(directory.path, 'disk.img');
  await writeFile(disk, bootSector('halt'));
  await using machine = await startMachine({ image: { disk, format: 'raw' } });
  // proc_pid_stat(5): the process group is field 5, the session field 6; the name, field 2, is in parentheses.
  const stat = readFileSync(`/proc/${machine.pid}/stat`, 'utf8');
  const [, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  expect([group, session]).toEqual([`${machine.pid}`, `${machine.pid}`]);
});

/** Does the process still run? One that has ended may stay a zombie where process 1 reaps nobody, as in a container. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
