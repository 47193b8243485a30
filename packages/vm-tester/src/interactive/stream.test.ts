import { mkdtempDisposable } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { serveStream } from './stream.ts';

const CHUNK = Buffer.alloc(65_536, 'x');
const clientsOf = (server: Server) => promisify(server.getConnections.bind(server))();

test('a client sees what the guest says and writes to it; one that does not read is let go', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  let typed = '';
  const guest = new Duplex({
    read() {},
    write(chunk, _, done) {
      typed += String(chunk);
      done();
    },
  });
  const path = join(directory.path, 's');
  const server = await serveStream(path, guest);
  const listeners = guest.listenerCount('close');
  const [reader, sleeper] = [connect(path), connect(path)];
  try {
    let [sent, got] = [0, 0];
    reader.on('data', (chunk: Buffer) => (got += chunk.length));
    reader.write('hello');
    await vi.waitFor(() => expect(typed).toBe('hello'));
    await vi.waitFor(async () => expect(await clientsOf(server)).toBe(2));
    expect(guest.listenerCount('close')).toBe(listeners);
    for (; sent < 4 << 20; sent += CHUNK.length) {
      guest.push(CHUNK);
      await vi.waitFor(() => expect(got).toBe(sent + CHUNK.length), { interval: 1 });
    }
    await vi.waitFor(async () => expect(await clientsOf(server)).toBe(1));
    guest.destroy();
    await vi.waitFor(async () => expect(await clientsOf(server)).toBe(0));
  } finally {
    reader.destroy();
    sleeper.destroy();
    server.close();
  }
});
