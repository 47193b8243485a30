import { inject } from 'vitest';
import { connectEngine, type Engine, IsoBuildError } from '../../src/index.ts';

/** Engines that these tests are for. ./setup installs both where changes are accepted: there, absence is a failure. */
export const engineKinds = ['docker', 'podman'] as const;

/** An environment in which that engine is found, and no other. Docker may be one that was started for the tests. */
export const engineEnv = (kind: Engine['kind']): NodeJS.ProcessEnv => ({
  ...process.env,
  DOCKER_HOST: kind === 'docker' ? inject('dockerHost') : '',
  PHYLLOME_ENGINE: kind,
});

export const connectTo = (kind: Engine['kind']): Promise<Engine> => connectEngine({ env: engineEnv(kind) });

/** Why tests of this engine cannot run here; undefined when they can. */
export async function absence(kind: Engine['kind']): Promise<string | undefined> {
  try {
    await using engine = await connectTo(kind);
    return engine.kind === kind ? undefined : `${kind} is ${engine.kind}`;
  } catch (error) {
    if (!(error instanceof IsoBuildError) || process.env['CI'] === 'true') throw error;
    return error.message;
  }
}
