import { join } from 'node:path';
import { envFile, loadOwnVariables } from '@phyllome/pipeline/env-file';
import { findRoot } from '@phyllome/pipeline/find-root';
import { requireNoConfiguration } from '@phyllome/pipeline/misplaced-files';
import { requireReadableFiles } from '@phyllome/pipeline/readable-files';
import { openStore } from '@phyllome/pipeline/store/paths';
import { upToDateText } from '@phyllome/pipeline/up-to-date';
import { printText } from './print.ts';

/**
 * Does what can be done without loading the program: Nx runs `check-files` and `build` each time, and mostly nothing is
 * wrong, and nothing to do.
 *
 * @returns whether it was done; otherwise the program does it, and says what is wrong
 */
export function doAtOnce(words: readonly string[]): boolean {
  const root = findRoot(process.cwd());
  if (root === undefined) return false;
  if (words[0] === 'check-files') {
    const isKnown = words.length === 1 || (words.length === 2 && words[1] === '--env' && !hasCacheServer(process.env));
    return isKnown && isSafe(root);
  }
  loadOwnVariables(join(root, envFile));
  const text = upToDateText({ store: openStore(process.env), root, words, env: process.env });
  if (text === undefined) return false;
  printText(text);
  return true;
}

/** Of Nx's: whether it can be reached takes more than a moment. */
const hasCacheServer = (env: NodeJS.ProcessEnv): boolean => (env['NX_SELF_HOSTED_REMOTE_CACHE_SERVER'] ?? '') !== '';

function isSafe(root: string): boolean {
  try {
    requireNoConfiguration(root);
    requireReadableFiles(root);
    return true;
  } catch {
    return false;
  }
}
