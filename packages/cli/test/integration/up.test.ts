import { existsSync, readdirSync } from 'node:fs';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { goodIso } from '../../../vm-tester/test/good-iso.ts';
import { bootSector } from '../../../vm-tester/test/integration/boot-sectors.ts';

const main = resolve(import.meta.dirname, '../../src/main.ts');
const PATIENT = { timeout: 120_000, interval: 100 };

/** `phyllome` with a runtime directory of its own, and nothing to read: `shell` passes its input on, to the end of it. */
function phyllome(runtime: string, ...args: string[]) {
  const env = { XDG_RUNTIME_DIR: runtime };
  return execa(process.execPath, [main, ...args], { env, reject: false, all: true, stdin: 'ignore' });
}

const machines = (runtime: string): string[] =>
  existsSync(join(runtime, 'phyllome')) ? readdirSync(join(runtime, 'phyllome')) : [];

/** Starts `phyllome up` and waits until other commands find its machine. `said`: what it has said so far. */
async function started(runtime: string, ...args: string[]) {
  const up = phyllome(runtime, 'up', ...args);
  let text = '';
  up.all.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const said = () => text;
  await vi.waitFor(() => expect(said()).toContain('Ctrl-C powers it off'), PATIENT);
  return { up, said };
}

test('a machine that is up can be seen, entered and told to run commands; Ctrl-C powers it off and leaves its disk', async () => {
  const iso = await goodIso();
  await using directory = await mkdtempDisposable(join(tmpdir(), 'phyllome-up-'));
  const disk = join(directory.path, 'kept.qcow2');
  const { up, said } = await started(directory.path, iso, '--display', 'vnc', '--memory', '1536', '--disk', disk);
  const shell = (...args: string[]) => phyllome(directory.path, 'shell', ...args);

  // While it boots the first command waits for it.
  expect(await shell('--', 'sh', '-c', 'echo "a  b"; echo oops >&2; exit 7')).toMatchObject({
    exitCode: 7,
    stdout: 'a  b',
    stderr: 'oops',
  });
  const piped = execa(process.execPath, [main, 'shell', '--', 'tr', 'a-z', 'A-Z'], {
    env: { XDG_RUNTIME_DIR: directory.path },
    input: 'hello',
  });
  expect((await piped).stdout).toBe('HELLO');
  expect((await shell('lsblk --nodeps --noheadings --output SIZE /dev/vdb | tr -d " "')).stdout).toBe('20G');

  // A terminal of its own, as a user's: script(1) gives it one.
  const { exitCode, stdout } = await execa('script', ['-qec', `${process.execPath} ${main} shell`, '/dev/null'], {
    env: { XDG_RUNTIME_DIR: directory.path, TERM: 'vt100' },
    input: 'tty; echo "term $TERM"\nexit 5\n',
    reject: false,
  });
  expect(stdout).toContain('/dev/hvc1');
  expect(stdout).toContain('term vt100');
  expect(exitCode).toBe(5);

  // Of a size that it does not know, and with a Ctrl-C that reaches what runs in it.
  const typed = execa('script', ['-qec', `${process.execPath} ${main} shell`, '/dev/null'], {
    env: { XDG_RUNTIME_DIR: directory.path, TERM: 'vt100' },
    stdin: 'pipe',
    reject: false,
    buffer: false,
  });
  let seen = '';
  typed.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  typed.stdin.write('stty size; echo go; sleep 100000\n');
  // Before it comes what turns the line editor's bracketed paste off.
  await vi.waitFor(() => expect(seen).toMatch(/24 80\s+go\s/u), PATIENT);
  typed.stdin.write('\u0003');
  typed.stdin.write('echo "after $?"; exit 6\n');
  await vi.waitFor(() => expect(seen).toContain('after 130'), PATIENT);
  expect((await typed).exitCode).toBe(6);

  const ended143 = phyllome(directory.path, 'shell', '--', 'echo 1 >/run/began; sleep 100000');
  await vi.waitFor(async () => expect((await shell('cat /run/began')).stdout).toBe('1'), PATIENT);
  ended143.kill('SIGTERM');
  expect((await ended143).exitCode).toBe(143);
  // Nor does it go on in the guest.
  await vi.waitFor(async () => expect((await shell('pgrep -f "sleep 10000[0]"')).exitCode).toBe(1), PATIENT);

  const [, host = '', port = ''] = /vncviewer ([\d.]+):(\d+)/.exec(said()) ?? [];
  const vnc = connect(Number(port), host);
  expect(String(await once(vnc, 'data'))).toContain('RFB 003');
  // RFC 6143: the number of security types, and them: 2 asks for a password, 1 for nothing.
  vnc.write('RFB 003.008\n');
  const [offered]: Buffer[] = await once(vnc, 'data');
  expect([...(offered ?? [])]).toEqual([1, 2]);
  expect(said()).toMatch(/password [a-z2-9]{8}$/m);
  vnc.destroy();

  up.kill('SIGINT');
  const ended = await up;
  expect(ended.exitCode, ended.all).toBe(0);
  expect(ended.all).toContain('is off');
  expect(machines(directory.path)).toEqual([]);
  expect(existsSync(disk)).toBe(true);
});

test('of a machine whose owner was killed nothing is left when the next command looks', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'phyllome-up-'));
  const disk = join(directory.path, 'halt.img');
  await writeFile(disk, bootSector('halt'));
  const { up } = await started(directory.path, disk, '--display', 'none', '--memory', '64', '--firmware', 'bios');
  up.kill('SIGKILL');
  await up;
  const { exitCode, all } = await phyllome(directory.path, 'shell', 'true');
  expect([exitCode, all]).toEqual([2, expect.stringContaining('NO_MACHINE')]);
  expect(machines(directory.path)).toEqual([]);
  await vi.waitFor(async () => {
    const { stdout } = await execa('pgrep', ['-f', disk], { reject: false });
    expect(stdout).toBe('');
  }, PATIENT);
});

test('a second Ctrl-C takes the power away from a guest that does not react', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'phyllome-up-'));
  const disk = join(directory.path, 'halt.img');
  await writeFile(disk, bootSector('halt'));
  const { up, said } = await started(directory.path, disk, '--display', 'none', '--memory', '64', '--firmware', 'bios');
  up.kill('SIGINT');
  await vi.waitFor(() => expect(said()).toContain('Ctrl-C again'), PATIENT);
  // Signals within 300 ms are one, as the terminal's and Nx's are. The first has been handled: it was answered.
  await sleep(400);
  up.kill('SIGINT');
  const ended = await up;
  expect(ended.exitCode).toBe(0);
  expect(ended.all).toContain('its power is taken away');
  expect(machines(directory.path)).toEqual([]);
});
