import { type Diagnostic, type Flattened, KickstartError, checkLive, flatten } from '@phyllome/flattener';
import { flatPath, isLive, leafPath } from '@phyllome/nx-plugin/leaves';
import { CliError } from './errors.ts';
import type { Workspace } from './workspace.ts';

/** A leaf, flattened; `diagnostics` also has what livemedia-creator would say of a live leaf. */
export interface FlatLeaf extends Flattened {
  leaf: string;
}

/**
 * Flattens one leaf and checks it for what is going to be done with it.
 *
 * @throws {KickstartError} with all diagnostics when one of them is an error.
 */
export function flattenLeaf(workspace: Workspace, leaf: string): FlatLeaf {
  const flattened = flatten(leafPath(leaf), workspace);
  const refusals: Diagnostic[] = isLive(leaf) ? checkLive(flattened.kickstart) : [];
  const diagnostics = [...flattened.diagnostics, ...refusals];
  if (refusals.some(({ severity }) => severity === 'error')) {
    throw new KickstartError('LIVE_REFUSED', `livemedia-creator would refuse ${leafPath(leaf)}`, {
      hint: 'mend what the diagnostics above point at',
      diagnostics,
    });
  }
  return { ...flattened, leaf, diagnostics };
}

/**
 * The leaf, flattened, where `flat/` holds exactly that.
 *
 * @throws {CliError} FLAT_STALE when the flat file is missing or differs; the message names the first line that does.
 * @throws {KickstartError} as {@link flattenLeaf}.
 */
export function requireFresh(workspace: Workspace, leaf: string): FlatLeaf {
  const fresh = flattenLeaf(workspace, leaf);
  const path = flatPath(leaf);
  const committed = workspace.readFile(path);
  if (committed === fresh.text) return fresh;
  const what =
    committed === undefined
      ? 'does not exist'
      : `differs from ${leafPath(leaf)} in line ${firstDifference(committed, fresh.text)}`;
  throw new CliError('FLAT_STALE', `${path} ${what}`, { hint: `phyllome flatten ${leaf}` });
}

function firstDifference(one: string, other: string): number {
  const others = other.split('\n');
  const at = one.split('\n').findIndex((line, index) => line !== others[index]);
  return (at < 0 ? others.length : at) + 1;
}
