import type { Release } from '../commands/table.ts';
import type { Word } from '../words.ts';
import { parseArguments } from './argparse.ts';
import type { Warning } from './handler.ts';
import type { Attributes } from './values.ts';

/** One kind of section. It lives as long as the reading: what a section leaves behind, the next one finds. */
export interface SectionReader {
  /** @throws {ArgumentProblem} */
  header(words: readonly Word[], warn: (warning: Warning) => void): void;
  /** A line with its end; an empty one at the end of an included file. @throws {ArgumentProblem} */
  line(text: string): void;
  /** @throws {ArgumentProblem} */
  end(): void;
}

/** @throws {ArgumentProblem} */
export function readHeader(
  name: string,
  release: Release,
  words: readonly Word[],
  warn: (warning: Warning) => void,
): Attributes {
  const { values, deprecated } = parseArguments(release.sections.get(name) ?? [], words);
  for (const option of deprecated) {
    warn({ kind: 'deprecated', message: `The option ${option} of ${name} is deprecated and ignored.` });
  }
  return values;
}
