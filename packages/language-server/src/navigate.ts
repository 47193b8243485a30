import {
  type Flattened,
  KickstartError,
  type KickstartFile,
  type Relation,
  flatten,
  linesFrom,
  splitLines,
} from '@phyllome/flattener';
import { flatPath, leafPath } from '@phyllome/pipeline';
import type { Location, Position } from 'vscode-languageserver/node';
import { placeAt } from './cursor.ts';
import type { IncludeEdge } from './includes.ts';
import type { Kickstarts } from './kickstarts.ts';
import type { Uris } from './uris.ts';

/** A line of a kickstart; both count from 1. */
export interface LineOf {
  readonly path: string;
  readonly line: number;
}

/** What a line becomes in one flat kickstart. */
export interface FlatLines {
  /** The kickstart that is flattened. */
  readonly leaf: string;
  /** Where its flat kickstart is kept, in a checkout. */
  readonly flat: string | undefined;
  readonly lines: readonly { readonly line: number; readonly relation: Relation; readonly text: string }[];
}

/** Where what stands at a place is defined: the file of an include; for a line of a flat kickstart, its leaf line. */
export function definitionsAt(kickstarts: Kickstarts, file: KickstartFile, at: Position, uris: Uris): Location[] {
  const place = placeAt(file, at.line + 1, at.character);
  if (place.kind === 'include' && place.node.target !== undefined) {
    const path = kickstarts.resolve(place.node.target.value, file.path);
    return path === undefined ? [] : [locationOf({ path, line: 1 }, uris)];
  }
  return originsOf(kickstarts, file.path, at.line + 1).map((origin) => locationOf(origin, uris));
}

/**
 * The leaf lines that a line of a flat kickstart comes from, the one that decides first. Empty for a generated line, and
 * for a flat kickstart that is not what its leaf gives now: its lines would be explained by others.
 */
function originsOf(kickstarts: Kickstarts, path: string, line: number): LineOf[] {
  const leaf = kickstarts.leafOfFlat(path);
  const flat = leaf === undefined ? undefined : flattened(kickstarts, leafPath(leaf));
  if (flat === undefined || flat.text !== kickstarts.readFile(path)) return [];
  const origin = flat.origins[line - 1];
  return origin === undefined ? [] : [origin, ...origin.earlier];
}

/** What a line becomes in the flat kickstarts that its file is a part of. Those that cannot be flattened are left out. */
export function flatLinesOf(kickstarts: Kickstarts, at: LineOf): FlatLines[] {
  return kickstarts.rootsOf(at.path).flatMap((root): FlatLines[] => {
    const flat = flattened(kickstarts, root);
    if (flat?.files.includes(at.path) !== true) return [];
    const texts = splitLines(flat.text);
    const leaf = kickstarts.leaves.find((name) => leafPath(name) === root);
    const lines = linesFrom(flat.origins, at).map((use) => ({ ...use, text: texts[use.line - 1]?.text ?? '' }));
    return [{ leaf: root, flat: leaf === undefined ? undefined : flatPath(leaf), lines }];
  });
}

/** The same as places in flat kickstarts that are fresh; of an include, the first line that it brings. */
export function implementationsOf(kickstarts: Kickstarts, at: LineOf, uris: Uris): Location[] {
  return flatLinesOf(kickstarts, at).flatMap(({ flat, lines }) => {
    const first = lines[0];
    if (flat === undefined || first === undefined) return [];
    const there = splitLines(kickstarts.readFile(flat) ?? '');
    const kept = first.relation === 'include' ? [first] : lines.filter(({ relation }) => relation !== 'include');
    return kept
      .filter(({ line, text }) => there[line - 1]?.text === text)
      .map(({ line }) => locationOf({ path: flat, line }, uris));
  });
}

/** Who includes the file of the include at a place, or else the file itself. */
export function includersAt(kickstarts: Kickstarts, file: KickstartFile, at: Position, uris: Uris): Location[] {
  const place = placeAt(file, at.line + 1, at.character);
  const target = place.kind === 'include' ? place.node.target?.value : undefined;
  const path = target === undefined ? file.path : kickstarts.resolve(target, file.path);
  if (path === undefined) return [];
  return kickstarts.graph.includersOf(path).map((edge) => ({ uri: uris.of(edge.from), range: rangeOf(edge) }));
}

/** Where the path stands in an include line. */
export function rangeOf({ node }: Pick<IncludeEdge, 'node'>): Location['range'] {
  const line = node.line.number - 1;
  return {
    start: { line, character: node.target?.start ?? 0 },
    end: { line, character: node.target?.end ?? node.line.text.length },
  };
}

function flattened(kickstarts: Kickstarts, root: string): Flattened | undefined {
  try {
    return flatten(root, kickstarts.options(root));
  } catch (error) {
    if (error instanceof KickstartError) return undefined;
    throw error;
  }
}

function locationOf({ path, line }: LineOf, uris: Uris): Location {
  const place = { line: line - 1, character: 0 };
  return { uri: uris.of(path), range: { start: place, end: place } };
}
