import {
  compareFlat,
  describeStale,
  flatPath,
  flattenLeaf,
  requireLeaf,
  type Workspace,
  writeFlat,
} from '@phyllome/pipeline';
import { broken, isFaultOfLeaf, throwLeafErrors } from '../broken-leaves.ts';
import { CliError } from '../errors.ts';
import { printDiagnostics, say } from '../render.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { filesOf, flattenFile } from '../flatten-file.ts';
import { type KickstartFlags, includeOption, keepIncludeOption, releaseOption } from '../options/kickstart.ts';

export const examples: readonly Example[] = [
  ['phyllome flatten', 'write every flat kickstart'],
  ['phyllome flatten my.ks -I common --release RHEL9 -o flat.ks', 'make a kickstart stand-alone'],
];

interface FlattenFlags extends KickstartFlags {
  check: boolean;
  comments: boolean;
  output?: string;
}

export function define(command: Command, context: Context): void {
  command
    .argument('[leaf...]', 'leaves, as ldhi; or the path of a kickstart')
    .option('--check', 'write nothing; fail when a flat kickstart is missing or stale', false)
    .option('--comments', "keep the leaves' comments at their place", false)
    .option('-o, --output <file>', 'with a path only: write it there, with its source map')
    .addOption(includeOption())
    .addOption(releaseOption())
    .addOption(keepIncludeOption())
    .action(async (names: string[], options: FlattenFlags) => {
      const [file] = filesOf(names, options, 'flatten') ?? [];
      if (file === undefined) await flattenCommand(context.open(), names, options);
      else await flattenFile(context.openFor([file], options.include), file, options);
    });
}

/**
 * `phyllome flatten [leaf…]`: writes `flat/flat-<leaf>.cfg` of each, of all when none is named, and beside it the
 * source map. With `comments` the leaf's comments stay at their place. With `check` it writes nothing: every flat
 * kickstart that is missing or stale is named, with the reason. One that fails keeps no other from its turn.
 *
 * @throws {CliError} FLAT_STALE when one is; FLAT_BROKEN when several leaves cannot be flattened.
 * @throws {KickstartError} when one cannot.
 */
export async function flattenCommand(
  workspace: Workspace,
  leaves: string[],
  options: { check: boolean; comments?: boolean },
): Promise<void> {
  const wanted = leaves.length > 0 ? leaves.map((leaf) => requireLeaf(workspace, leaf)) : workspace.leaves;
  if (options.check) return checkFresh(workspace, wanted);
  const failures: Error[] = [];
  for (const leaf of wanted) {
    try {
      const flat = flattenLeaf(workspace, leaf, options);
      printDiagnostics(flat.diagnostics, workspace);
      const written = await writeFlat(workspace, flat);
      say(
        `${flatPath(leaf)}: ${written ? 'written' : 'fresh'}, ${flat.origins.length} lines from ${flat.files.length} files`,
      );
    } catch (error) {
      if (!isFaultOfLeaf(error)) throw error;
      failures.push(error);
    }
  }
  throwLeafErrors(workspace, failures, () => broken(failures.length, wanted.length));
}

function checkFresh(workspace: Workspace, leaves: string[]): void {
  const failures: Error[] = [];
  const stale: string[] = [];
  for (const leaf of leaves) {
    try {
      const { flat, stale: found } = compareFlat(workspace, leaf);
      printDiagnostics(flat.diagnostics, workspace);
      if (found === undefined) {
        say(`${flatPath(leaf)}: fresh, ${flat.origins.length} lines from ${flat.files.length} files`);
      } else {
        stale.push(leaf);
        failures.push(new CliError('FLAT_STALE', describeStale(found), { hint: `phyllome flatten ${leaf}` }));
      }
    } catch (error) {
      if (!isFaultOfLeaf(error)) throw error;
      failures.push(error);
    }
  }
  throwLeafErrors(workspace, failures, () => {
    if (stale.length === 0) return broken(failures.length, leaves.length);
    const message = `${stale.length} of ${leaves.length} flat kickstarts are not what their leaves flatten to: ${stale.join(', ')}`;
    return new CliError('FLAT_STALE', message, { hint: `phyllome flatten ${stale.join(' ')}` });
  });
}
