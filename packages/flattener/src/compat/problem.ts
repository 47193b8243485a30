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

/** The messages of argparse and of the handlers say what kind they are of. */
function codeOf(message: string): DiagnosticCode {
  if (message.startsWith('unrecognized arguments: -')) return 'KS_UNKNOWN_OPTION';
  if (/^unrecognized arguments|^Unexpected arguments|does not take any arguments/.test(message)) {
    return 'KS_UNEXPECTED_ARGUMENT';
  }
  if (message.startsWith('ambiguous option')) return 'KS_AMBIGUOUS_OPTION';
  if (message.startsWith('the following arguments are required')) return 'KS_MISSING_ARGUMENT';
  if (message.startsWith('argument ')) return 'KS_OPTION_VALUE';
  return 'KS_OPTION_RULE';
}

/** What to write instead, from the message alone. */
function hintOf(message: string): string {
  const required = /^the following arguments are required: (.*)$/.exec(message)?.[1];
  if (required !== undefined) return `add ${required.split(', ').map(example).join(' ')}`;
  const oneValue = /^argument (\S+): expected one argument/.exec(message)?.[1];
  if (oneValue !== undefined) return `write ${example(oneValue)}; a value that starts with a dash needs the =`;
  const noValue = /^argument ([^/:\s]+)\S*: ignored explicit argument/.exec(message)?.[1];
  if (noValue !== undefined) return `write ${noValue} alone`;
  const choices = /\(choose from (.*)\)$/.exec(message)?.[1];
  if (choices !== undefined) return `write one of ${choices.replaceAll("'", '')}`;
  if (message.includes('invalid int value')) return 'write a whole number';
  if (message.includes('invalid boolean value')) return 'write yes or no';
  if (message.startsWith('ambiguous option')) return 'write the option out';
  if (/^Only one|cannot (both )?be (used|specified)|mutually exclusive/.test(message)) return 'remove one of them';
  if (/^unrecognized arguments|^Unexpected arguments/.test(message)) {
    return 'remove it; quote an argument that has blanks';
  }
  return 'change the line accordingly';
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
