import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Builder, buildIso, type Engine, ensureImage, IsoBuildError, removeCaches } from '../../src/index.ts';
import { puppetBuilder, puppetVolid, temporaryDirectory } from '../puppet/puppet.ts';
import { absence, connectTo, engineKinds } from './engines.ts';

for (const kind of engineKinds) {
  const why = await absence(kind);
  if (why !== undefined) console.warn(`tests with ${kind} are skipped: ${why}`);

  describe.skipIf(why !== undefined)(`caches with ${kind}`, () => {
    const resources = new AsyncDisposableStack();
    const name = `phyllome-test-${crypto.randomUUID().slice(0, 8)}`;
    let engine: Engine;
    let builder: Builder;
    let folder: string;

    beforeAll(async () => {
      folder = resources.use(await temporaryDirectory()).path;
      engine = resources.use(await connectTo(kind));
      resources.defer(() =>
        engine.docker
          .getVolume(name)
          .remove()
          .catch(() => undefined),
      );
      builder = { ...(await puppetBuilder(folder)), caches: [{ name, path: '/var/cache/puppet' }] };
    });
    afterAll(() => resources.disposeAsync());

    /** The console of a build that uses the cache, and fails: failed ones keep their downloads as well. */
    const consoleOf = async (destination: string): Promise<string> => {
      await using build = buildIso({
        engine,
        builder,
        kickstart: '# puppet: use-cache\n',
        destination: join(folder, destination),
        isoName: 'puppet.iso',
        volid: puppetVolid,
        project: 'Phyllome OS',
        releasever: '44',
        profile: 'draft',
      });
      const outcome: unknown = await build.result.catch((error: unknown) => error);
      if (!(outcome instanceof IsoBuildError)) throw new Error('it should have failed', { cause: outcome });
      return outcome.evidence.lastLines?.join('\n') ?? '';
    };

    const volumes = async (): Promise<string[]> => {
      const { Volumes } = await engine.docker.listVolumes({ filters: { label: ['org.phyllome.cache=puppet'] } });
      return (Volumes ?? []).map(({ Name }) => Name);
    };

    test('outlive the container, and go when asked to', async () => {
      expect(await volumes()).not.toContain(name);
      expect(await consoleOf('first')).toMatch(/the cache has: $/mu);
      expect(await volumes()).toContain(name);
      expect(await consoleOf('second')).toContain('the cache has: what the build before left');

      const { id } = await ensureImage(engine, builder);
      const holder = await engine.docker.createContainer({
        Image: id,
        Cmd: ['sh'],
        HostConfig: { Binds: [`${name}:/cache`] },
      });
      try {
        expect(await removeCaches(engine, 'puppet')).not.toContain(name);
      } finally {
        await holder.remove({ force: true });
      }
      expect(await removeCaches(engine, 'puppet')).toContain(name);
      expect(await volumes()).not.toContain(name);
    });
  });
}
