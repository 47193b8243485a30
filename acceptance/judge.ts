import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '@phyllome/vm-tester';
import type { Edition } from './edition.ts';

/** One check of catalogue.json: throws when what it stands for does not hold. */
export type Check = (vm: Machine, edition: Edition) => Promise<void>;

/** Thrown by a check that has no means to say yes or no where it runs. It is never taken for a yes. */
export class NotJudged extends Error {
  override readonly name = 'NotJudged';
}

/**
 * Ends a check with what is wrong, in words; with nothing wrong it holds.
 *
 * @throws {Error} with the faults, of `evidence.ts`
 */
export function requireNone(faults: readonly string[]): void {
  if (faults.length > 0) throw new Error(faults.join('; '));
}

/** What became of one check. */
export interface Outcome {
  id: string;
  title: string;
  status: 'accepted' | 'rejected' | 'not judged';
  /** Why it was rejected, or not judged. */
  reason?: string;
}

/** Writes `checks.json` beside the verdict: which checks were made, and what each came to. Appears whole. */
export function writeOutcomes(outcomes: readonly Outcome[], artifactsDir: string): void {
  const path = join(artifactsDir, 'checks.json');
  writeFileSync(`${path}.part`, `${JSON.stringify({ version: 1, checks: outcomes }, undefined, 2)}\n`);
  renameSync(`${path}.part`, path);
}
