import { access, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { reapLeftovers } from '../../src/index.ts';
import { killedBuild } from '../puppet/killed.ts';
import { connectTo, engineEnv } from './engines.ts';
import { withEachEngine } from './fixture.ts';

await withEachEngine('after a build was killed,', (at) => {
  const partials = async (): Promise<string[]> =>
    (await readdir(at.folder)).filter((name) => name.includes('.partial~'));

  const killABuild = () => killedBuild(at.folder, engineEnv(at.kind));

  test('reapLeftovers removes its container, and no other', async () => {
    await using living = at.build('hang', { destination: join(at.folder, 'living') });
    for await (const event of living.events()) if (event.type === 'phase' && event.phase === 'install') break;
    const alive = await at.containers();
    await killABuild();
    const left = (await at.containers()).filter((name) => !alive.includes(name));
    expect(left).toHaveLength(1);
    expect(await reapLeftovers(at.engine)).toEqual(left);
    expect(await at.containers()).toEqual(alive);
  });

  test('the next build removes all of it, and succeeds', async () => {
    await killABuild();
    expect(await partials()).toHaveLength(1);
    await using next = at.build('succeed', { destination: join(at.folder, 'killed') });
    await next.result;
    expect(await at.containers()).toEqual([]);
    expect(await partials()).toEqual([]);
  });

  if (at.kind === 'docker') console.warn('the test of our own service is skipped with docker: it has none');
  test.skipIf(at.kind === 'docker')('its podman service ends by itself', async () => {
    const { said } = await killABuild();
    const socket = /^unix:\/\/(.*)$/mu.exec(said)?.[1] ?? '';
    // Asking the service would keep it alive: look for its process.
    const services = async (): Promise<string> => (await execa('pgrep', ['-f', socket], { reject: false })).stdout;
    await expect.poll(services, { timeout: 60_000, interval: 500 }).toBe('');
    // The next one sweeps up after it.
    await (await connectTo(at.kind))[Symbol.asyncDispose]();
    await expect(access(dirname(socket))).rejects.toMatchObject({ code: 'ENOENT' });
    await reapLeftovers(at.engine);
  });
});
