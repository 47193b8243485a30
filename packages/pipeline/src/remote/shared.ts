import { hash } from 'node:crypto';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageStore, pathsOf } from '../store/directories.ts';
import type { StoredImage } from '../store/index.ts';
import type { Remote } from './remote.ts';

/** Notes of what registries have are good for so long: somebody may have removed it there. */
const noteMs = 7 * 24 * 60 * 60_000;

/** Whether the registry had this very image lately. A build that has nothing to do asks no server. */
export async function isShared(
  store: ImageStore,
  { digest }: Pick<StoredImage, 'digest'>,
  remote: Pick<Remote, 'repository'>,
): Promise<boolean> {
  const found = await stat(notePath(store, digest, remote)).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs < noteMs;
}

/** Notes that the registry has it. It is only worth time: what cannot be written is done without. */
export async function noteShared(
  store: ImageStore,
  { digest }: Pick<StoredImage, 'digest'>,
  remote: Pick<Remote, 'repository'>,
): Promise<void> {
  const path = notePath(store, digest, remote);
  await mkdir(join(path, '..'), { recursive: true }).catch(() => undefined);
  await writeFile(path, '').catch(() => undefined);
}

function notePath(store: ImageStore, digest: string, { repository }: Pick<Remote, 'repository'>): string {
  return join(pathsOf(store).shared, hash('sha256', `${repository}\n${digest}`));
}
