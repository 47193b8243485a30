import { createServer } from 'node:http';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';

/**
 * A server of Nx's self-hosted cache: `PUT` and `GET /v1/cache/{hash}` with a bearer token, entries that never change.
 *
 * @see https://nx.dev/recipes/running-tasks/self-hosted-caching
 */
export interface NxCacheServer extends AsyncDisposable {
  /** For Nx. */
  readonly env: Record<string, string>;
  readonly entries: Map<string, Buffer>;
  /** `GET 200`, `GET 404`, `PUT 200` …, in order. */
  readonly answers: string[];
}

export async function startNxCacheServer(): Promise<NxCacheServer> {
  const token = 'a-token';
  const entries = new Map<string, Buffer>();
  const answers: string[] = [];
  const server = createServer((request, response) => {
    const end = (status: number, body?: Buffer): void => {
      answers.push(`${request.method} ${status}`);
      response.writeHead(status, { 'content-type': 'application/octet-stream' }).end(body);
    };
    const hash = /^\/v1\/cache\/([0-9a-f]+)$/u.exec(request.url ?? '')?.[1];
    if (request.headers.authorization !== `Bearer ${token}`) return end(401);
    if (hash === undefined) return end(404);
    const known = entries.get(hash);
    if (request.method === 'GET') return known === undefined ? end(404) : end(200, known);
    if (known !== undefined) return end(409);
    const keep = async (): Promise<void> => {
      entries.set(hash, await buffer(request));
      end(200);
    };
    void keep();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    env: {
      NX_SELF_HOSTED_REMOTE_CACHE_SERVER: `http://127.0.0.1:${port}`,
      NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: token,
    },
    entries,
    answers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
