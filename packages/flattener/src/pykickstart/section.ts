import type { Warning } from '../commands/handler.ts';
import type { Word } from '../words.ts';

/** One kind of section. It lives as long as the reading: what a section leaves behind, the next one finds. */
export interface SectionReader {
  /** @throws {ArgumentProblem} */
  header(words: readonly Word[], warn: (warning: Warning) => void): void;
  /** A line with its end; an empty one at the end of an included file. @throws {ArgumentProblem} */
  line(text: string): void;
  /** @throws {ArgumentProblem} */
  end(): void;
}
