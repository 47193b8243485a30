import type { OptionSpec } from './table.ts';
import type { Word } from '../words.ts';

/** One argument of a command line, understood. */
export type Argument = OptionArgument | PositionalArgument;

interface OptionArgument {
  readonly kind: 'option';
  readonly spec: OptionSpec;
  /** In full, however it was shortened. */
  readonly flag: string;
  /** `undefined`: a flag that stands alone. */
  readonly value: string | undefined;
  /** Where its value stands in the line, or the flag. */
  readonly word: Word;
}

interface PositionalArgument {
  readonly kind: 'positional';
  readonly value: string;
  readonly word: Word;
}

/** An argument as the flat kickstart has it, unquoted. */
export function argumentText(argument: Argument): string {
  if (argument.kind === 'positional') return argument.value;
  return argument.value === undefined ? argument.flag : `${argument.flag}=${argument.value}`;
}

/** The words of a command that follows no option grammar. */
export function plainArguments(words: readonly Word[]): Argument[] {
  return words.map((word): Argument => ({ kind: 'positional', value: word.value, word }));
}
