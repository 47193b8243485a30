import { cleaningUp, signalling } from '../engine/bounds.ts';
import type { Engine } from '../engine/engine.ts';
import { request, statusOf } from './requests.ts';

/** Kills and removes it, with its nameless volumes: caches stay. No error when there is none of that name. */
export async function removeContainer(engine: Engine, nameOrId: string): Promise<void> {
  const container = engine.docker.getContainer(nameOrId);
  // Podman's forced removal would stop it politely first, and wait. One that does not run cannot be killed.
  await signalling(() => container.kill({ signal: 'SIGKILL' })).catch(() => undefined);
  const remove = async (): Promise<void> => {
    try {
      await container.remove({ force: true, v: true });
    } catch (error) {
      // 404: there is none. 409: somebody else removes it just now.
      if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error;
    }
  };
  await cleaningUp(() => request(engine, `remove the container ${nameOrId}`, remove));
}
