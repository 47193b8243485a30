import type { Diagnostic } from '../diagnostics.ts';
import type { Located } from '../source.ts';

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
