import { once } from 'node:events';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { type Hang, hangs, hostileEngine } from '../../../iso-builder/test/hostile-engine.ts';
import { main, testWorkspace } from '../workspace.ts';

/** As a user would: builds with the engine at that address. */
function build(cwd: string, address: string) {
  return execa(process.execPath, [main, 'image', 'l'], {
    cwd,
    env: { DOCKER_HOST: address, PHYLLOME_BUILDER: 'rehearsal', PHYLLOME_STORE: `${cwd}/store`, XDG_CACHE_HOME: cwd },
    reject: false,
    all: true,
    stdin: 'ignore',
  });
}

test.each(hangs)('an engine that hangs at %s is left by one Ctrl-C', async (hang: Hang) => {
  await using workspace = await testWorkspace();
  await using engine = await hostileEngine({ hang });
  const child = build(workspace.root, engine.address);
  await engine.hung;
  const started = performance.now();
  child.kill('SIGINT');
  const { exitCode, all } = await child;
  console.log(`${hang}: ended after ${Math.round(performance.now() - started)} ms`);
  expect(exitCode).toBe(130);
  expect(all).toContain('interrupted by SIGINT');
  // Where it was not removed, for all that is known.
  const left = hang === 'DELETE' ? /may be left: the container phyllome-\S+ of docker/u : /nothing was left/u;
  expect(all).toMatch(left);
});

test('a second Ctrl-C ends at once, and says what may be left', async () => {
  await using workspace = await testWorkspace();
  await using engine = await hostileEngine({ hang: 'DELETE' });
  const child = build(workspace.root, engine.address);
  await engine.hung;
  child.kill('SIGINT');
  const timer = setInterval(() => child.kill('SIGINT'), 400);
  const { exitCode, all } = await child.finally(() => clearInterval(timer));
  expect(exitCode).toBe(130);
  expect(all).toMatch(/SIGINT once more: ended at once; this may be left: the container phyllome-/u);
});

test('what an engine says is shown, and obeyed by no terminal', async () => {
  await using workspace = await testWorkspace();
  const evil = '\u001B]0;owned\u0007\u001B]52;c;aGk=\u0007\u202Etxet\u009B2J';
  await using engine = await hostileEngine({
    answer(name, response) {
      if (name !== 'POST /containers/create') return false;
      response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ message: evil }));
      return true;
    },
  });
  const { exitCode, all } = await build(workspace.root, engine.address);
  expect(exitCode).toBe(3);
  expect(all).toContain(String.raw`\x1b]0;owned\x07\x1b]52;c;aGk=\x07\u202etxet\x9b2J`);
  expect(all.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test('an answer without end does not fill the memory', async () => {
  await using workspace = await testWorkspace();
  await using engine = await hostileEngine({
    answer(name, response) {
      if (name !== 'GET /info') return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      const flood = async (): Promise<void> => {
        while (!response.destroyed) if (!response.write(' '.repeat(1 << 20))) await once(response, 'drain');
      };
      flood().catch(() => undefined);
      response.on('error', () => undefined);
      return true;
    },
  });
  const { exitCode, all } = await build(workspace.root, engine.address);
  expect(exitCode).toBe(3);
  expect(all).toContain('its answer has more than 33554432 bytes');
});
