import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { unreachableCacheServer } from './nx-cache-server.ts';

const { signal } = new AbortController();

/** The port of a server, which still listens or does no more. */
async function portOf(listens: boolean): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  if (!listens) await close();
  return { port, [Symbol.asyncDispose]: close };
}

const env = (port: number) => ({ NX_SELF_HOSTED_REMOTE_CACHE_SERVER: `http://127.0.0.1:${port}` });

test('a server that listens is there, and one that does not is named', async () => {
  await using there = await portOf(true);
  expect(await unreachableCacheServer(env(there.port), signal)).toBeUndefined();
  await using gone = await portOf(false);
  expect(await unreachableCacheServer(env(gone.port), signal)).toMatchObject({
    code: 'NX_CACHE_UNREACHABLE',
    message: expect.stringContaining(`http://127.0.0.1:${gone.port}, cannot be reached: connect ECONNREFUSED`),
  });
});

test.each([
  ['no server is named', {}],
  ['its address is none', { NX_SELF_HOSTED_REMOTE_CACHE_SERVER: 'nowhere' }],
  ['Nx does not ask it', { NX_SELF_HOSTED_REMOTE_CACHE_SERVER: 'http://127.0.0.1:9', NX_SKIP_REMOTE_CACHE: 'true' }],
  ['a proxy leads there', { NX_SELF_HOSTED_REMOTE_CACHE_SERVER: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://proxy' }],
])('where %s, nobody looks', async (_, given) => {
  expect(await unreachableCacheServer(given, signal)).toBeUndefined();
});

test('an interrupt ends it', async () => {
  await expect(unreachableCacheServer(env(9), AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
});
