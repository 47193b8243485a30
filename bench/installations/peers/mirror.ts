import { createReadStream } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { once } from 'node:events';
import { debianArchive } from '../../debian-archive.ts';

/** A part of Debian's archive on this machine's loopback, which QEMU's user network shows to a guest. */
export interface Mirror extends AsyncDisposable {
  port: number;
  /** Serves this at a path beside the archive, or instead of what the archive has there. */
  serve(path: string, content: string | Buffer): void;
  /** Settles when a path beside the archive is asked for, the next time. */
  asked(path: string): Promise<void>;
  /** Fetches a file of the archive, unless it is here. @returns whether the archive has it */
  keep(path: string): Promise<boolean>;
  /** What was asked for over the network, and the archive does not have. */
  readonly refused: readonly string[];
  /** What had to come from elsewhere so far, and how long that took. */
  readonly fetched: { files: number; bytes: number; seconds: number };
}

/** Files of packages never change; indexes do, and have to fit each other. */
const isPackage = (path: string): boolean => path.startsWith('pool/');

/**
 * Serves Debian's archive at `/debian/`, signed as it is, out of a directory that it fills on demand from where apt has
 * its packages: what was asked for once comes from this machine from then on.
 *
 * @param pool where packages stay between runs
 * @param indexes where everything else is, of this run
 */
export async function startMirror(pool: string, indexes: string, signal: AbortSignal): Promise<Mirror> {
  const upstream = await debianArchive();
  const [contents, waiting, under] = [
    new Map<string, string | Buffer>(),
    new Map<string, () => void>(),
    new Map<string, Promise<string | undefined>>(),
  ];
  const fetched = { files: 0, bytes: 0, seconds: 0 };
  const refused: string[] = [];

  /** The path of a file of the archive here; undefined: it has none. */
  async function fileOf(path: string): Promise<string | undefined> {
    const local = join(isPackage(path) ? pool : indexes, path);
    if (await stat(local).catch(() => undefined)) return local;
    const start = performance.now();
    const response = await fetch(new URL(path, upstream), { signal });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    await mkdir(dirname(local), { recursive: true });
    const part = `${local}.${process.pid}.part`;
    await writeFile(part, bytes);
    await rename(part, local);
    fetched.files += 1;
    fetched.bytes += bytes.length;
    fetched.seconds += (performance.now() - start) / 1000;
    return local;
  }

  /** Two that ask for the same file wait for one fetch. */
  function fileOnce(path: string): Promise<string | undefined> {
    const running = under.get(path) ?? fileOf(path).finally(() => under.delete(path));
    under.set(path, running);
    return running;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    waiting.get(path)?.();
    const content = contents.get(path);
    if (content !== undefined) return void response.end(content);
    const local = path.startsWith('/debian/') ? await fileOnce(path.slice('/debian/'.length)) : undefined;
    if (local === undefined) {
      refused.push(path);
      return void response.writeHead(404, { 'content-length': 0 }).end();
    }
    response.setHeader('content-length', (await stat(local)).size);
    if (request.method === 'HEAD') return void response.end();
    await pipeline(createReadStream(local), response);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(502, { 'content-length': 0 });
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the mirror has no port');
  return {
    port: address.port,
    fetched,
    refused,
    serve: (path, content) => void contents.set(path, content),
    asked: (path) =>
      new Promise((resolve) => {
        contents.set(path, '');
        waiting.set(path, resolve);
      }),
    keep: async (path) => (await fileOnce(path)) !== undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
