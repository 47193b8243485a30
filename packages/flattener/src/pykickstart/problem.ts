import type { ArgumentProblem, ProblemDetails } from '../commands/problem.ts';
import type { Diagnostic } from '../diagnostics.ts';
import type { Located } from '../source.ts';

/**
 * Something that pykickstart would say of a kickstart, or keep silent about.
 *
 * - `fatal`: reading ends here. `error`: ksvalidator goes on after it.
 * - `duplicate`, `deprecated`: warnings of pykickstart; ksvalidator counts them as errors, ksflatten hides the latter.
 * - `notice`: what pykickstart loses without a word. Ours alone, and never counted.
 */
export interface Problem {
  readonly kind: 'fatal' | 'error' | 'duplicate' | 'deprecated' | 'notice';
  /** As pykickstart words it. */
  readonly message: string;
  /** In the file that has the problem; 0 for a file that cannot be read; `undefined`: pykickstart names none. */
  readonly line: number | undefined;
  readonly diagnostic: Diagnostic;
}

/** How pykickstart words an error. */
export function pykickstartMessage({ line, message }: Pick<Problem, 'line' | 'message'>): string {
  if (line === undefined) return message;
  if (message === '') return `There was a problem reading from line ${line} of the kickstart file`;
  return `The following problem occurred on line ${line} of the kickstart file:\n\n${message}\n`;
}

/** Where a problem is, and how much of the line it covers. */
export interface SourceRange extends Located {
  readonly length: number;
}

/**
 * A problem at a place, or at the word that it is about.
 *
 * @param line for pykickstart's message, where it is not that of the place
 */
export function problem(
  kind: Problem['kind'],
  details: ProblemDetails | ArgumentProblem,
  place: SourceRange,
  line: number = place.at.line,
): Problem {
  const { code, message, hint, word, pykickstart = message } = details;
  const isWord = word !== undefined && word.end > word.start;
  const diagnostic: Diagnostic = {
    code,
    severity: kind === 'fatal' || kind === 'error' ? 'error' : 'warning',
    message,
    hint,
    at: isWord ? { ...place.at, column: word.start + 1 } : place.at,
    length: Math.max(1, isWord ? word.end - word.start : place.length),
    includedFrom: place.includedFrom,
  };
  return { kind, message: pykickstart, line, diagnostic };
}
