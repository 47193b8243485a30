import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type CodeTable, errorWith } from './errors.ts';

const codes = {
  DISK_FAILED: ['environment', 'A temporary directory cannot be made.'],
} as const satisfies CodeTable;

/** This machine refuses what every machine should grant. */
export class HostError extends errorWith(codes) {
  override readonly name = 'HostError';
}

/**
 * Makes the directory, and removes it when standard input ends, which it does when this process ends in any way, SIGKILL
 * included. That it makes it, too, leaves no moment at which nothing would remove it.
 */
const KEEPER = `
umask 077
mkdir "$1" && echo made || exit
read -r _
rm -rf "$1"`;

/**
 * A new temporary directory, only for this user, that is gone when this process is, however it ends.
 *
 * @param parent where it is made
 * @throws {HostError} DISK_FAILED
 */
export async function temporaryDirectory(
  prefix: string,
  parent = tmpdir(),
): Promise<AsyncDisposable & { path: string }> {
  const path = join(parent, `${prefix}${randomBytes(6).toString('hex')}`);
  // In a session of its own the terminal's Ctrl-C does not reach it.
  const keeper = spawn('/bin/sh', ['-c', KEEPER, 'sh', path], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  keeper.stdin.on('error', () => {}); // it ended by itself
  const ended = once(keeper, 'close');
  const complaint = text(keeper.stderr);
  const made = await Promise.race([once(keeper.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!made) {
    throw new HostError('DISK_FAILED', `cannot make a temporary directory: ${(await complaint).trim()}`, {
      hint: 'check the free space in the temporary directory, or choose another by TMPDIR',
    });
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      keeper.stdin.end();
      await ended;
    },
  };
}
