import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { kindOf } from '@phyllome/host/plain-file';

/** Entries that are looked at, at most. A result has some fifty. */
const mostEntries = 20_000;
const deepest = 16;

/** What is in a directory. */
export interface Found {
  /** Paths of the plain files, with `/`, sorted. */
  files: string[];
  /** What is neither a plain file nor a directory: its path, and what it is, as `a symbolic link`. */
  others: { path: string; what: string }[];
  /** There is more than was looked at. */
  truncated: boolean;
}

/**
 * Lists a directory and all below it. Follows nothing, opens nothing but directories, and comes to an end.
 *
 * @param skip paths of directories that are not looked into
 */
export async function walk(directory: string, skip: readonly string[]): Promise<Found> {
  const found: Found = { files: [], others: [], truncated: false };
  let left = mostEntries;
  const visit = async (below: string, depth: number): Promise<void> => {
    for await (const entry of await opendir(join(directory, below))) {
      left -= 1;
      if (left < 0 || depth > deepest) {
        found.truncated = true;
        return;
      }
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isFile()) found.files.push(path);
      else if (!entry.isDirectory()) found.others.push({ path, what: kindOf(entry) });
      else if (!skip.includes(path)) await visit(path, depth + 1);
    }
  };
  await visit('', 0);
  found.files.sort();
  found.others.sort((a, b) => (a.path < b.path ? -1 : 1));
  return found;
}
