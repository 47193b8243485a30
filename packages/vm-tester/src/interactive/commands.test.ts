import { mkdtempDisposable } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { GuestChannel } from '../guest/channel.ts';
import { runInGuest, serveCommands } from './commands.ts';

/** A guest whose agent answers every command with its name, its input and status 7. */
function guest() {
  const sent: string[] = [];
  const port = new Duplex({
    read() {},
    write(chunk, _, done) {
      const text = String(chunk);
      sent.push(text);
      const [, id = '', rest = ''] = /^RUN (\d+) .*\n(.*)$/s.exec(text) ?? [];
      if (id !== '' && !rest.startsWith('sleep')) port.push(`DONE ${id} 7 ${rest.length} 0\n${rest}`);
      done();
    },
  });
  const channel = new GuestChannel(port, 'abc', () => {});
  port.push('HELLO abc\n');
  return { sent, channel };
}

/** The answer to what is no request. */
async function refusal(path: string): Promise<unknown> {
  const socket = connect(path).setEncoding('utf8');
  socket.write('{"command": 1}\n');
  const [reply]: unknown[] = await once(socket, 'data');
  socket.destroy();
  return reply;
}

test('a command is run once the guest is ready, with its input', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const path = join(directory.path, 's');
  const ready = Promise.withResolvers<void>();
  using _ = await serveCommands(path, guest().channel, () => ready.promise);
  const running = runInGuest(path, 'echo', { stdin: Buffer.from(' in') });
  ready.resolve();
  expect(await running).toEqual({ exitCode: 7, stdout: Buffer.from('echo in'), stderr: Buffer.alloc(0) });
});

test('a command whose client leaves is killed in the guest', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const path = join(directory.path, 's');
  const { sent, channel } = guest();
  using _ = await serveCommands(path, channel, () => Promise.resolve());
  const leaving = new AbortController();
  const running = runInGuest(path, 'sleep', { signal: leaving.signal });
  await expect.poll(() => sent.length).toBe(1);
  leaving.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  await expect.poll(() => sent.at(-1)).toBe('KILL 1\n');
});

test('a client that waits for a guest which never gets ready is let go with the machine', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const path = join(directory.path, 's');
  const server = await serveCommands(path, guest().channel, () => new Promise(() => {}));
  const waiting = runInGuest(path, 'echo');
  waiting.catch(() => {}); // looked at below
  expect(await refusal(path)).toBe('{"error":"not a request"}\n'); // so the one before is being served
  server[Symbol.dispose]();
  await expect(waiting).rejects.toMatchObject({ code: 'GUEST_UNREACHABLE' });
});
