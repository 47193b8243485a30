import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../errno.ts';

/** As many symbolic links as the kernel follows in one path (Linux, `MAXSYMLINKS`). */
const mostLinks = 40;

/**
 * Where a path of the installed system is, seen from outside: symbolic links are followed as they are inside, where the
 * system's own directory is the root, so that none leads out of it. What does not exist is taken as it is written. The
 * last part is not followed unless asked for.
 *
 * @param root the directory of the system
 * @param inside a path in the system
 * @throws {Error} ELOOP when there are too many links
 */
export async function resolveIn(root: string, inside: string, { followLast = false } = {}): Promise<string> {
  const ahead = partsOf(inside);
  const found: string[] = [];
  let links = 0;
  for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    if (part === '..') {
      found.pop();
      continue;
    }
    const to = ahead.length > 0 || followLast ? await linkAt(join(root, ...found, part)) : undefined;
    if (to === undefined) {
      found.push(part);
      continue;
    }
    links += 1;
    if (links > mostLinks)
      throw Object.assign(new Error(`${inside}: too many symbolic links in the installed system`), { code: 'ELOOP' });
    if (to.startsWith('/')) found.length = 0;
    ahead.unshift(...partsOf(to));
  }
  return join(root, ...found);
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** What the symbolic link at a path says; undefined when there is none. */
async function linkAt(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}
