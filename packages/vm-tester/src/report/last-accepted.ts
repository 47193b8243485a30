import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { summarizeRun } from './compare.ts';
import { LAST_ACCEPTED, readAttempt } from './read.ts';

/**
 * Puts what is kept in `kept` of the last accepted run among the artifacts of one that is about to begin: its report
 * says what is different since. Nothing is kept before the first.
 */
export async function bringLastAccepted(kept: string, artifactsDir: string): Promise<void> {
  if (existsSync(kept)) await copyFile(kept, join(artifactsDir, LAST_ACCEPTED));
}

/** Keeps in `kept` what later runs are compared with, of a run that was accepted and whose artifacts are complete. */
export async function keepAccepted(artifactsDir: string, kept: string): Promise<void> {
  const summary = summarizeRun(readAttempt(artifactsDir));
  await mkdir(dirname(kept), { recursive: true });
  await writeFile(`${kept}.partial`, JSON.stringify(summary));
  await rename(`${kept}.partial`, kept);
}
