import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ReadStream, WriteStream } from 'node:tty';
import { VmTesterError } from '../errors.ts';
import { RESTART, runInGuest } from './commands.ts';
import { SOCKETS } from './directory.ts';
import type { RunningMachine } from './directory.ts';

/** Ctrl-], as telnet and virsh have it. */
const LEAVE = '\u001D';

/**
 * The second virtio console: on the first, systemd starts a login by itself. The agent's command is the leader of a
 * session without a terminal, so opening one makes it its own.
 */
const shell = (rows: number, columns: number, term: string): string => `
tty=/dev/hvc1
[ -c $tty ] || { echo "the guest's kernel has no driver for a virtio console" >&2; exit 1; }
cd
# Its size lasts as long as somebody has it open.
exec <>$tty >&0 2>&0
stty sane rows ${rows} cols ${columns}
export TERM='${term.replaceAll(/[^\w.+-]/g, '')}'
shell=$(command -v bash || command -v sh)
exec "$shell" -l`;

/** A terminal that does not know its size, as one that a script made, says 0 by 0: then the size of old. */
const sizeOf = ({ rows, columns }: WriteStream): { rows: number; columns: number } => ({
  rows: rows || 24,
  columns: columns || 80,
});

/**
 * A root shell of the guest on this terminal, until it ends, the user leaves with Ctrl-], or `signal` aborts.
 * @returns what it exited with; undefined when the user left it
 * @throws {VmTesterError} GUEST_UNREACHABLE when the machine has ended, or ends before the shell does
 */
export async function openShell(
  machine: RunningMachine,
  { stdin, stdout, term, signal }: { stdin: ReadStream; stdout: WriteStream; term: string; signal?: AbortSignal },
): Promise<number | undefined> {
  const left = new AbortController();
  const guest = connect(join(machine.directory, SOCKETS.terminal));
  guest.on('error', () => {}); // `close` follows
  guest.on('data', (chunk) => stdout.write(chunk));
  // A shell that starts throws away what its terminal holds: what is typed ahead of its prompt waits here.
  let typedAhead: Buffer[] | undefined = [];
  guest.once('data', () => {
    for (const chunk of typedAhead ?? []) guest.write(chunk);
    typedAhead = undefined;
  });
  const forward = (chunk: Buffer) => {
    if (chunk.includes(LEAVE)) left.abort();
    else if (typedAhead) typedAhead.push(chunk);
    else guest.write(chunk);
  };
  const path = join(machine.directory, SOCKETS.commands);
  const resize = () => {
    const { rows, columns } = sizeOf(stdout);
    const size = `stty -F /dev/hvc1 rows ${rows} cols ${columns}`;
    runInGuest(path, size).catch(() => {}); // the machine is off: the shell's exit shows it
  };
  await once(guest, 'connect').catch((cause: unknown) => {
    throw new VmTesterError('GUEST_UNREACHABLE', `cannot open a shell on ${machine.name}: it is off`, {
      hint: RESTART,
      cause,
    });
  });
  stdin.setRawMode(true);
  stdin.on('data', forward);
  stdin.resume();
  stdout.on('resize', resize);
  try {
    const { rows, columns } = sizeOf(stdout);
    const ends = signal ? AbortSignal.any([left.signal, signal]) : left.signal;
    const { exitCode, stderr } = await runInGuest(path, shell(rows, columns, term), { signal: ends });
    stdout.write(stderr);
    return exitCode;
  } catch (error) {
    if (left.signal.aborted && !signal?.aborted) return undefined;
    throw error;
  } finally {
    stdout.off('resize', resize);
    stdin.off('data', forward);
    stdin.setRawMode(false);
    stdin.pause();
    guest.destroy();
  }
}
