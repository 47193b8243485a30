import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { shellQuote } from '@phyllome/host';
import { VmTesterError } from '../errors.ts';
import type { RunResult } from './channel.ts';
import type { RunOptions } from '../machine/options.ts';

interface Commands {
  execute(command: string | string[], options?: RunOptions): Promise<RunResult>;
  succeed(command: string | string[], options?: RunOptions): Promise<string>;
}

const DIRECTORY_MS = 60_000;

/** A directory travels as a tar archive, a file as it is. */
export async function send(guest: Commands, from: string, to: string, options: RunOptions = {}): Promise<void> {
  const stats = await stat(from);
  const target = shellQuote(to);
  if (!stats.isDirectory()) {
    const mode = (stats.mode & 0o7777).toString(8);
    const store = `mkdir -p ${shellQuote(dirname(to))} && cat >${target} && chmod ${mode} ${target}`;
    await guest.succeed(store, { ...options, stdin: await readFile(from) });
    return;
  }
  const stdout = await tar(['-C', from, '-cf', '-', '.'], options);
  const unpack = `mkdir -p ${target} && tar -C ${target} --no-same-owner -xf -`;
  await guest.succeed(unpack, { timeoutMs: DIRECTORY_MS, ...options, stdin: stdout });
}

/** @throws {VmTesterError} COMMAND_FAILED when there is no such file in the guest */
export async function receive(guest: Commands, from: string, to: string, options: RunOptions = {}): Promise<void> {
  const source = shellQuote(from);
  const kind = await guest.succeed(`stat --dereference --format='%a %F' -- ${source}`, options);
  const directory = kind.endsWith('directory');
  const read = directory ? ['tar', '-C', from, '-cf', '-', '.'] : ['cat', '--', from];
  const { exitCode, stdout, stderr } = await guest.execute(read, { timeoutMs: DIRECTORY_MS, ...options });
  if (exitCode !== 0) {
    throw new VmTesterError('COMMAND_FAILED', `cannot read ${from} in the guest: ${String(stderr).trim()}`, {
      hint: 'check that it is readable, and that the guest has tar',
    });
  }
  if (directory) {
    await mkdir(to, { recursive: true });
    await tar(['-C', to, '--no-same-owner', '--no-same-permissions', '-xf', '-'], { ...options, stdin: stdout });
  } else {
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, stdout);
    // Whatever the umask or a file that was there has; but no set-user-ID program of a guest's is one here.
    await chmod(to, Number.parseInt(kind, 8) & 0o777);
  }
}

/**
 * By `--no-same-permissions`, no set-user-ID program of a guest's is one here, not even for root; without an umask, the
 * permissions are otherwise kept.
 */
async function tar(words: string[], { stdin = '', signal }: Pick<RunOptions, 'stdin' | 'signal'>): Promise<Buffer> {
  const { stdout } = await execa('sh', ['-c', 'umask 0; exec tar "$@"', 'tar', ...words], {
    encoding: 'buffer',
    input: stdin,
    ...(signal && { cancelSignal: signal }),
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
  return Buffer.from(stdout);
}
