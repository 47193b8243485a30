import { mkdir, mkdtempDisposable, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { serveDirectory } from './boot-server.ts';

/** Asks for exactly this path, which no client tidies up. */
async function ask(port: number, path: string, method = 'GET'): Promise<{ status: number | undefined; body: string }> {
  return await new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    asked.on('error', reject).end();
  });
}

test('serves the files of a directory, and nothing outside it', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'boot-server-'));
  const root = join(directory.path, 'root');
  await mkdir(join(root, 'images'), { recursive: true });
  await writeFile(join(root, 'images', 'a kernel'), 'kernel');
  await writeFile(join(directory.path, 'secret'), 'secret');
  await symlink('../secret', join(root, 'link'));
  await symlink('images', join(root, 'inside'));
  await using server = await serveDirectory(root);
  const { port } = server;
  expect(await ask(port, '/images/a%20kernel?x=1')).toEqual({ status: 200, body: 'kernel' });
  expect(await ask(port, '/inside/a%20kernel')).toEqual({ status: 200, body: 'kernel' });
  expect(await ask(port, '/images/a%20kernel', 'HEAD')).toEqual({ status: 200, body: '' });
  expect((await ask(port, '/images/a%20kernel', 'PUT')).status).toBe(405);
  for (const path of ['/../secret', '/%2e%2e/secret', '/link', '/', '/images', '/nothing', '/%00', '/%zz']) {
    expect((await ask(port, path)).status).toBe(404);
  }
});
