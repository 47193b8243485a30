import { once } from 'node:events';
import { open, realpath } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A directory that a machine's firmware and installer read by HTTP. */
export interface BootServer extends AsyncDisposable {
  /** Of this host's loopback, which QEMU's user network shows its guest at its gateway. */
  port: number;
}

/**
 * Serves the files of a directory, and nothing outside it, links out of it included. Only this host reaches it, and the
 * machines whose network leads there.
 */
export async function serveDirectory(directory: string): Promise<BootServer> {
  const root = await realpath(directory);
  const server = createServer((request, response) => {
    answer(root, request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a server that listens on TCP
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: () => close(server) };
}

async function answer(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
  const path = await fileIn(root, request.url ?? '/');
  if (path === undefined) return void response.writeHead(404).end();
  await using file = await open(path, 'r');
  const stats = await file.stat();
  if (!stats.isFile()) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-length': stats.size, 'content-type': 'application/octet-stream' });
  if (request.method === 'HEAD') return void response.end();
  await pipeline(file.createReadStream(), response);
}

/** The file that a request names, if it is in the directory. */
async function fileIn(root: string, url: string): Promise<string | undefined> {
  try {
    const path = await realpath(join(root, decodeURIComponent(url.split('?', 1)[0] ?? '')));
    return path.startsWith(root + sep) ? path : undefined;
  } catch {
    return undefined; // none there, or no path at all
  }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
