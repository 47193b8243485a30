import {
  type Diagnostic,
  type Flattened,
  KickstartError,
  type Origin,
  type Position,
  checkLive,
  flatten,
  printSourceMap,
  sourceMap,
  splitLines,
} from '@phyllome/flattener';
import { kickstartRelease } from './distributions.ts';
import { flatPath, isLive, leafPath, mapPath } from './leaves.ts';
import { PipelineError } from './errors.ts';
import { requireLeafName } from './leaf-name.ts';
import { readRelease } from './release.ts';
import type { Workspace } from './workspace.ts';
import { writeIfChanged } from './write.ts';

/** A leaf, flattened; `diagnostics` also has what livemedia-creator would say of a live leaf. */
export interface FlatLeaf extends Flattened {
  leaf: string;
}

/**
 * Flattens one leaf and checks it for what is going to be done with it.
 *
 * @param options `comments` keeps the leaf's comments at their place.
 * @throws {KickstartError} with all diagnostics when one of them is an error.
 * @throws {CliError} LEAF_NAME_INVALID
 */
export function flattenLeaf(workspace: Workspace, leaf: string, { comments = false } = {}): FlatLeaf {
  requireLeafName(leaf);
  const release = kickstartRelease(readRelease(workspace));
  const flattened = flatten(leafPath(leaf), { ...workspace, comments, release, strict: true, blocks: true });
  const refusals: Diagnostic[] = isLive(leaf) ? checkLive(flattened.kickstart) : [];
  const diagnostics = [...flattened.diagnostics, ...refusals];
  if (refusals.some(({ severity }) => severity === 'error')) {
    throw new KickstartError('LIVE_REFUSED', `livemedia-creator would refuse ${leafPath(leaf)}`, {
      hint: 'fix what the diagnostics above report',
      diagnostics,
    });
  }
  return { ...flattened, leaf, diagnostics };
}

/** A flat file that is not what its leaf flattens to. */
export interface Stale {
  leaf: string;
  path: string;
  /** The file is there, but differs. */
  exists: boolean;
  /** The first line that differs, from 1. */
  line: number;
  /** That line as the file has it; undefined: the file ends before it. */
  has: string | undefined;
  /** That line as the leaf has it; undefined: it ends before it. */
  wants: string | undefined;
  /** Where the leaf has it; undefined: the line is generated, or not there. */
  origin: Origin | undefined;
}

/**
 * The leaf, flattened as `flat/` holds it, with the leaf's comments or without; what is `stale` is reported in comparison
 * with the form without.
 *
 * @throws {KickstartError} as {@link flattenLeaf}.
 */
export function compareFlat(workspace: Workspace, leaf: string): { flat: FlatLeaf; stale: Stale | undefined } {
  const committed = workspace.readFile(flatPath(leaf));
  const plain = flattenLeaf(workspace, leaf);
  if (committed === plain.text) return { flat: plain, stale: undefined };
  const commented = flattenLeaf(workspace, leaf, { comments: true });
  if (committed === commented.text) return { flat: commented, stale: undefined };
  return { flat: plain, stale: staleness(plain, committed) };
}

function staleness(fresh: FlatLeaf, committed: string | undefined): Stale {
  const [had, wanted] = [splitLines(committed ?? ''), splitLines(fresh.text)];
  const same = had.findIndex(({ text, eol }, at) => text !== wanted[at]?.text || eol !== wanted[at]?.eol);
  const at = same < 0 ? had.length : same;
  return {
    leaf: fresh.leaf,
    path: flatPath(fresh.leaf),
    exists: committed !== undefined,
    line: at + 1,
    has: had[at]?.text,
    wants: wanted[at]?.text,
    origin: fresh.origins[at],
  };
}

/**
 * The leaf, flattened, where `flat/` holds exactly that.
 *
 * @throws {PipelineError} FLAT_STALE when the flat file is missing or differs; the message names the first line that does,
 * and the leaf line it comes from.
 * @throws {KickstartError} as {@link flattenLeaf}.
 */
export function requireFresh(workspace: Workspace, leaf: string): FlatLeaf {
  const { flat, stale } = compareFlat(workspace, leaf);
  if (stale !== undefined)
    throw new PipelineError('FLAT_STALE', describeStale(stale), { hint: `phyllome flatten ${leaf}` });
  return flat;
}

/** Which file is stale, the first line that differs as a small diff, and the leaf line it comes from. */
export function describeStale({ path, leaf, exists, line, has, wants, origin }: Stale): string {
  if (!exists) return `${path} does not exist`;
  const out = [`${path} differs from ${leafPath(leaf)} in line ${line}`];
  if (has !== undefined) out.push(`  ${line} - ${has}`);
  if (wants !== undefined) out.push(`  ${line} + ${wants}`);
  if (wants === undefined) out.push('  the leaf has no more lines');
  else if (origin === undefined) out.push('  that line is generated');
  else out.push(`  comes from ${place(origin)}`, ...origin.includedFrom.map((at) => `  included from ${place(at)}`));
  return out.join('\n');
}

/** A line of a flat kickstart, from 1, and the leaf line it comes from. */
export function describeLine({ leaf, text, origins }: FlatLeaf, line: number): string[] {
  const source = splitLines(text)[line - 1]?.text;
  if (source === undefined) return [];
  const origin = origins[line - 1];
  const out = [`${flatPath(leaf)}:${line} | ${source}`];
  if (origin === undefined) return [...out, '  is generated: no leaf has this line'];
  return [...out, `  comes from ${place(origin)}`, ...origin.includedFrom.map((at) => `  included from ${place(at)}`)];
}

export const place = ({ path, line, column }: Position): string => `${path}:${line}:${column}`;

/**
 * Writes `flat/flat-<leaf>.cfg`, and beside it the source map, where they have another text so far.
 *
 * @returns whether the flat kickstart had to be written
 */
export async function writeFlat(workspace: Workspace, flat: FlatLeaf): Promise<boolean> {
  const path = flatPath(flat.leaf);
  const written = await writeIfChanged(workspace, path, flat.text);
  await writeIfChanged(workspace, mapPath(flat.leaf), printSourceMap(sourceMap(path, flat)));
  return written;
}

/** What identifies the text that livemedia-creator is given: its sha256, in hex. */
export function kickstartDigest(flat: FlatLeaf): string {
  // Loaded here, as flattening has no digest, and would load it at each start.
  return process.getBuiltinModule('node:crypto').hash('sha256', flat.text, 'hex');
}
