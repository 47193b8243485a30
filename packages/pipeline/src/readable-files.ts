import type { Stats } from 'node:fs';
import { readdirSync, realpathSync, statSync } from '@phyllome/host/fs';
import { join, sep } from 'node:path';
import { codeOf } from '@phyllome/host/errors';
import { PipelineError } from './errors.ts';

/**
 * Nx reads every file of a workspace before it asks any plugin, and it follows links to files: of a device it reads for
 * ever. A leaf's author can put a link anywhere, so the tree is looked at before Nx starts, by what starts it.
 */

/** Folders that Nx never reads, whatever `.gitignore` says: by name anywhere, and by path. */
const unreadNames = new Set(['.git', 'node_modules']);
const unreadPaths = new Set([join('.nx', 'cache'), join('.nx', 'workspace-data')]);

/** Where files are regular by name alone: what the kernel makes up when they are read may have no end, or never come. */
const madeUp = ['/dev/', '/proc/', '/sys/'];

/** Bytes that a file outside of the workspace may have: disks of machines are regular files, too. */
const largestOutside = 64 * 2 ** 20;

/** Paths that are named in one error. */
const namedAtMost = 10;

/**
 * Makes sure that Nx comes to an end with every file of a workspace: each is a regular file, or a link to one. Links to
 * directories are not followed by Nx, and those to nothing lead it nowhere. What a leaf may include is another question:
 * its own targets answer that.
 *
 * @throws {PipelineError} FILE_ENDLESS
 */
export function requireReadableFiles(root: string): void {
  const problems = problemsIn(root, realpathSync.native(root));
  if (problems.length === 0) return;
  const more = problems.length > namedAtMost ? [`and ${problems.length - namedAtMost} more`] : [];
  throw new PipelineError('FILE_ENDLESS', [...problems.slice(0, namedAtMost), ...more].join('\n'), {
    hint: 'remove it: Nx reads every file of a workspace, and may never come to an end with this one',
  });
}

function problemsIn(root: string, realRoot: string, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile() || unreadNames.has(entry.name) || unreadPaths.has(path)) return [];
    if (entry.isDirectory()) return problemsIn(root, realRoot, path);
    if (entry.isSymbolicLink()) return problemOfLink(join(root, path), realRoot).map((why) => `${path} ${why}`);
    // One that is opened answers at once that it is a socket.
    return entry.isSocket() ? [] : [`${path} is not a regular file`];
  });
}

/** What is wrong with where a link leads, as the end of a sentence; empty: nothing. */
function problemOfLink(path: string, realRoot: string): string[] {
  let real: string;
  let found: Stats;
  try {
    real = realpathSync.native(path);
    found = statSync(real);
  } catch (error) {
    const code = codeOf(error);
    if (code !== undefined && ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'].includes(code)) return [];
    throw error;
  }
  if (found.isDirectory()) return [];
  const link = `is a link to ${real}`;
  if (!found.isFile() || madeUp.some((folder) => real.startsWith(folder)))
    return [`${link}, which is not a regular file`];
  const outside = !real.startsWith(realRoot + sep);
  return outside && found.size > largestOutside ? [`${link}, which has more than ${largestOutside / 2 ** 20} MiB`] : [];
}
