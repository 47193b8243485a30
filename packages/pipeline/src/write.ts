import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Workspace } from './workspace.ts';

/**
 * Writes a file that has another text so far, or is not there: whole or not at all, whoever else writes it just now. Its
 * permissions stay. A path is relative to the workspace.
 *
 * @returns whether it had to be written
 */
export async function writeIfChanged(workspace: Pick<Workspace, 'root'>, path: string, text: string): Promise<boolean> {
  const absolute = resolve(workspace.root, path);
  if (holds(absolute, text)) return false;
  // Most often there is nothing to write, and all this is not loaded.
  const [{ mkdir }, { default: writeFileAtomic }] = await Promise.all([
    import('node:fs/promises'),
    import('write-file-atomic'),
  ]);
  await mkdir(dirname(absolute), { recursive: true });
  await writeFileAtomic(absolute, text);
  return true;
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
