import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Workspace } from './workspace.ts';

/**
 * Writes a file that has another text so far, or is not there: whole or not at all, whoever else writes it just now. Its
 * permissions stay. A path is relative to the workspace.
 *
 * @returns whether it had to be written
 */
export async function writeIfChanged(
  workspace: Pick<Workspace, 'root' | 'readFile'>,
  path: string,
  text: string,
): Promise<boolean> {
  if (workspace.readFile(path) === text) return false;
  const absolute = resolve(workspace.root, path);
  await mkdir(dirname(absolute), { recursive: true });
  await writeFileAtomic(absolute, text);
  return true;
}
