import { existsSync } from '@phyllome/host/fs';
import { dirname, join, resolve } from 'node:path';

/** The checkout that a directory is in: the nearest folder with `leaves/` and `nx.json`. */
export function findRoot(directory: string): string | undefined {
  for (let at = resolve(directory); ; at = dirname(at)) {
    if (existsSync(join(at, 'nx.json')) && existsSync(join(at, 'leaves'))) return at;
    if (at === dirname(at)) return undefined;
  }
}
