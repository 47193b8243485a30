import { readFile } from 'node:fs/promises';

/** The rows of this run; with a log, to which each run has appended its own as JSON lines, those of all runs. */
export async function rowsOf<Row>(rows: readonly Row[], log: string | undefined): Promise<readonly Row[]> {
  if (log === undefined) return rows;
  const lines = (await readFile(log, 'utf8')).trim().split('\n');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own file, written by the same bench
  return lines.map((line) => JSON.parse(line) as Row);
}

/** The upper one of two in the middle. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
