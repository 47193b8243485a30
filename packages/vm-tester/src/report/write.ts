import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { junitXml } from './junit.ts';
import { renderReport } from './page.ts';
import { readAttempt } from './read.ts';

/**
 * Writes report.html and junit.xml from an attempt's artifacts, which have verdict.json.
 * @returns the report's path
 */
export function writeReport(directory: string): string {
  const attempt = readAttempt(directory);
  replace(join(directory, 'junit.xml'), junitXml(attempt));
  const path = join(directory, 'report.html');
  replace(path, renderReport({ ...attempt, files: [...new Set([...attempt.files, 'junit.xml'])] }));
  return path;
}

/** Appears whole or not at all. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.partial`, text);
  renameSync(`${path}.partial`, path);
}
