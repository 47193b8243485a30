import { connectEngine, type Engine, IsoBuildError } from '../../src/index.ts';

/** Engines that these tests are for. Podman is what ./setup installs, so in CI its absence is a failure. */
export const engineKinds = ['docker', 'podman'] as const;

export const connectTo = (kind: Engine['kind']): Promise<Engine> =>
  connectEngine({ env: { ...process.env, DOCKER_HOST: '', PHYLLOME_ENGINE: kind } });

/** Why tests of this engine cannot run here; undefined when they can. */
export const absence = async (kind: Engine['kind']): Promise<string | undefined> => {
  try {
    await using engine = await connectTo(kind);
    return engine.kind === kind ? undefined : `${kind} is ${engine.kind}`;
  } catch (error) {
    if (!(error instanceof IsoBuildError) || (kind === 'podman' && process.env['CI'] === 'true')) throw error;
    return error.message;
  }
};
