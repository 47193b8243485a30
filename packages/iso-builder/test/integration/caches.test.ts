import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type Builder, ensureImage, removeCaches } from '../../src/index.ts';
import { failureOf, withEachEngine } from './fixture.ts';

await withEachEngine('caches', (at) => {
  const name = `phyllome-test-${crypto.randomUUID().slice(0, 8)}`;
  const withCache = (): Builder => ({ ...at.builder, caches: [{ name, path: '/var/cache/puppet' }] });
  beforeAll(() => {
    at.resources.defer(() =>
      at.engine.docker
        .getVolume(name)
        .remove()
        .catch(() => undefined),
    );
  });

  /** The console of a build that uses the cache, and fails: failed ones keep their downloads as well. */
  const consoleOf = async (folder: string): Promise<string> => {
    const error = await failureOf(
      at.build('use-cache', { builder: withCache(), destination: join(at.folder, folder) }),
    );
    return error.evidence.lastLines?.join('\n') ?? '';
  };

  const volumes = async (): Promise<string[]> => {
    const { Volumes } = await at.engine.docker.listVolumes({ filters: { label: ['org.phyllome.cache=puppet'] } });
    return (Volumes ?? []).map(({ Name }) => Name);
  };

  test('outlive the container, and go when asked to', async () => {
    expect(await volumes()).not.toContain(name);
    expect(await consoleOf('first')).toMatch(/the cache has: $/mu);
    expect(await volumes()).toContain(name);
    expect(await consoleOf('second')).toContain('the cache has: what the build before left');

    const { id } = await ensureImage(at.engine, at.builder);
    const holder = await at.engine.docker.createContainer({
      Image: id,
      Cmd: ['sh'],
      HostConfig: { Binds: [`${name}:/cache`] },
    });
    try {
      expect(await removeCaches(at.engine, 'puppet')).not.toContain(name);
    } finally {
      await holder.remove({ force: true });
    }
    expect(await removeCaches(at.engine, 'puppet')).toContain(name);
    expect(await volumes()).not.toContain(name);
  });
});
