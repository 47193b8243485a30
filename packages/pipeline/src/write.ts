import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Workspace } from './workspace.ts';

/**
 * Writes a file that has another text so far, or is not there: whole or not at all, whoever else writes it just now. Its
 * permissions stay. A path is relative to the workspace.
 *
 * @returns whether it had to be written
 */
export async function writeIfChanged(workspace: Pick<Workspace, 'root'>, path: string, text: string): Promise<boolean> {
  const absolute = resolve(workspace.root, path);
  if (await holds(absolute, text)) return false;
  await mkdir(dirname(absolute), { recursive: true });
  await writeFileAtomic(absolute, text);
  return true;
}

async function holds(path: string, text: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size !== Buffer.byteLength(text)) return false;
  return (await readFile(path, 'utf8').catch(() => undefined)) === text;
}
