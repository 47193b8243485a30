import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../../pipeline/test/registry.ts';

/** What is missing of what {@link serveDirectory} needs; `./setup` brings it where changes are accepted. */
export const webServerLacks = ['nginx'].filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);

/**
 * nginx on the loopback device, as plain as it can be: files by their paths, `index.html` for a directory, no listings.
 *
 * @throws {Error} when it ends, or does not answer within a minute
 */
export async function serveDirectory(served: string): Promise<{ url: string } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'nginx-'));
  const port = await freePort();
  // One process, as this user: it can read what the test has made.
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path temp-${name};`);
  const config = `
daemon off; master_process off; pid nginx.pid; error_log stderr;
events {}
http {
  access_log off; ${paths.join(' ')}
  types { text/html html; application/json json; image/png png; }
  default_type application/octet-stream;
  server { listen 127.0.0.1:${port}; root "${served}"; }
}
`;
  await writeFile(join(directory, 'nginx.conf'), config);
  const server = spawn('nginx', ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(server, 'exit');
  const stop = async (): Promise<void> => {
    server.kill('SIGKILL');
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}/`;
  const limit = AbortSignal.timeout(60_000);
  while (server.exitCode === null && !limit.aborted) {
    const answer = await fetch(url, { signal: limit }).catch(() => undefined);
    if (answer !== undefined) return { url, [Symbol.asyncDispose]: stop };
    await setTimeout(20);
  }
  await stop();
  throw new Error('nginx does not answer');
}
