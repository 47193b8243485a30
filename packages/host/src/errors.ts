/**
 * Whose turn it is when something ended with an error, which is what an exit code reports:
 *
 * - `usage`: what was asked for does not exist, or is not allowed;
 * - `environment`: this machine, its network or its engine lacks something;
 * - `no`: the check or the build failed.
 */
export type Fault = 'usage' | 'environment' | 'no';

export interface ErrorDetails {
  /** What to do next, a command if possible. */
  hint: string;
  cause?: unknown;
}

/**
 * An error for people: the message says what happened, to what and where, the hint what to do next. Each package has a
 * class of its own with a closed union of codes, which are stable, and says of each code whose fault it is: see
 * {@link errorWith}.
 */
export abstract class ExplainedError<Code extends string> extends Error {
  readonly code: Code;
  readonly hint: string;
  abstract readonly fault: Fault;

  constructor(code: Code, message: string, { hint, cause }: ErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
}

/** The codes of a package's errors, each with whose fault it is and what it means, in a sentence. */
export type CodeTable = Readonly<Record<string, CodeMeaning>>;

export type CodeMeaning = readonly [fault: Fault, meaning: string];

/** The base of an error class whose codes each have their fault. The class has the table, for the documentation. */
export function errorWith<Code extends string>(codes: Readonly<Record<Code, CodeMeaning>>) {
  return class extends ExplainedError<Code> {
    static readonly codes: CodeTable = codes;
    readonly fault: Fault = codes[this.code][0];
  };
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** A string `code`, as Node's system errors and this project's errors have one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whatever was thrown, as an error. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/**
 * What failed first, where the clean-up after it failed as well: `await using` then throws both in one. That is known by
 * its name: Node 22 has no such class, and what stands in for it there is made in several places.
 */
export function firstError(error: unknown): unknown {
  const both = error instanceof Error && error.name === 'SuppressedError' && 'suppressed' in error;
  return both ? firstError(error.suppressed) : error;
}
