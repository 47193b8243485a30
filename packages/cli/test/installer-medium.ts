import { open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestWorkspace } from './workspace.ts';

const gibibyte = 2 ** 30;

/** Makes the rehearsal's installer medium of a kickstart, as the edition `name`. @returns the ISO */
export async function buildInstallerMedium(workspace: TestWorkspace, name: string, kickstart: string): Promise<string> {
  await writeFile(join(workspace.root, `leaves/${name}.cfg`), kickstart);
  for (const args of [
    ['flatten', name],
    ['build', `install-${name}`],
  ]) {
    const { exitCode, all } = await workspace.phyllome(args);
    if (exitCode !== 0) throw new Error(all);
  }
  const built = join(workspace.root, `dist/installer-${name}`);
  return join(built, (await readdir(built)).find((file) => file.endsWith('.iso')) ?? 'no medium');
}

/** Makes a raw disk with nothing on it, which must not be there yet. */
export async function emptyDisk(path: string, sizeGiB: number): Promise<void> {
  await using file = await open(path, 'wx');
  await file.truncate(sizeGiB * gibibyte);
}
