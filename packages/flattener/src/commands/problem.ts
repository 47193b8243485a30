import type { DiagnosticCode } from '../diagnostics.ts';
import type { Word } from '../words.ts';
import type { Argument } from './arguments.ts';

/** What a line that is refused is refused for. */
export interface ProblemDetails {
  readonly code: DiagnosticCode;
  /** What happened, in our words. */
  readonly message: string;
  /** What to write instead. */
  readonly hint: string;
  /** The word that is wrong; `undefined`: the line as a whole. */
  readonly word?: Word | undefined;
  /** How pykickstart words it, for those who compare; the message unless it is said. */
  readonly pykickstart?: string | undefined;
}

/** A line that its option parser or its command refuses. Code and hint are given where it is raised. */
export class ArgumentProblem extends Error {
  override readonly name = 'ArgumentProblem';
  readonly code: DiagnosticCode;
  readonly hint: string;
  readonly word: Word | undefined;
  readonly pykickstart: string;
  /** The arguments that were understood before. */
  args: readonly Argument[] = [];

  constructor({ code, message, hint, word, pykickstart = message }: ProblemDetails) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.word = word;
    this.pykickstart = pykickstart;
  }
}

/** `--size=VALUE`, or the name of a positional argument as manuals write it. */
export function example(name: string): string {
  return name.startsWith('-') ? `${name}=VALUE` : name.toUpperCase();
}
