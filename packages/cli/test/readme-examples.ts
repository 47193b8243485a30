import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');

/** A ```ts block of a package's README. */
export interface Example {
  /** `packages/host/README.md:7` */
  place: string;
  /** The folder of the package: from there the code finds what the package itself depends on, and the package. */
  folder: string;
  code: string;
  /** It is a ```ts run block. */
  runs: boolean;
}

export function examplesOf(readme: string): Example[] {
  const text = readFileSync(join(root, readme), 'utf8');
  return [...text.matchAll(/^```ts(?<run> run)?\n(?<code>.*?)^```$/gmsu)].map(({ index, groups }) => ({
    place: `${readme}:${text.slice(0, index).split('\n').length}`,
    folder: dirname(readme),
    code: groups?.['code'] ?? '',
    runs: groups?.['run'] !== undefined,
  }));
}

/** What an example's comments say that it prints, a line each. */
export const saidBy = ({ code }: Example): string[] =>
  [...code.matchAll(/console\.log\(.*\); \/\/ (?<text>.*)$/gmu)].map(({ groups }) => groups?.['text'] ?? '');
