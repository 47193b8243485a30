import { readOsRelease } from '@phyllome/host';
import type { HostEngine } from './engine.ts';

/** This machine, as the place where livemedia-creator runs. Whether it can is for the preflight to say. */
export async function thisMachine(env: NodeJS.ProcessEnv): Promise<HostEngine> {
  const release = await readOsRelease();
  return {
    kind: 'host',
    version: release['PRETTY_NAME'] ?? 'unknown',
    endpoint: 'this machine',
    local: true,
    env,
    [Symbol.asyncDispose]: async () => {},
  };
}
