import { strip } from '../blanks.ts';
import type { Word } from '../words.ts';
import { parseKnownArguments } from './argparse.ts';
import { refuse } from './handler.ts';
import type { OptionSpec } from './table.ts';

/** One line of `%packages`. */
export interface PackageLine {
  readonly kind: 'environment' | 'group' | 'package' | 'excluded-environment' | 'excluded-group' | 'excluded';
  /** Without its marks. */
  readonly name: string;
  readonly nodefaults: boolean;
  readonly optional: boolean;
}

const GROUP_OPTIONS: readonly OptionSpec[] = [
  { flags: ['--nodefaults'], dest: 'nodefaults', action: 'store_true' },
  { flags: ['--optional'], dest: 'optional', action: 'store_true' },
];

/** What is left of a line of `%packages` without its comment. */
export function packageText(line: string): string {
  const comment = line.indexOf('#');
  return strip(comment < 0 ? line : line.slice(0, comment));
}

/**
 * Reads a line of `%packages`: `name`, `-name`, `@group --optional`, `@^environment`. Names are whatever is written:
 * globs, `@module:stream`, words with blanks.
 *
 * @param text of {@link packageText}, not empty
 * @throws {ArgumentProblem}
 */
export function readPackageLine(text: string, release: string): PackageLine {
  const line = (kind: PackageLine['kind'], name: string): PackageLine => ({
    kind,
    name,
    nodefaults: false,
    optional: false,
  });
  if (text === '-') {
    refuse('a lone dash excludes nothing', 'write a package, @group or @^environment after it', {
      code: 'KS_PACKAGE_ENTRY',
    });
  }
  if (text.startsWith('-@^')) return line('excluded-environment', text.slice(3));
  if (text.startsWith('-@')) return line('excluded-group', text.slice(2));
  if (text.startsWith('-')) return line('excluded', text.slice(1));
  if (text.startsWith('@^')) return line('environment', text.slice(2));
  if (!text.startsWith('@')) return line('package', text);
  if (!text.includes('-')) return line('group', strip(text.slice(1)).split(/\s+/).join(' '));
  const words = strip(text.slice(1))
    .split(/\s+/)
    .filter(Boolean)
    .map((value): Word => ({ value, start: 0, end: 0 }));
  const { values, rest } = parseKnownArguments({ name: '@group', release }, GROUP_OPTIONS, words);
  const [nodefaults, optional] = [values.get('nodefaults') === true, values.get('optional') === true];
  if (nodefaults && optional) {
    refuse('Group cannot specify both --nodefaults and --optional', 'remove one of them', { code: 'KS_PACKAGE_ENTRY' });
  }
  return { kind: 'group', name: rest.map(({ value }) => value).join(' '), nodefaults, optional };
}
