import { broken, leafError } from '../broken-leaves.ts';
import { readCatalogue } from '../judging/acceptance.ts';
import { cellOf, renderChecks } from '../editions/checks.ts';
import { renderDetail } from '../editions/detail.ts';
import { editionsPage } from '../editions/markdown.ts';
import { type EditionRow, readMatrix, renderMatrix } from '../editions/matrix.ts';
import { columns } from '../editions/text-table.ts';
import { say } from '../render.ts';
import { requireLeaf, type Workspace } from '@phyllome/pipeline';
import { configOf } from '@phyllome/pipeline/config/load';
import { printDocument, printJson } from '../print.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { formatOption, jsonOption } from '../options/format.ts';

export const examples: readonly Example[] = [
  ['phyllome editions', 'show all editions'],
  ['phyllome editions --checks ldhi', 'show what edition dhi was judged by'],
];

export function define(command: Command, context: Context): void {
  command
    .argument('[leaf...]', 'leaves, as ldhi; all when none is named')
    .option('--checks', 'show what each edition was judged by, and what that came to', false)
    .addOption(formatOption(['human', 'json', 'markdown']))
    .addOption(jsonOption())
    .action(async (leaves: string[], options: EditionsOptions) => {
      await editionsCommand(context.open(), leaves, options);
    });
}

export interface EditionsOptions {
  format: 'human' | 'json' | 'markdown';
  /** The table edition × check instead of the matrix. */
  checks: boolean;
}

/**
 * `phyllome editions [leaf…]`: what editions there are, what each is made of, and what became of it on this machine;
 * those that are named, with all that is known of them; or, with `checks`, what each of them was judged by. As Markdown: docs/editions.md, which lists all of them and
 * no machine.
 *
 * @throws {CliError} UNKNOWN_LEAF; FLAT_BROKEN, or a KickstartError, after all others were shown
 */
export async function editionsCommand(workspace: Workspace, names: string[], options: EditionsOptions): Promise<void> {
  const catalogue = await readCatalogue(workspace);
  if (options.format === 'markdown') {
    printDocument(editionsPage(workspace, catalogue));
    return;
  }
  const leaves = names.length > 0 ? names.map((name) => requireLeaf(workspace, name)) : workspace.leaves;
  const { rows, failures } = await readMatrix(workspace, leaves);
  if (options.format === 'human') {
    if (options.checks) say(renderChecks(names.length > 0 ? rows : rows.filter(isLiveOrJudged), catalogue));
    else if (names.length === 0) say(renderMatrix(rows, columns(), configOf(workspace)));
    else if (rows.length > 0) say(rows.map(renderDetail).join('\n\n'));
  } else {
    const editions = rows.map((row) => ({
      ...row,
      iso: row.iso ?? null,
      checks: catalogue.map((entry) => ({ id: entry.id, ...cellOf(row, entry) })),
    }));
    printJson({ version: 1, editions }, 2);
  }
  const error = leafError(failures, () => broken(failures, leaves.length));
  if (error !== undefined) throw error;
}

/** What is installed is judged where somebody deploys it: without that its columns would be empty. */
const isLiveOrJudged = ({ traits, verdicts }: EditionRow): boolean => traits.includes('live') || verdicts.length > 0;
