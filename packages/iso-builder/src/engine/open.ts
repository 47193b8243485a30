import { connectEngine } from './connect.ts';
import type { AnyEngine } from './engine.ts';
import { thisMachine } from './this-machine.ts';

/**
 * What PHYLLOME_ENGINE asks for: `host`, which is this machine without a container, or a container engine as
 * {@link connectEngine} finds it.
 *
 * @throws {IsoBuildError} as connectEngine
 */
export const openEngine = async (options: {
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
}): Promise<AnyEngine> =>
  options.env['PHYLLOME_ENGINE'] === 'host' ? await thisMachine(options.env) : await connectEngine(options);
