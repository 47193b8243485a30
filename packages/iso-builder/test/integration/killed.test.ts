import { access, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ownerLabel } from '../../src/container/labels.ts';
import { type Builder, buildIso, type Engine, reapLeftovers } from '../../src/index.ts';
import { puppetBuilder, puppetVolid, temporaryDirectory } from '../puppet/puppet.ts';
import { absence, connectTo, engineKinds } from './engines.ts';

for (const kind of engineKinds) {
  const why = await absence(kind);
  if (why !== undefined) console.warn(`tests with ${kind} are skipped: ${why}`);

  if (kind === 'docker') console.warn('the test of our own service is skipped with docker: it has none');

  describe.skipIf(why !== undefined)(`after a build was killed, with ${kind}`, () => {
    const resources = new AsyncDisposableStack();
    let engine: Engine;
    let builder: Builder;
    let folder: string;

    beforeAll(async () => {
      folder = resources.use(await temporaryDirectory()).path;
      builder = await puppetBuilder(folder);
      engine = resources.use(await connectTo(kind));
    });
    afterAll(() => resources.disposeAsync());

    const containers = async (): Promise<string[]> =>
      (
        await engine.docker.listContainers({
          all: true,
          filters: { label: [ownerLabel, 'org.phyllome.builder=puppet'] },
        })
      ).map(({ Names }) => Names[0]?.replace(/^\//u, '') ?? '');
    const partials = async (): Promise<string[]> =>
      (await readdir(folder)).filter((name) => name.includes('.partial~'));
    const options = { isoName: 'x.iso', volid: puppetVolid, project: 'p', releasever: '44', profile: 'draft' } as const;

    /** Starts a build in a process of its own, kills it in the middle of the installation. */
    const killABuild = async (): Promise<{ socket: string }> => {
      const child = execa(process.execPath, [join(import.meta.dirname, '..', 'puppet', 'build.ts')], {
        env: { PHYLLOME_ENGINE: kind, PUPPET_FOLDER: folder },
        reject: false,
      });
      let said = '';
      await new Promise<void>((resolve, reject) => {
        child.stdout.on('data', (text: Buffer) => {
          said += text.toString();
          if (said.includes('install')) resolve();
        });
        child.then(({ stderr }) => reject(new Error(`it ended by itself: ${stderr}`)), reject);
      });
      child.kill('SIGKILL');
      await child;
      return { socket: /^unix:\/\/(.*)$/mu.exec(said)?.[1] ?? '' };
    };

    test('reapLeftovers removes its container, and no other', async () => {
      await using living = buildIso({
        engine,
        builder,
        ...options,
        kickstart: '# puppet: hang\n',
        destination: join(folder, 'living'),
      });
      for await (const event of living.events()) if (event.type === 'phase' && event.phase === 'install') break;
      const alive = await containers();
      await killABuild();
      const left = (await containers()).filter((name) => !alive.includes(name));
      expect(left).toHaveLength(1);
      expect(await reapLeftovers(engine)).toEqual(left);
      expect(await containers()).toEqual(alive);
    });

    test('the next build removes all of it, and succeeds', async () => {
      await killABuild();
      expect(await partials()).toHaveLength(1);
      await using next = buildIso({
        engine,
        builder,
        ...options,
        kickstart: '# puppet: succeed\n',
        destination: join(folder, 'killed'),
      });
      await next.result;
      expect(await containers()).toEqual([]);
      expect(await partials()).toEqual([]);
    });

    test.skipIf(kind === 'docker')('its podman service ends by itself', async () => {
      const { socket } = await killABuild();
      // Asking the service would keep it alive: look for its process.
      const services = async (): Promise<string> => (await execa('pgrep', ['-f', socket], { reject: false })).stdout;
      await expect.poll(services, { timeout: 60_000, interval: 500 }).toBe('');
      // The next one sweeps up after it.
      await (await connectTo(kind))[Symbol.asyncDispose]();
      await expect(access(dirname(socket))).rejects.toMatchObject({ code: 'ENOENT' });
      await reapLeftovers(engine);
    });
  });
}
