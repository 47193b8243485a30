import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { expect, test } from 'vitest';
import { digestOfTag } from './digest.ts';

const index = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] });
const digest = `sha256:${createHash('sha256').update(index).digest('hex')}`;

/** Asks a server on this machine that answers as configured, in turn a registry and what hands out its tokens. */
async function ask(answer: (request: IncomingMessage, response: ServerResponse, host: string) => void) {
  const server = createServer((request, response) => answer(request, response, request.headers.host ?? ''));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  try {
    const image = `127.0.0.1:${address.port}/library/fedora`;
    return await digestOfTag({ image, tag: '44' }, AbortSignal.timeout(30_000));
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test('a tag is asked for by its name, and for an index before anything else', async () => {
  const asked: (string | undefined)[] = [];
  const found = await ask((request, response) => {
    asked.push(request.url, request.headers.accept?.split(', ', 1)[0]);
    response.setHeader('docker-content-digest', digest).end(index);
  });
  expect(found).toEqual({ digest, isIndex: true });
  expect(asked).toEqual(['/v2/library/fedora/manifests/44', 'application/vnd.oci.image.index.v1+json']);
});

test('a token is fetched from where the registry says, for reading alone', async () => {
  const asked: string[] = [];
  const found = await ask((request, response, host) => {
    asked.push(`${request.url} ${request.headers.authorization ?? '-'}`);
    if (request.url?.startsWith('/token') === true) return response.end(JSON.stringify({ token: 'abc' }));
    if (request.headers.authorization === 'Bearer abc') return response.end(index);
    const challenge = `Bearer realm="http://${host}/token",service="registry",scope="repository:other:push"`;
    return response.writeHead(401, { 'www-authenticate': challenge }).end();
  });
  expect(found.digest).toBe(digest);
  expect(asked).toEqual([
    '/v2/library/fedora/manifests/44 -',
    '/token?service=registry&scope=repository%3Alibrary%2Ffedora%3Apull -',
    '/v2/library/fedora/manifests/44 Bearer abc',
  ]);
});

test('the image of one platform is distinguished from an index', async () => {
  const manifest = JSON.stringify({ schemaVersion: 2, config: {}, layers: [] });
  const found = await ask((_, response) =>
    response.setHeader('content-type', 'application/vnd.docker.distribution.manifest.v2+json').end(manifest),
  );
  expect(found.isIndex).toBe(false);
});

test.each<[string, string, (request: IncomingMessage, response: ServerResponse) => void]>([
  ['no such tag', 'IMAGE_NOT_FOUND', (_, response) => response.writeHead(404).end('{}')],
  ['not for everybody', 'IMAGE_NOT_FOUND', (_, response) => response.writeHead(403).end()],
  ['broken', 'REGISTRY_UNREACHABLE', (_, response) => response.writeHead(500).end()],
  ['a page instead of a manifest', 'REGISTRY_UNREACHABLE', (_, response) => response.end('<html>log in</html>')],
  ['something else', 'REGISTRY_UNREACHABLE', (_, response) => response.end('{"mediaType":"text/plain"}')],
  [
    'other bytes than it claims',
    'REGISTRY_UNREACHABLE',
    (_, response) => response.setHeader('docker-content-digest', `sha256:${'0'.repeat(64)}`).end(index),
  ],
  [
    'a password wanted',
    'REGISTRY_UNREACHABLE',
    (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
  ],
  ['more than a manifest', 'REGISTRY_UNREACHABLE', (_, response) => response.end(Buffer.alloc(5 * 1024 ** 2, ' '))],
  ['gone in the middle', 'REGISTRY_UNREACHABLE', (_, response) => response.destroy()],
])('%s: %s', async (_, code, answer) => {
  await expect(ask(answer)).rejects.toMatchObject({ code });
});
