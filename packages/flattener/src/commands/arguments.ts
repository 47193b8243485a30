import type { OptionSpec } from './table.ts';
import type { Word } from '../words.ts';

/** One argument of a command line, understood. */
export type Argument =
  | { readonly kind: 'option'; readonly spec: OptionSpec; readonly flag: string; readonly value: string | undefined }
  | { readonly kind: 'positional'; readonly value: string };

/** An argument as the flat kickstart has it, unquoted. */
export function argumentText(argument: Argument): string {
  if (argument.kind === 'positional') return argument.value;
  return argument.value === undefined ? argument.flag : `${argument.flag}=${argument.value}`;
}

/** The words of a command that follows no option grammar. */
export function plainArguments(words: readonly Word[]): Argument[] {
  return words.map(({ value }): Argument => ({ kind: 'positional', value }));
}
