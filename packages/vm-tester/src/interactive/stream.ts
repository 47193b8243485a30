import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A guest may talk for ever: a client that has left more than this unread is let go. */
const MAX_UNREAD_BYTES = 1 << 20;

/** Everybody who connects sees what the stream says, and may write to it. */
export async function serveStream(path: string, stream: Duplex): Promise<Server> {
  const clients = new Set<Socket>();
  stream.on('data', (chunk: Buffer) => {
    for (const client of clients) {
      client.write(chunk);
      if (client.writableLength > MAX_UNREAD_BYTES) client.destroy();
    }
  });
  stream.once('close', () => {
    for (const client of clients) client.destroy();
  });
  const server = createServer((socket) => {
    clients.add(socket);
    socket.on('error', () => {}); // `close` follows
    socket.on('close', () => clients.delete(socket));
    socket.on('data', (chunk) => stream.write(chunk));
  });
  await once(server.listen(path), 'listening');
  return server;
}
