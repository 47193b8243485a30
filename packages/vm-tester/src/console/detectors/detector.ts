import type { Cause, Phase } from '../../verdict/verdict.ts';
import type { Speaker } from '../speaker.ts';

/** A line that says something about the image. A new failure becomes a recording, then a row in one of the tables. */
export interface Detector {
  /** Stable: it stands in verdicts, reports and lists of allowed faults. */
  id: string;
  /** Whose words these are: the same words of anybody else mean nothing. Without it, anybody's. */
  speaker?: Speaker | readonly Speaker[];
  /** Matched against the message alone: it begins where the speaker's own words begin. */
  pattern: RegExp;
  cause: Cause;
  /** `fatal` ends the boot at once; `fail` lets it go on and rejects it; `warn` is only reported. */
  severity: 'fatal' | 'fail' | 'warn';
  /** A boot that gets this far has recovered: what was found becomes a warning. */
  until?: Phase;
  /** A shell, or a root without a system: where a finding before it says why, that one decides. */
  follows?: true;
  /** Only from this phase on. */
  from?: Phase;
}
