import { bootArgumentsProblem } from '@phyllome/installer/boot-arguments';
import { IsoBuildError } from '../errors.ts';

/**
 * What a text in a boot menu cannot have. A line of a template is cut into words like a shell's, its braces are expanded,
 * and the words become the replacement of a regular expression (lorax, `src/pylorax/ltmpl.py`, `live/x86.tmpl`); and it
 * stands in quotes in GRUB's script.
 */
export const notInMenus = /['"\\{}$\p{Cc}]/u;

/** How to write one that a menu can have. */
export const menuTextHint = 'leave out quotes, backslashes, braces, dollar signs and line breaks';

/**
 * @param hint where to leave out what they may not have
 * @throws {IsoBuildError} OPTION_INVALID for kernel arguments that a boot menu cannot hold
 */
export function checkBootArguments(text: string, hint: string): void {
  const problem = bootArgumentsProblem(text);
  if (problem === undefined) return;
  throw new IsoBuildError('OPTION_INVALID', `the boot arguments ${JSON.stringify(text)} ${problem}`, { hint });
}
