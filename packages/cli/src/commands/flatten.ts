import {
  compareFlat,
  describeStale,
  type FlatLeaf,
  flatPath,
  flattenLeaf,
  requireLeaf,
  type Workspace,
  writeFlat,
} from '@phyllome/pipeline';
import { broken, isFaultOfLeaf, leafError } from '../broken-leaves.ts';
import { CliError } from '../errors.ts';
import { printDiagnostics, say } from '../render.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { type KickstartFlags, addKickstartOptions } from '../options/kickstart.ts';

export const examples: readonly Example[] = [
  ['phyllome flatten', 'write every flat kickstart'],
  ['phyllome flatten my.ks -I common --release RHEL9 -o flat.ks', 'make a kickstart stand-alone'],
];

interface FlattenFlags extends KickstartFlags {
  check: boolean;
  comments: boolean;
  quiet: boolean;
  output?: string;
}

export function define(command: Command, context: Context): void {
  addKickstartOptions(
    command
      .argument('[leaf...]', 'leaves, as ldhi; or the path of a kickstart')
      .option('--check', 'write nothing; fail when a flat kickstart is missing or stale', false)
      .option('--comments', "keep the leaves' comments at their place", false)
      .option('-q, --quiet', 'print only what is wrong', false)
      .option('-o, --output <file>', 'with a path only: write it there, with its source map'),
  ).action(async (names: string[], options: FlattenFlags) => {
    const { filesOf, flattenFile } = await import('../flatten-file.ts');
    const [file] = filesOf(names, options, 'flatten') ?? [];
    if (file === undefined) await flattenCommand(context.open(), names, options);
    else await flattenFile(context.openFor([file], options.include), file, options);
  });
}

/** Leaves alone, as Nx and people name them most often. */
export function runNames(names: string[], context: Context): Promise<void> {
  return flattenCommand(context.open(), names, { check: false });
}

/**
 * `phyllome flatten [leaf…]`: writes `flat/flat-<leaf>.cfg` of each, of all when none is named, and beside it the
 * source map. With `comments` the leaf's comments stay at their place. With `quiet` it prints only what is wrong. With `check` it writes nothing: every flat
 * kickstart that is missing or stale is named, with the reason. One that fails keeps no other from its turn.
 *
 * @throws {CliError} FLAT_STALE when one is; FLAT_BROKEN when several leaves cannot be flattened.
 * @throws {KickstartError} when one cannot.
 */
export async function flattenCommand(
  workspace: Workspace,
  leaves: string[],
  options: { check: boolean; comments?: boolean; quiet?: boolean },
): Promise<void> {
  const wanted = leaves.length > 0 ? leaves.map((leaf) => requireLeaf(workspace, leaf)) : workspace.leaves;
  const { quiet = false } = options;
  if (options.check) return checkFresh(workspace, wanted, quiet);
  const failures: Error[] = [];
  for (const leaf of wanted) {
    try {
      const flat = flattenLeaf(workspace, leaf, options);
      printDiagnostics(flat.diagnostics, workspace);
      const written = await writeFlat(workspace, flat);
      if (quiet) continue;
      say(
        `${flatPath(leaf)}: ${written ? 'written' : 'fresh'}, ${flat.origins.length} lines from ${flat.files.length} files`,
      );
    } catch (error) {
      if (!isFaultOfLeaf(error)) throw error;
      failures.push(error);
    }
  }
  const error = leafError(failures, () => broken(failures, wanted.length));
  if (error !== undefined) throw error;
}

function checkFresh(workspace: Workspace, leaves: string[], quiet: boolean): void {
  const compared = leaves.map((leaf) => compareLeaf(workspace, leaf));
  for (const { leaf, flat, error } of compared) {
    if (flat !== undefined) printDiagnostics(flat.diagnostics, workspace);
    if (flat !== undefined && error === undefined && !quiet) {
      say(`${flatPath(leaf)}: fresh, ${flat.origins.length} lines from ${flat.files.length} files`);
    }
  }
  const error = staleError(compared);
  if (error !== undefined) throw error;
}

/** Whether a leaf can be flattened, and whether its flat kickstart is what it flattens to. */
export interface ComparedLeaf {
  leaf: string;
  /** Undefined when the leaf cannot be flattened. */
  flat: FlatLeaf | undefined;
  /** Why it is not fresh: the leaf's own error, or FLAT_STALE. */
  error: Error | undefined;
}

export function compareLeaf(workspace: Workspace, leaf: string): ComparedLeaf {
  try {
    const { flat, stale } = compareFlat(workspace, leaf);
    const error = stale && new CliError('FLAT_STALE', describeStale(stale), { hint: `phyllome flatten ${leaf}` });
    return { leaf, flat, error };
  } catch (error) {
    if (!isFaultOfLeaf(error)) throw error;
    return { leaf, flat: undefined, error };
  }
}

/** What the leaves that are not fresh amount to; undefined: all are. */
export function staleError(compared: readonly ComparedLeaf[]): Error | undefined {
  const failures = compared.flatMap(({ error }) => error ?? []);
  const stale = compared.flatMap(({ leaf, flat, error }) => (flat !== undefined && error !== undefined ? [leaf] : []));
  return leafError(failures, () => {
    if (stale.length === 0) return broken(failures, compared.length);
    const message = `${stale.length} of ${compared.length} flat kickstarts are not what their leaves flatten to: ${stale.join(', ')}`;
    return new CliError('FLAT_STALE', message, { hint: `phyllome flatten ${stale.join(' ')}`, failures });
  });
}
