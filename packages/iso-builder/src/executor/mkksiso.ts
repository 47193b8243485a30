import { IsoBuildError } from '../errors.ts';
import { checkBootArguments, menuTextHint, notInMenus } from './boot-menu.ts';
import type { Replacement } from '../build/installer-menu.ts';

/**
 * A title stands in quotes in a boot menu.
 *
 * @throws {IsoBuildError} OPTION_INVALID
 */
export function checkMenuText(text: string): void {
  if (!notInMenus.test(text)) return;
  throw new IsoBuildError('OPTION_INVALID', `a boot menu cannot say ${JSON.stringify(text)}`, { hint: menuTextHint });
}

/** mkksiso's options, under its own names (lorax, `src/pylorax/cmdline/mkksiso.py`). */
export interface MkksisoOptions {
  /** Path of the flat kickstart. On the medium it has the same name, in the root. */
  ks: string;
  /** Volume id of the result. */
  volid: string;
  /** What is replaced in every line of the boot menus, in this order. */
  replace: readonly Replacement[];
  /** Kernel arguments for every menu entry. */
  cmdline?: string | undefined;
  /** Path of the installer's ISO. */
  input: string;
  /** Path of the result; must not exist, its folder must. */
  output: string;
}

/**
 * The command line of mkksiso, without the program's name. It adds `inst.ks=` to every menu entry, makes the EFI partition
 * anew and implants the checksum. Pure.
 *
 * @throws {IsoBuildError} OPTION_INVALID for kernel arguments that a boot menu cannot hold
 */
export function mkksisoArgv({ ks, volid, replace, cmdline = '', input, output }: MkksisoOptions): string[] {
  checkBootArguments(cmdline, 'leave it out of --extra-boot-args: a kernel argument is a plain word');
  return [
    `--ks=${ks}`,
    `--volid=${volid}`,
    ...(cmdline === '' ? [] : [`--cmdline=${cmdline}`]),
    ...replace.flatMap(({ from, to }) => ['--replace', from, to]),
    input,
    output,
  ];
}
