import type { Builder, Cache } from '../build/builder.ts';
import type { Engine } from '../engine/engine.ts';
import { cacheLabel } from './labels.ts';
import { request, statusOf } from './requests.ts';
import type { UserNamespace } from './user-namespace.ts';

/**
 * Makes the volumes of a builder that are not there yet.
 *
 * @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST
 */
export async function ensureCaches(
  engine: Engine,
  { name: builder, caches = [] }: Pick<Builder, 'name' | 'caches'>,
): Promise<void> {
  for (const { name } of caches)
    await request(engine, `make the volume ${name}`, async () => {
      try {
        // Docker returns the one that is there.
        await engine.docker.createVolume({ Name: name, Labels: { [cacheLabel]: builder } });
      } catch (error) {
        // Two builds at once may both find none.
        if (statusOf(error) !== 409 && !(await exists(engine, name))) throw error;
      }
    });
}

/** Those of containers in a user name space: files of other containers' root belong to no user there. Pure. */
export function cachesIn(userNamespace: UserNamespace | undefined, caches: readonly Cache[]): readonly Cache[] {
  return userNamespace === undefined ? caches : caches.map(({ name, path }) => ({ name: `${name}-userns`, path }));
}

/** What a container binds to have them. */
export const cacheBinds = (caches: readonly Cache[]): string[] => caches.map(({ name, path }) => `${name}:${path}`);

/**
 * Removes the caches of all builders from the engine, or of one, except those that a running build uses.
 *
 * @param dryRun removes nothing; then also those that a running build uses are named
 * @returns the names of what was removed, or would be
 * @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST
 */
export async function removeCaches(engine: Engine, builder?: string, { dryRun = false } = {}): Promise<string[]> {
  const label = builder === undefined ? cacheLabel : `${cacheLabel}=${builder}`;
  const { Volumes } = await request(engine, 'list its volumes', () =>
    engine.docker.listVolumes({ filters: { label: [label] } }),
  );
  const removed: string[] = [];
  for (const { Name } of Volumes ?? [])
    await request(engine, `remove the volume ${Name}`, async () => {
      try {
        if (!dryRun) await engine.docker.getVolume(Name).remove();
        removed.push(Name);
      } catch (error) {
        // 404: there is none any more. 409: a container uses it.
        if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error;
      }
    });
  return removed;
}

const exists = (engine: Engine, name: string): Promise<boolean> =>
  engine.docker
    .getVolume(name)
    .inspect()
    .then(
      () => true,
      () => false,
    );
