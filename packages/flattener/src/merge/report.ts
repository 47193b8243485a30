import { ArgumentProblem, type ProblemDetails } from '../commands/problem.ts';
import type { Diagnostic } from '../diagnostics.ts';
import type { Line, Located } from '../source.ts';

/** Takes a problem with a line. */
export type Report = (
  where: Located,
  problem: Pick<Diagnostic, 'code' | 'severity' | 'message' | 'hint'>,
  length: number,
) => void;

/** Collects what is reported. */
export function reporter(diagnostics: Diagnostic[]): Report {
  return ({ at, includedFrom }, problem, length) => {
    diagnostics.push({ ...problem, at, length: Math.max(1, length), includedFrom });
  };
}

/** Reports a problem at the word it is about, or at the whole line. */
export function reportAt(
  where: Located,
  line: Line,
  { code, message, hint, word }: ProblemDetails,
  severity: Diagnostic['severity'],
  report: Report,
): void {
  const isWord = word !== undefined && word.end > word.start;
  const at = { ...where.at, column: isWord ? word.start + 1 : where.at.column };
  const length = isWord ? word.end - word.start : line.text.trim().length;
  report({ ...where, at }, { code, severity, message, hint }, length);
}

/** What a step gives; where the release refuses the line, that is reported. */
export function refusals<T>(where: Located, line: Line, report: Report, step: () => T): T | ArgumentProblem {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof ArgumentProblem)) throw error;
    reportAt(where, line, error, 'error', report);
    return error;
  }
}
