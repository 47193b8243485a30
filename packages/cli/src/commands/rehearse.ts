import { type Coverage, type Item, coverageOf, shareOf } from '@phyllome/rehearsal/coverage';
import { type Kickstart, flatten } from '@phyllome/flattener';
import {
  editionOf,
  flatPath,
  flattenLeaf,
  installerOf,
  isLive,
  leafOfEdition,
  type Workspace,
} from '@phyllome/pipeline';
import { configOf } from '@phyllome/pipeline/config/load';
import { inOrder } from '../editions/edition.ts';
import { textTable } from '../editions/text-table.ts';
import { CliError } from '../errors.ts';
import { say } from '../render.ts';
import { buildCommand } from './build.ts';
import type { ImageCommandOptions } from './image.ts';
import { printJson } from '../print.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { openStore } from '@phyllome/pipeline/store';
import { networkOption } from '../options/build.ts';
import { formatOption, jsonOption } from '../options/format.ts';

export const examples: readonly Example[] = [
  ['phyllome rehearse dhi', 'build edition dhi of Debian packages'],
  ['phyllome rehearse --coverage', 'print what a rehearsal exercises of every edition'],
];

interface RehearseFlags {
  coverage: boolean;
  format: 'human' | 'json';
  network?: 'full' | 'none';
}

export function define(command: Command, context: Context): void {
  command
    .argument('[edition...]', 'editions, as dhi; with --coverage all when none is named')
    .option('--coverage', 'build nothing: print which packages, services, commands and scripts are exercised', false)
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .addOption(networkOption())
    .action(async (editions: string[], { coverage, format, network }: RehearseFlags) => {
      const workspace = context.open();
      const { signal } = context;
      const env = network === undefined ? context.env : { ...context.env, PHYLLOME_NETWORK: network };
      if (coverage) coverageCommand(workspace, editions, format);
      else await rehearseCommand(workspace, editions, { json: format === 'json', store: openStore(env), env, signal });
    });
}

/**
 * `phyllome rehearse EDITION…`: `phyllome build` with the rehearsal builder, whichever this machine has chosen.
 *
 * @throws {CliError} BAD_OPTION when no edition is named; UNKNOWN_EDITION
 */
export async function rehearseCommand(
  workspace: Workspace,
  editions: readonly string[],
  options: Omit<ImageCommandOptions, 'profile'>,
): Promise<void> {
  if (editions.length === 0) {
    throw new CliError('BAD_OPTION', 'nothing to rehearse', {
      hint: 'phyllome rehearse dhi builds one; phyllome rehearse --coverage prints what a rehearsal exercises',
    });
  }
  const env = { ...options.env, PHYLLOME_BUILDER: 'rehearsal' };
  for (const edition of editions) await buildCommand(workspace, edition, { ...options, env, profile: 'draft' });
}

/** The parts of a kickstart, as they are named to people. */
const parts = ['packages', 'groups', 'services', 'commands', 'scripts'] as const satisfies (keyof Coverage)[];

/**
 * `phyllome rehearse --coverage [EDITION…]`: what share of each edition a rehearsal exercises, and, with its reason,
 * everything that it does not. Installer media are `install-<edition>`. Builds nothing.
 *
 * @throws {CliError} UNKNOWN_EDITION
 */
export function coverageCommand(workspace: Workspace, editions: readonly string[], format: 'human' | 'json'): void {
  const leaves =
    editions.length > 0
      ? editions.map((edition) => leafOfEdition(workspace, edition))
      : [
          ...inOrder(workspace.leaves.filter(isLive), configOf(workspace)),
          ...workspace.leaves.filter((leaf) => !isLive(leaf)),
        ];
  const rows = leaves.map((leaf) => ({
    edition: isLive(leaf) ? editionOf(leaf) : installerOf(leaf),
    leaf,
    coverage: coverageOf(flatKickstart(workspace, leaf), isLive(leaf) ? 'live' : 'installed'),
  }));
  if (format === 'json') {
    const described = rows.map(({ coverage, ...row }) => ({ ...row, share: sharesOf(coverage), coverage }));
    printJson({ version: 1, editions: described }, 2);
    return;
  }
  say(
    textTable([
      ['EDITION', ...parts.map((part) => part.toUpperCase())],
      ...rows.map(({ edition, coverage }) => [edition, ...parts.map((part) => shareText(coverage[part]))]),
    ]),
  );
  say(`\nNot exercised, and why:\n${gaps(rows)}`);
}

/** The flat kickstart of a leaf, read as the builder reads it: with its own line numbers. */
function flatKickstart(workspace: Workspace, leaf: string): Kickstart {
  const { text } = flattenLeaf(workspace, leaf);
  return flatten(flatPath(leaf), { readFile: () => text }).kickstart;
}

const sharesOf = (coverage: Coverage): Record<string, { exercised: number; all: number }> =>
  Object.fromEntries(parts.map((part) => [part, shareOf(coverage[part])]));

function shareText(items: readonly Item[]): string {
  const { exercised, all } = shareOf(items);
  return all === 0 ? '-' : `${exercised} of ${all}, ${Math.round((exercised / all) * 100)} %`;
}

/** What is missing for the same reason in several editions is reported once. */
function gaps(rows: readonly { edition: string; coverage: Coverage }[]): string {
  const found = new Map<string, { text: string; why: string; editions: string[] }>();
  for (const { edition, coverage } of rows) {
    for (const { text, why = '' } of parts.flatMap((part) => coverage[part].filter((item) => !item.exercised))) {
      const gap = found.get(`${text}\n${why}`) ?? { text, why, editions: [] };
      if (!gap.editions.includes(edition)) gap.editions.push(edition);
      found.set(`${text}\n${why}`, gap);
    }
  }
  return textTable(
    [...found.values()].map(({ text, why, editions }) => [
      `  ${shortened(text)}`,
      editions.length === rows.length && rows.length > 1 ? 'all' : editions.join(' '),
      why,
    ]),
  );
}

const longest = 48;
const shortened = (text: string): string => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text);
