import type { OptionSpec } from '../../commands/table.ts';
import { parseArguments } from '../../commands/argparse.ts';
import { ArgumentProblem } from '../../commands/problem.ts';
import { type Value, isTrue, listOf } from '../../commands/values.ts';

/** What a tool prints when it is called wrongly. */
export class UsageProblem extends Error {
  override readonly name = 'UsageProblem';
}

/** The command line of a tool, read. */
export interface ToolOptions {
  has(name: string): boolean;
  /** The value of an option; an empty one counts as none, as in pykickstart's tools. */
  value(name: string): string | undefined;
  list(name: string): readonly string[];
}

/** `-o`, `--option`, with a value or alone. */
export function option(short: string, name: string, action?: 'store_true'): OptionSpec {
  return { flags: [`-${short}`, `--${name}`], dest: name, ...(action === undefined ? {} : { action }) };
}

/**
 * Reads a command line as pykickstart's tools do: `-cFILE`, `--config FILE`, `-el`, and long options shortened as far
 * as they stay unique.
 *
 * @throws {UsageProblem} with argparse's message, and its exit code 2 in mind
 */
export function readOptions(args: readonly string[], specs: readonly OptionSpec[]): ToolOptions {
  const words = args.map((value) => ({ value, start: 0, end: 0 }));
  let values: ReadonlyMap<string, Value>;
  try {
    ({ values } = parseArguments({ name: 'the command line', release: '' }, specs, words));
  } catch (error) {
    if (!(error instanceof ArgumentProblem)) throw error;
    throw new UsageProblem(error.pykickstart);
  }
  return {
    has: (name) => isTrue(values.get(name)),
    value: (name) => (isTrue(values.get(name)) ? String(values.get(name)) : undefined),
    list: (name) => listOf(values.get(name)),
  };
}
