import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentDeathPrefix } from '@phyllome/host';
import { VmTesterError } from '../errors.ts';

const SOCKET_MS = 10_000;
const LOOK_EVERY_MS = 20;

/** A TPM 2.0 in software: new, without keys, and gone with the machine. */
export interface SoftwareTpm extends AsyncDisposable {
  /** Where QEMU's emulator backend finds it. */
  socket: string;
}

/**
 * Runs swtpm, which ends with this process however that ends. `directory`: where its state is kept, of the machine's own.
 * @throws {VmTesterError} SWTPM_MISSING when swtpm is not installed or does not start
 */
export async function startTpm(directory: string, env = process.env): Promise<SoftwareTpm> {
  const [state, socket] = [join(directory, 'tpm'), join(directory, 'tpm', 'socket')];
  await mkdir(state);
  const words = ['socket', '--tpm2', '--tpmstate', `dir=${state}`, '--ctrl', `type=unixio,path=${socket}`];
  const [command, ...args] = [...parentDeathPrefix(env), 'swtpm', ...words, '--flags', 'startup-clear'];
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true, env });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + String(chunk)).slice(-2_000)));
  let running = true;
  const ended = once(child, 'close')
    .catch((cause: unknown) => (said = String(cause)))
    .finally(() => (running = false));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  for (const end = performance.now() + SOCKET_MS; !existsSync(socket); await sleep(LOOK_EVERY_MS)) {
    if (running && performance.now() < end) continue;
    await stop();
    throw new VmTesterError('SWTPM_MISSING', `swtpm does not start: ${said.trim() || 'no socket in 10 s'}`, {
      hint: 'install swtpm, or boot without a TPM',
    });
  }
  return { socket, [Symbol.asyncDispose]: stop };
}
