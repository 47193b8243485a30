import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { type ValidateOptions, filesOf, validateFiles } from '../flatten-file.ts';
import { formatOption, jsonOption } from '../options/format.ts';
import { addKickstartOptions } from '../options/kickstart.ts';
import { compareLeaf, flattenCommand, staleError } from './flatten.ts';
import { CliError } from '../errors.ts';
import { type ExitCode, exitCodeOf, exitCodes } from '../exit-codes.ts';
import { printJson } from '../print.ts';
import { errorDocument } from '../print-failure.ts';
import { KickstartError } from '@phyllome/flattener';
import { leafPath, requireLeaf, type Workspace } from '@phyllome/pipeline';

export const examples: readonly Example[] = [
  ['phyllome validate', 'check every leaf and every flat kickstart'],
  ['phyllome validate my.ks --release F44 --live', 'check any kickstart for a release, and for a live medium'],
];

/** `phyllome validate [leaf…]`: whether leaves are sound and their flat kickstarts fresh, or kickstarts are valid. */
export function define(command: Command, context: Context): void {
  addKickstartOptions(
    command.argument('[leaf...]', 'leaves, as ldhi; or paths of kickstarts, of which only the syntax is checked'),
  )
    .option('--live', 'also whether livemedia-creator would take the kickstarts', false)
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(async (leaves: string[], options: ValidateOptions) => {
      const files = filesOf(leaves, options, 'validate');
      if (files !== undefined) {
        context.exitWith(validateFiles(context.openFor(files, options.include), files, options));
        return;
      }
      if (options.format === 'json') {
        context.exitWith(await validateLeaves(context.open(), leaves));
        return;
      }
      await flattenCommand(context.open(), leaves, { check: true });
      const { lintErrors } = await import('./lint.ts');
      await lintErrors(context.open(), leaves);
    });
}

/**
 * `phyllome validate [leaf…] --json`: what is wrong with each leaf, and with their flat kickstarts, in one document. Unlike
 * the text it does not stop at what cannot be flattened, or is stale, but has the lint errors, too.
 *
 * @returns the exit code; why, is in the document
 */
async function validateLeaves(workspace: Workspace, names: string[]): Promise<ExitCode> {
  const { findLintErrors } = await import('./lint.ts');
  const leaves = names.length > 0 ? names.map((name) => requireLeaf(workspace, name)) : workspace.leaves;
  const compared = leaves.map((leaf) => compareLeaf(workspace, leaf));
  const findings = await findLintErrors(workspace, names);
  const error =
    staleError(compared) ??
    (findings.length === 0
      ? undefined
      : new CliError('LINT_FAILED', `lint errors: ${findings.length}`, { hint: 'phyllome lint has them for people' }));
  printJson(
    {
      version: 1,
      error: error && errorDocument(error),
      leaves: compared.map(({ leaf, flat, error: why }) => ({
        leaf,
        path: leafPath(leaf),
        valid: flat !== undefined,
        fresh: flat === undefined ? null : why === undefined,
        diagnostics: why instanceof KickstartError ? why.diagnostics : (flat?.diagnostics ?? []),
      })),
      findings,
    },
    2,
  );
  return error === undefined ? exitCodes.ok : exitCodeOf(error);
}
