import { type CodeTable, type ErrorDetails, errorWith } from '@phyllome/host/errors';
import { type Position, describe } from './source.ts';

/** What can be wrong with a kickstart. The codes are stable; the messages are for people. */
const diagnosticCodes = {
  // Reading
  KS_FILE_NOT_FOUND: ['no', 'There is no such kickstart.'],
  KS_FILE_UNREADABLE: ['no', 'The kickstart is not a plain file, is too large, or cannot be read.'],
  KS_BYTE_ORDER_MARK: ['no', 'The file begins with a byte order mark, which kickstarts have not.'],
  KS_UNBALANCED_QUOTE: ['no', 'A quotation mark is opened on a line and not closed on it.'],
  KS_TRAILING_BACKSLASH: ['no', "A command's line ends with a backslash: kickstart has no continuation of lines."],
  KS_COMMENT_IN_WORD: ['no', 'A comment starts inside a word, and cuts the rest of the line off.'],
  KS_UNKNOWN_SECTION: ['no', 'A line begins with `%`, and the release has no such section.'],
  KS_SECTION_NOT_ENDED: ['no', 'A section has no `%end`.'],
  KS_STRAY_END: ['no', 'An `%end` ends no section.'],
  KS_IGNORED_LINE: ['no', 'A line is followed here as `%include` is, and ksflatten drops it.'],
  KS_ODD_BLANK: ['no', 'A blank that is neither space nor tab stands beside a keyword, and the line is ignored.'],
  KS_ODD_CHARACTER: ['no', 'A character that cannot be seen, or a NUL, is in a line.'],
  KS_ODD_LINE_END: [
    'no',
    'A character within a line ends it for the installer, which reads the rest as a line of its own.',
  ],
  KS_TEMPLATE: ['no', 'The file is a template of Jinja, ERB or Cheetah that was not rendered.'],
  KS_UNKNOWN_RELEASE: ['usage', 'The command table does not have the release that was named.'],
  KS_RELEASE_MISMATCH: ['no', '`#version=` names another release than `--release`.'],
  // Including
  KS_INCLUDE_WITHOUT_PATH: ['no', '`%include` names no file.'],
  KS_INCLUDE_NOT_FOUND: ['no', 'The included file is missing, or not inside the workspace.'],
  KS_INCLUDE_CYCLE: ['no', 'A file includes itself, by way of others or directly.'],
  KS_INCLUDE_KEPT: ['no', 'An include of a file that `%pre` makes is kept: what it holds was not looked at.'],
  KS_INCLUDE_LIMIT: ['no', 'Includes are nested too deep, or are too many or too large.'],
  // Understanding
  KS_UNKNOWN_COMMAND: ['no', 'The release has no such command.'],
  KS_REMOVED_COMMAND: ['no', 'The release has the command no more.'],
  KS_DEPRECATED_COMMAND: ['no', 'The release warns of the command, or ignores it.'],
  KS_UNKNOWN_OPTION: ['no', 'The command has no such option in this release.'],
  KS_DEPRECATED_OPTION: ['no', 'The release warns of the option, or ignores it.'],
  KS_AMBIGUOUS_OPTION: ['no', 'A shortened option could be several.'],
  KS_OPTION_VALUE: ['no', 'An option has a value that it cannot have, or lacks one.'],
  KS_MISSING_ARGUMENT: ['no', 'A command lacks an argument.'],
  KS_UNEXPECTED_ARGUMENT: ['no', 'A command has an argument too many.'],
  KS_OPTION_RULE: ['no', 'Options of a command exclude or need each other.'],
  KS_PACKAGE_ENTRY: ['no', 'A line of `%packages` names neither a package nor a group nor an environment.'],
  // Merging
  KS_CONFLICT: ['no', 'Two commands cannot both hold.'],
  KS_DUPLICATE: ['no', 'Something is said twice that can be said once.'],
  KS_OPTION_DROPPED: ['no', 'An option is lost where two commands or sections become one.'],
  KS_OPTION_REPLACED: ['no', 'A later value of an option replaces an earlier one.'],
  // What livemedia-creator refuses, or what makes its run useless
  KS_LIVE_DISPLAY_MODE: ['no', 'The kickstart names a display mode, which livemedia-creator sets itself.'],
  KS_LIVE_DRACUT: ['no', 'A package that livemedia-creator wants to see by its name is missing.'],
  KS_LIVE_METHOD: ['no', 'livemedia-creator needs an installation source: `url`, `nfs` or `ostreesetup`.'],
  KS_LIVE_REPO: ['no', 'A repository has no address.'],
  KS_LIVE_NETWORK: ['no', 'Packages come over the network, and the kickstart has no `network` command.'],
  KS_LIVE_ROOT: ['no', 'The `/` partition is missing, or has no size: its size is that of the disk image.'],
  KS_LIVE_END: ['no', 'The installer would wait for a key at its end: there is no `poweroff`, `reboot` or `shutdown`.'],
  KS_LIVE_BOOTLOADER: [
    'no',
    'The installer would set up a boot loader, which a live medium gets from livemedia-creator.',
  ],
  KS_LIVE_BOOT_ARGUMENTS: ['no', 'Boot arguments could not be written into the menu of a live medium.'],
} as const satisfies CodeTable;

export type DiagnosticCode = keyof typeof diagnosticCodes;

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

const codes = {
  ...diagnosticCodes,
  LIVE_REFUSED: ['no', 'The kickstart is sound, but not for a live medium.'],
  MAP_INVALID: ['no', 'A source map cannot be read as one.'],
  MAP_STALE: ['no', 'A source map belongs to another text.'],
  LINT_CONFIG_INVALID: ['usage', 'The configuration of lint names what does not exist.'],
} as const satisfies CodeTable;

export type KickstartErrorCode = keyof typeof codes;

export interface KickstartErrorDetails extends ErrorDetails {
  diagnostics: readonly Diagnostic[];
}

/** Ends an operation: at least one diagnostic is an error, or what was asked for does not exist. */
export class KickstartError extends errorWith(codes) {
  override readonly name = 'KickstartError';
  readonly diagnostics: readonly Diagnostic[];

  constructor(code: KickstartErrorCode, message: string, { diagnostics, ...details }: KickstartErrorDetails) {
    super(code, message, details);
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
