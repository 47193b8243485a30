import { isolationOf } from '../executor/isolation.ts';
import { connectEngine } from './connect.ts';
import type { AnyEngine } from './engine.ts';
import { thisMachine } from './this-machine.ts';

/**
 * What the environment asks for (PHYLLOME_ISOLATION, PHYLLOME_ENGINE): this machine without a container, or a container
 * engine as {@link connectEngine} finds it. Also where builds run in virtual machines: their images are made by an engine.
 *
 * @throws {IsoBuildError} as connectEngine; OPTION_INVALID
 */
export const openEngine = async (options: {
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
}): Promise<AnyEngine> =>
  isolationOf(options.env) === 'host' ? await thisMachine(options.env) : await connectEngine(options);
