import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Where programs for administrators are, which the PATH of other users often leaves out. */
const administrators = ['/usr/sbin', '/sbin'];

/**
 * The path of a program on the PATH: the first regular file of that name which may be executed; undefined when there is
 * none. An empty or relative entry, which means the working directory, is not searched.
 *
 * @param options `administrators`: look in `/usr/sbin` and `/sbin` as well
 */
export function findProgram(
  name: string,
  env: NodeJS.ProcessEnv,
  options: { administrators?: boolean } = {},
): string | undefined {
  return [...(env['PATH'] ?? '').split(delimiter), ...(options.administrators ? administrators : [])]
    .filter((directory) => isAbsolute(directory))
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * What to put before a command so that the kernel kills it when this process ends in any way, SIGKILL included; empty
 * where there is no setpriv(1), that is, off Linux.
 */
export function parentDeathPrefix(env: NodeJS.ProcessEnv): string[] {
  return findProgram('setpriv', env) === undefined ? [] : ['setpriv', '--pdeathsig', 'KILL', '--'];
}
