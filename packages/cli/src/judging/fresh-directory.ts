import { mkdir, rm } from 'node:fs/promises';

/** The directory, made, and empty: what an earlier run showed is not evidence of this one. Returns its path. */
export async function freshDirectory(path: string): Promise<string> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  return path;
}
