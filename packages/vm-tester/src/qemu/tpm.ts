import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VmTesterError } from '../errors.ts';

/**
 * Runs swtpm until standard input ends, which it does when this process ends in any way, SIGKILL included; then removes
 * the TPM's state. A session of its own keeps the terminal's Ctrl-C from it.
 */
const KEEPER = `
swtpm socket --tpm2 --tpmstate "dir=$1" --ctrl "type=unixio,path=$1/socket" --flags startup-clear &
read -r _
kill $! 2>/dev/null
wait
rm -rf "$1"`;

const SOCKET_MS = 10_000;
const LOOK_EVERY_MS = 20;

/** A TPM 2.0 in software: new, without keys, and gone with the machine. */
export interface SoftwareTpm extends AsyncDisposable {
  /** Where QEMU's emulator backend finds it. */
  socket: string;
}

/** @throws {VmTesterError} SWTPM_MISSING when swtpm is not installed or does not start */
export async function startTpm({ directory: parent = tmpdir(), env = process.env } = {}): Promise<SoftwareTpm> {
  const directory = await mkdtemp(join(parent, 'vmt-tpm-'));
  const stdio = ['pipe', 'ignore', 'pipe'] as const;
  const keeper = spawn('/bin/sh', ['-c', KEEPER, 'sh', directory], { stdio: [...stdio], detached: true, env });
  const ended = once(keeper, 'close');
  ended.catch(() => {}); // told by what it does not do
  let said = '';
  keeper.stderr.on('data', (chunk: Buffer) => (said = (said + String(chunk)).slice(-2_000)));
  keeper.stdin.on('error', () => {}); // it ended by itself
  const stop = async () => {
    keeper.stdin.end();
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  const socket = join(directory, 'socket');
  for (const end = performance.now() + SOCKET_MS; !(await exists(socket)); await sleep(LOOK_EVERY_MS)) {
    if (said === '' && performance.now() < end) continue;
    await stop();
    throw new VmTesterError('SWTPM_MISSING', `swtpm does not start: ${said.trim() || 'no socket in 10 s'}`, {
      hint: 'install swtpm, or boot without a TPM',
    });
  }
  return { socket, [Symbol.asyncDispose]: stop };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
