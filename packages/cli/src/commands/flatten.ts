import {
  compareFlat,
  describeStale,
  flatPath,
  flattenLeaf,
  requireLeaf,
  type Workspace,
  writeFlat,
} from '@phyllome/pipeline';
import { broken, isFaultOfLeaf, throwAll } from '../broken-leaves.ts';
import { CliError } from '../errors.ts';
import { printDiagnostics, say } from '../render.ts';

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
  throwAll(workspace, failures, () => broken(failures.length, wanted.length));
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
  throwAll(workspace, failures, () => {
    if (stale.length === 0) return broken(failures.length, leaves.length);
    const message = `${stale.length} of ${leaves.length} flat kickstarts are not what their leaves flatten to: ${stale.join(', ')}`;
    return new CliError('FLAT_STALE', message, { hint: `phyllome flatten ${stale.join(' ')}` });
  });
}
