import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** What a tool prints when it is called wrongly, or asked how. */
export class UsageProblem extends Error {
  override readonly name = 'UsageProblem';
}

export interface ToolOptions {
  readonly values: ReturnType<typeof parseArgs>['values'];
  readonly positionals: readonly string[];
}

/**
 * Reads a command line as argparse would: `-cFILE`, `--config FILE`, and long options shortened as far as they stay
 * unique.
 *
 * @throws {UsageProblem} with argparse's exit code 2 in mind
 */
export function readOptions(
  args: readonly string[],
  options: ParseArgsOptionsConfig,
  positionals: boolean,
): ToolOptions {
  const names = Object.keys(options);
  const end = args.indexOf('--');
  const inFull = args.map((arg, at) => (end >= 0 && at > end ? arg : writeOut(arg, names)));
  try {
    return parseArgs({ args: inFull, options, allowPositionals: positionals, strict: true });
  } catch (error) {
    throw new UsageProblem(error instanceof Error ? error.message.split('\n')[0] : String(error));
  }
}

function writeOut(arg: string, names: readonly string[]): string {
  const match = /^--([^=]+)(=.*)?$/s.exec(arg);
  const typed = match?.[1];
  if (typed === undefined || names.includes(typed)) return arg;
  const matches = names.filter((name) => name.startsWith(typed));
  if (matches.length > 1) {
    throw new UsageProblem(`ambiguous option: --${typed} could match ${matches.map((name) => `--${name}`).join(', ')}`);
  }
  return matches.length === 1 ? `--${matches[0]}${match?.[2] ?? ''}` : arg;
}
