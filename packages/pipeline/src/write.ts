import { lstatSync, readFileSync, statSync } from '@phyllome/host/fs';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { PipelineError } from './errors.ts';
import type { Workspace } from './workspace.ts';

/**
 * Writes a file that has another text so far, or is not there: whole or not at all, whatever other process writes it just now. Its
 * permissions stay. A path is relative to the workspace: then nothing on the way to it may be a symbolic link, for a pull
 * request can bring one, and what it leads to would be overwritten. One that is absolute is what the user named.
 *
 * @returns whether it had to be written
 * @throws {PipelineError} OUTPUT_IS_LINK
 */
export async function writeIfChanged(workspace: Pick<Workspace, 'root'>, path: string, text: string): Promise<boolean> {
  const absolute = resolve(workspace.root, path);
  if (holds(absolute, text)) return false;
  if (!isAbsolute(path)) requireNoLink(workspace.root, path);
  // Most often there is nothing to write, and all this is not loaded.
  const [{ mkdir }, { default: writeFileAtomic }] = await Promise.all([
    import('node:fs/promises'),
    import('write-file-atomic'),
  ]);
  await mkdir(dirname(absolute), { recursive: true });
  await writeFileAtomic(absolute, text);
  return true;
}

function requireNoLink(root: string, path: string): void {
  let at = '';
  for (const part of path.split(sep)) {
    at = join(at, part);
    if (lstatSync(join(root, at), { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue;
    throw new PipelineError('OUTPUT_IS_LINK', `${at} is a symbolic link, and nothing is written through it`, {
      hint: 'remove it, or put a file or folder of its own into its place',
    });
  }
}

function holds(path: string, text: string): boolean {
  try {
    const found = statSync(path);
    return found.isFile() && found.size === Buffer.byteLength(text) && readFileSync(path, 'utf8') === text;
  } catch {
    // What cannot be read is written: that says why it cannot be.
    return false;
  }
}
