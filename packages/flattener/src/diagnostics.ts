import { type ErrorDetails, ExplainedError, type Fault } from '@phyllome/host/errors';
import { type Position, describe } from './source.ts';

/** What can be wrong with a kickstart. The codes are stable; the messages are for people. */
export type DiagnosticCode =
  // Reading
  | 'KS_FILE_NOT_FOUND'
  | 'KS_FILE_UNREADABLE'
  | 'KS_BYTE_ORDER_MARK'
  | 'KS_UNBALANCED_QUOTE'
  | 'KS_TRAILING_BACKSLASH'
  | 'KS_COMMENT_IN_WORD'
  | 'KS_UNKNOWN_SECTION'
  | 'KS_SECTION_NOT_ENDED'
  | 'KS_STRAY_END'
  | 'KS_IGNORED_LINE'
  | 'KS_ODD_BLANK'
  | 'KS_ODD_CHARACTER'
  | 'KS_ODD_LINE_END'
  | 'KS_TEMPLATE'
  | 'KS_UNKNOWN_RELEASE'
  | 'KS_RELEASE_MISMATCH'
  // Including
  | 'KS_INCLUDE_WITHOUT_PATH'
  | 'KS_INCLUDE_NOT_FOUND'
  | 'KS_INCLUDE_CYCLE'
  | 'KS_INCLUDE_KEPT'
  | 'KS_INCLUDE_LIMIT'
  // Understanding
  | 'KS_UNKNOWN_COMMAND'
  | 'KS_REMOVED_COMMAND'
  | 'KS_DEPRECATED_COMMAND'
  | 'KS_UNKNOWN_OPTION'
  | 'KS_DEPRECATED_OPTION'
  | 'KS_AMBIGUOUS_OPTION'
  | 'KS_OPTION_VALUE'
  | 'KS_MISSING_ARGUMENT'
  | 'KS_UNEXPECTED_ARGUMENT'
  | 'KS_OPTION_RULE'
  | 'KS_PACKAGE_ENTRY'
  // Merging
  | 'KS_CONFLICT'
  | 'KS_DUPLICATE'
  | 'KS_OPTION_DROPPED'
  | 'KS_OPTION_REPLACED'
  // What livemedia-creator refuses, or what makes its run useless
  | 'KS_LIVE_DISPLAY_MODE'
  | 'KS_LIVE_DRACUT'
  | 'KS_LIVE_METHOD'
  | 'KS_LIVE_REPO'
  | 'KS_LIVE_NETWORK'
  | 'KS_LIVE_ROOT'
  | 'KS_LIVE_END'
  | 'KS_LIVE_BOOTLOADER'
  | 'KS_LIVE_BOOT_ARGUMENTS';

/** One problem with the user's text: data, never thrown inside the parser. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
  readonly at: Position;
  /** How many characters from `at` the problem covers; at least 1. */
  readonly length: number;
  /** The `%include` lines that led to `at`, nearest first. */
  readonly includedFrom: readonly Position[];
}

/**
 * `LIVE_REFUSED`: the kickstart is sound, but not for a live medium. `MAP_INVALID`, `MAP_STALE`: a source map that is
 * none, or that belongs to another text. `LINT_CONFIG_INVALID`: a configuration that names what does not exist.
 */
export type KickstartErrorCode = DiagnosticCode | 'LIVE_REFUSED' | 'MAP_INVALID' | 'MAP_STALE' | 'LINT_CONFIG_INVALID';

export interface KickstartErrorDetails extends ErrorDetails {
  diagnostics: readonly Diagnostic[];
  /** Default `no`: the kickstart is wrong. */
  fault?: Fault;
}

/** Ends an operation: at least one diagnostic is an error, or what was asked for does not exist. */
export class KickstartError extends ExplainedError<KickstartErrorCode> {
  override readonly name = 'KickstartError';
  readonly fault: Fault;
  readonly diagnostics: readonly Diagnostic[];

  constructor(
    code: KickstartErrorCode,
    message: string,
    { diagnostics, fault = 'no', ...details }: KickstartErrorDetails,
  ) {
    super(code, message, details);
    this.fault = fault;
    this.diagnostics = diagnostics;
  }
}

/** The error that these diagnostics amount to, with code and hint of the first; `undefined`: they only warn. */
export function toError(diagnostics: readonly Diagnostic[]): KickstartError | undefined {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const first = errors[0];
  if (first === undefined) return undefined;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const message = `${describe(first.at)}: ${first.message}${more}`;
  return new KickstartError(first.code, message, { hint: first.hint, diagnostics });
}
