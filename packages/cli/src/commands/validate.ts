import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { type ValidateOptions, filesOf, validateFiles } from '../flatten-file.ts';
import { formatOption, jsonOption } from '../options/format.ts';
import { includeOption, keepIncludeOption, releaseOption } from '../options/kickstart.ts';
import { flattenCommand } from './flatten.ts';

export const examples: readonly Example[] = [
  ['phyllome validate', 'check every leaf and every flat kickstart'],
  ['phyllome validate my.ks --release F44 --live', 'check any kickstart for a release, and for a live medium'],
];

/** `phyllome validate [leaf…]`: whether leaves are sound and their flat kickstarts fresh, or kickstarts are valid. */
export function define(command: Command, context: Context): void {
  command
    .argument('[leaf...]', 'leaves, as ldhi; or paths of kickstarts, of which only the syntax is checked')
    .addOption(includeOption())
    .addOption(releaseOption())
    .addOption(keepIncludeOption())
    .option('--live', 'also whether livemedia-creator would take the kickstarts', false)
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(async (leaves: string[], options: ValidateOptions) => {
      const files = filesOf(leaves, options, 'validate');
      if (files !== undefined) {
        context.exitWith(validateFiles(context.openFor(files, options.include), files, options));
        return;
      }
      await flattenCommand(context.open(), leaves, { check: true });
      const { lintErrors } = await import('./lint.ts');
      await lintErrors(context.open(), leaves);
    });
}
