import type { Diagnostic, DiagnosticCode } from '../diagnostics.ts';
import type { Located } from '../source.ts';
import { suggest } from '../suggest.ts';

/**
 * Something that pykickstart would say of a kickstart, or keep silent about.
 *
 * - `fatal`: reading ends here. `error`: ksvalidator goes on after it.
 * - `duplicate`, `deprecated`: warnings of pykickstart; ksvalidator counts them as errors, ksflatten hides the latter.
 * - `notice`: what pykickstart loses without a word. Ours alone, and never counted.
 */
export interface Problem {
  readonly kind: 'fatal' | 'error' | 'duplicate' | 'deprecated' | 'notice';
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
export interface Place extends Located {
  readonly length: number;
}

export function problem(
  kind: Problem['kind'],
  message: string,
  place: Place,
  details: { readonly code?: DiagnosticCode; readonly hint?: string; readonly line?: number | undefined } = {},
): Problem {
  const { at, includedFrom, length } = place;
  const isError = kind === 'fatal' || kind === 'error';
  const diagnostic: Diagnostic = {
    code: details.code ?? codeOf(message),
    severity: isError ? 'error' : 'warning',
    message: message === '' ? '%include without a path' : message,
    hint: details.hint ?? hintOf(message),
    at,
    length: Math.max(1, length),
    includedFrom,
  };
  return { kind, message, line: 'line' in details ? details.line : at.line, diagnostic };
}

/** The messages say what kind of problem it is. */
const CODES: readonly (readonly [RegExp, DiagnosticCode])[] = [
  [/^Unknown command/, 'KS_UNKNOWN_COMMAND'],
  [/ has been removed\.$/, 'KS_REMOVED_COMMAND'],
  [/ command has been deprecated/, 'KS_DEPRECATED_COMMAND'],
  [/^The .* commands can't be used at the same time/, 'KS_CONFLICT'],
  [/already been defined|been already defined/, 'KS_DUPLICATE'],
  [/^unrecognized arguments: -/, 'KS_UNKNOWN_OPTION'],
  [/^unrecognized arguments|^Unexpected arguments|does not take any arguments/, 'KS_UNEXPECTED_ARGUMENT'],
  [/^ambiguous option/, 'KS_AMBIGUOUS_OPTION'],
  [/^the following arguments are required/, 'KS_MISSING_ARGUMENT'],
  [/^argument /, 'KS_OPTION_VALUE'],
  [/^Unknown kickstart section: %end/, 'KS_STRAY_END'],
  [/^Unknown kickstart section/, 'KS_UNKNOWN_SECTION'],
  [/does not end with %end|is still open$/, 'KS_SECTION_NOT_ENDED'],
  [/includes itself/, 'KS_INCLUDE_CYCLE'],
  [/^more than .* includes/, 'KS_INCLUDE_LIMIT'],
  [/^Unable to open input kickstart file/, 'KS_INCLUDE_NOT_FOUND'],
  [/^No closing quotation/, 'KS_UNBALANCED_QUOTE'],
  [/^No escaped character/, 'KS_TRAILING_BACKSLASH'],
  [/^a comment starts inside a word/, 'KS_COMMENT_IN_WORD'],
  [/^%ksappend is ignored/, 'KS_IGNORED_LINE'],
  [/^this %packages header drops/, 'KS_OPTION_DROPPED'],
  [/^this line leaves no trace/, 'KS_IGNORED_LINE'],
  [/^this line is dropped/, 'KS_ODD_BLANK'],
  [/^the flat kickstart has "%end/, 'KS_SECTION_NOT_ENDED'],
  [/^a lone dash|^Group cannot/, 'KS_PACKAGE_ENTRY'],
];

function codeOf(message: string): DiagnosticCode {
  return CODES.find(([pattern]) => pattern.test(message))?.[1] ?? 'KS_OPTION_RULE';
}

/** What to write instead, as far as the message tells it. */
const HINTS: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [
    /^the following arguments are required: (.*)$/,
    (match) => `add ${(match[1] ?? '').split(', ').map(example).join(' ')}`,
  ],
  [
    /^argument (\S+): expected one argument/,
    (match) => `write ${example(match[1] ?? '')}; a value that starts with a dash needs the =`,
  ],
  [/^argument ([^/:\s]+)\S*: ignored explicit argument/, (match) => `write ${match[1]} alone`],
  [/\(choose from (.*)\)$/, (match) => `write one of ${(match[1] ?? '').replaceAll("'", '')}`],
  [/invalid int value/, () => 'write a whole number'],
  [/invalid boolean value/, () => 'write yes or no'],
  [/^Invalid raid level/, () => 'write one of 0, 1, 4, 5, 6, 10'],
  [/^Invalid btrfs level/, () => 'write one of raid0, raid1, raid10, single'],
  [/^Invalid autopart type/, () => 'write one of lvm, thinp, btrfs, plain'],
  [/--when= argument|"when" parameter/, () => 'write --when=post-install or --when=pre-install'],
  [/^ambiguous option/, () => 'write the option out'],
  [/ has been removed\.$/, () => 'remove the line'],
  [/deprecated/, () => 'remove it, or replace it by what the message names'],
  [/already been defined|been already defined/, () => 'remove one of the two lines'],
  [
    /^Only one|^Group cannot|cannot (both )?be (used|specified)|mutually exclusive|at the same time|be used together/,
    () => 'remove one of them',
  ],
  [/^One or zero arguments|^A single argument|^Only one partition/, () => 'write one; quote it if it has blanks'],
  [/^(?:At least )?[Oo]ne of (.*?),? (?:options )?(?:must|with)/, (match) => `add one of ${match[1]}`],
  [/requires (?:an? )?(--[\w-]+)/, (match) => `add ${example(match[1] ?? '')}`],
  [/only be used in conjunction with (--[\w-]+)/, (match) => `add ${match[1]}`],
  [/has no effect|not supported|are for thin pools only|does not support/, () => 'remove it'],
  [/does not take (any|position) argument/, () => 'write the command without arguments'],
  [/^unrecognized arguments|^Unexpected arguments/, () => 'remove it; quote an argument that has blanks'],
  [
    /given a list of partitions|^Partitions required|requires specification/,
    () => 'name the partitions at the end of the line',
  ],
  [/^Members may not be specified/, () => 'remove the members, or the option that says it exists already'],
  [/^No size given|needs to have size/, () => 'add --size=MIB'],
  [/\brealm\b/, () => 'write realm join REALM, with options before REALM'],
  [/^a lone dash/, () => 'write the name of a package after it'],
  [/must be specified by VG\/LV/, () => 'write VOLUME-GROUP/LOGICAL-VOLUME'],
];

function hintOf(message: string): string {
  for (const [pattern, hint] of HINTS) {
    const match = pattern.exec(message);
    if (match !== null) return hint(match);
  }
  return 'change the line so that this holds';
}

function example(name: string): string {
  const flag = name.split('/')[0] ?? name;
  return flag.startsWith('-') ? `${flag}=VALUE` : flag.toUpperCase();
}

/** "did you mean", or what there is. */
export function didYouMean(typed: string, known: readonly string[], otherwise: string): string {
  const near = suggest(typed, known);
  return near === undefined ? otherwise : `did you mean ${near}?`;
}
