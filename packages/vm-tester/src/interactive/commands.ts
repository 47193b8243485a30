import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import * as z from 'zod';
import { VmTesterError } from '../errors.ts';
import type { GuestChannel, RunResult } from '../guest/channel.ts';
import { parseJson } from '../json.ts';

/** What goes through a machine's command socket: one line of JSON each way, one command a connection. */
const Request = z.object({ command: z.string(), stdin: z.base64() });
const Reply = z.union([
  z.object({ exitCode: z.number(), stdout: z.base64(), stderr: z.base64() }),
  z.object({ error: z.string() }),
]);

/** What is to be done about a machine that has ended. */
export const RESTART = 'start it again: phyllome up <edition>';

/**
 * Lets others run commands in the guest once that is `ready`; one whose connection ends is killed there. Disposal ends all
 * connections: a client that waits for a guest which never gets ready must not keep this process.
 */
export async function serveCommands(
  path: string,
  channel: GuestChannel,
  ready: () => Promise<void>,
): Promise<Disposable> {
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    const gone = new AbortController();
    clients.add(socket);
    socket.on('close', () => {
      clients.delete(socket);
      gone.abort(new Error('the client is gone'));
    });
    socket.on('error', () => {}); // `close` follows
    void firstLine(socket)
      .then((line) => answer(line, channel, ready(), gone.signal))
      .then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
  });
  await once(server.listen(path), 'listening');
  return {
    [Symbol.dispose]() {
      server.close();
      for (const client of clients) client.destroy();
    },
  };
}

async function answer(
  line: string,
  channel: GuestChannel,
  ready: Promise<void>,
  gone: AbortSignal,
): Promise<z.infer<typeof Reply>> {
  const request = parseJson(Request, line);
  if (!request) return { error: 'not a request' };
  try {
    await Promise.race([ready, aborted(gone)]);
    const { exitCode, stdout, stderr } = await channel.run(request.command, Buffer.from(request.stdin, 'base64'), gone);
    return { exitCode, stdout: stdout.toString('base64'), stderr: stderr.toString('base64') };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Runs a command as root in the guest of a running machine; waits for a guest that still boots.
 * @throws {VmTesterError} GUEST_UNREACHABLE when the machine ends before
 */
export async function runInGuest(
  path: string,
  command: string,
  { stdin = Buffer.alloc(0), signal }: { stdin?: Buffer; signal?: AbortSignal } = {},
): Promise<RunResult> {
  signal?.throwIfAborted();
  const socket = connect(path);
  const stop = () => socket.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    socket.write(`${JSON.stringify({ command, stdin: stdin.toString('base64') })}\n`);
    const reply = parseJson(Reply, await firstLine(socket));
    signal?.throwIfAborted();
    if (reply && 'exitCode' in reply) {
      const [stdout, stderr] = [Buffer.from(reply.stdout, 'base64'), Buffer.from(reply.stderr, 'base64')];
      return { exitCode: reply.exitCode, stdout, stderr };
    }
    throw new VmTesterError('GUEST_UNREACHABLE', `cannot run a command in the guest: ${reply?.error ?? 'it is off'}`, {
      hint: RESTART,
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    socket.destroy();
  }
}

/** The first line that comes, or what came before the end, however it ended. */
async function firstLine(socket: Socket): Promise<string> {
  const line = Promise.withResolvers<string>();
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const end = chunk.indexOf('\n');
    text += end < 0 ? chunk : chunk.slice(0, end);
    if (end >= 0) line.resolve(text);
  });
  socket.on('error', () => {}); // `close` follows
  socket.on('close', () => line.resolve(text));
  return await line.promise;
}

async function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  return promise;
}
