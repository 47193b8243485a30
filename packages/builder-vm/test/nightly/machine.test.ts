import { access, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, failureOf, reached } from '../../../iso-builder/test/integration/fixture.ts';
import { killedWhileInstalling } from '../../../iso-builder/test/puppet/killed.ts';
import { makeInstaller } from '../../../iso-builder/test/puppet/puppet.ts';
import { openMachineEngine } from '../../src/index.ts';
import { type MachineSetup, machineSetup } from '../setup.ts';

let at: MachineSetup;
beforeAll(async () => {
  at = await machineSetup();
});
afterAll(() => at[Symbol.asyncDispose]());

test("a failure has the installer's words, and its logs", async () => {
  const error = await failureOf(at.build('fail'));
  expect(error).toMatchObject({ code: 'INSTALL_FAILED', evidence: { cause: 'package-missing' } });
  await access(join(error.evidence.directory ?? '', 'logs', 'anaconda', 'anaconda.log'));
  expect(await at.left()).toEqual([]);
});

test('the installer that gets a kickstart comes as a disk, and what is made of it comes back', async () => {
  const installer = { iso: await makeInstaller(at.folder), what: 'Phyllome OS dhi' };
  // The puppet's mkksiso leaves it as it was there: that is found out of what came back.
  const error = await failureOf(at.build('forget', { medium: 'installer', installer }));
  expect([error.code, error.message]).toEqual([
    'INSTALLER_MENU_WRONG',
    expect.stringContaining('does not carry the kickstart'),
  ]);
});

test('what is deaf to SIGINT is switched off', async () => {
  const stop = new AbortController();
  await using running = at.build('ignore-signals', { signal: stop.signal });
  await reached(running, 'install');
  stop.abort(new Error('Ctrl-C'));
  await expect(running.result).rejects.toThrow('Ctrl-C');
  expect(await at.left()).toEqual([]);
});

test('its time is up: what it leaves is kept', async () => {
  const error = await failureOf(at.build('hang', { timeoutMs: 60_000 }));
  expect(error.code).toBe('BUILD_TIMEOUT');
  await access(join(error.evidence.directory ?? '', 'logs', 'anaconda', 'anaconda.log'));
});

test('how large a growing file is shows on the way', async () => {
  await using running = at.build('grow');
  const sizes = (await collect(running.events())).flatMap((event) =>
    event.type === 'progress' && event.phase === 'squashfs' ? [event.done] : [],
  );
  await running.result;
  expect(sizes.length).toBeGreaterThan(0);
});

test('memory runs out: the kernel says so, and the build does', async () => {
  const error = await failureOf(at.build('eat-memory'));
  expect(error).toMatchObject({ code: 'INSTALL_FAILED', evidence: { cause: 'out-of-memory' } });
});

test('a panic is named', async () => {
  const error = await failureOf(at.build('panic'));
  expect(error).toMatchObject({
    code: 'MACHINE_FAILED',
    message: expect.stringContaining('panicked: sysrq triggered crash') as unknown,
  });
  const kernel = await readFile(join(error.evidence.directory ?? '', 'logs', 'kernel.log'), 'utf8');
  expect(kernel).toContain('Kernel panic');
  expect(await at.left()).toEqual([]);
});

test('a killed QEMU', async () => {
  await using running = at.build('hang');
  await reached(running, 'install');
  const [directory = ''] = await at.left();
  await execa('pkill', ['--signal', 'KILL', '--full', `qemu-system-x86_64.*${directory}`]);
  expect(await failureOf(running)).toMatchObject({
    code: 'MACHINE_FAILED',
    message: expect.stringContaining('SIGKILL') as unknown,
  });
  expect(await at.left()).toEqual([]);
});

test('when this process is killed, everything goes with it', async () => {
  const { said } = await killedWhileInstalling(join(import.meta.dirname, '../puppet-build.ts'));
  const [folder = ''] = said.split('\n');
  const running = async (): Promise<string> => (await execa('pgrep', ['-f', folder], { reject: false })).stdout;
  await expect.poll(running, { timeout: 20_000 }).toBe('');
  const left = async (): Promise<string> => (await execa('ls', [join(folder, 'work')], { reject: false })).stdout;
  await expect.poll(left, { timeout: 20_000 }).toBe('');
  // The test's own, with the puppet's image in it.
  await rm(folder, { recursive: true });
});

describe.skipIf(process.getuid?.() !== 0)('a full disk, which takes root to be made,', () => {
  test('of the host', async () => {
    const small = join(at.folder, 'small');
    await mkdir(small);
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'small', small]);
    try {
      await using engine = await openMachineEngine({ env: { ...process.env, TMPDIR: small } });
      const error = await failureOf(at.build('succeed-with-large-iso', { engine }));
      expect(error).toMatchObject({
        code: 'DISK_TOO_SMALL',
        message: expect.stringContaining('is full') as unknown,
      });
    } finally {
      await execa('umount', [small]);
    }
  });
});

const lastWords = async (error: { evidence: { directory?: string } }): Promise<string> =>
  await readFile(join(error.evidence.directory ?? '', 'logs', 'console.log'), 'utf8');

describe('a full disk in the machine', () => {
  const small = { diskMiB: 128 };

  test('is said as that of an engine, and its logs come out', async () => {
    const error = await failureOf(at.build('fill-disk', {}, small));
    expect(error).toMatchObject({ code: 'INSTALL_FAILED', evidence: { cause: 'space-engine' } });
    expect(error.hint).toContain('virtual machine');
    expect(await lastWords(error)).toContain('No space left on device');
    // What was written before: on a full disk nothing more is.
    await access(join(error.evidence.directory ?? '', 'logs', 'livemedia.log'));
    expect(await at.left()).toEqual([]);
  });

  test('is known where nothing says it', async () => {
    const error = await failureOf(at.build('fill-disk-silently', {}, small));
    const other = await failureOf(at.build('succeed-with-large-iso', {}, { diskMiB: 256 }));
    expect([other.code, other.evidence.cause]).toEqual(['BUILD_FAILED', 'space-engine']);
    expect(error).toMatchObject({
      code: 'BUILD_FAILED',
      message: expect.stringContaining('the disk of the machine that builds is full') as unknown,
      evidence: { cause: 'space-engine' },
    });
  });

  test('is not suspected where something else failed', async () => {
    const error = await failureOf(at.build('leave-no-iso', {}, small));
    expect(error.code).toBe('ISO_MISSING');
  });
});
