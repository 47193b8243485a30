import { readFile } from 'node:fs/promises';
import type { HostEngine } from './engine.ts';

/** This machine, as the place where livemedia-creator runs. Whether it can is for the preflight to say. */
export const thisMachine = async (env: NodeJS.ProcessEnv): Promise<HostEngine> => {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return {
    kind: 'host',
    version: field(release, 'PRETTY_NAME') ?? 'unknown',
    endpoint: 'this machine',
    local: true,
    env,
    [Symbol.asyncDispose]: async () => {},
  };
};

/** A value of os-release(5). Pure. */
export const field = (text: string, name: string): string | undefined =>
  new RegExp(`^${name}="?([^"\\n]*)"?$`, 'mu').exec(text)?.[1];
