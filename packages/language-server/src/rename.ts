import { posix } from 'node:path';
import { type KickstartFile, includeCandidates } from '@phyllome/flattener';
import type { Position, Range, TextEdit } from 'vscode-languageserver/node';
import { placeAt } from './cursor.ts';
import { type IncludeEdge, includesOf } from './includes.ts';
import type { Kickstarts } from './kickstarts.ts';
import { rangeOf } from './navigate.ts';

/** A file that gets another path, and the include lines that have to follow. */
export interface Renaming {
  readonly from: string;
  readonly to: string;
  /** By the paths as they were before. */
  readonly edits: ReadonlyMap<string, readonly TextEdit[]>;
}

/** Why a file cannot be renamed: for the person who asked. */
export class RenameRefused extends Error {
  override readonly name = 'RenameRefused';
  readonly code = 'RENAME_REFUSED';
}

/** The include at a place whose file can be renamed: where its path stands, and what it is. */
export function renamableAt(
  kickstarts: Kickstarts,
  file: KickstartFile,
  at: Position,
): { readonly range: Range; readonly placeholder: string; readonly path: string } | undefined {
  const place = placeAt(file, at.line + 1, at.character);
  const target = place.kind === 'include' ? place.node.target : undefined;
  if (place.kind !== 'include' || target === undefined) return undefined;
  const path = kickstarts.resolve(target.value, file.path);
  if (path === undefined) return undefined;
  return { range: rangeOf(place), placeholder: target.value, path };
}

/**
 * The file that an include would lead to if it said `target`: found as the one it leads to now.
 *
 * @throws {RenameRefused}
 */
export function newPath(kickstarts: Kickstarts, from: string, old: string, target: string): string {
  if (!/^[\w@%+=:,./~-]+$/u.test(target) || target.endsWith('/'))
    throw new RenameRefused(
      `"${target}" cannot be the path of an include: use letters, digits, dots, dashes and slashes`,
    );
  const now = includeCandidates(old, from, kickstarts.includePaths);
  const then = includeCandidates(target, from, kickstarts.includePaths);
  const at = now.indexOf(kickstarts.resolve(old, from) ?? '');
  const path = posix.isAbsolute(target) ? undefined : then[Math.min(at, then.length - 1)];
  if (path === undefined || path.startsWith('..'))
    throw new RenameRefused(`${target} is outside of this folder: move the file by hand`);
  return path;
}

/**
 * What it takes to move a file, so that every kickstart of the folder goes on to include the same: each line that
 * includes it, and the lines in it that are relative to where it is.
 *
 * @throws {RenameRefused} when something else is there, or an include would lead to another file than before
 */
export function renaming(kickstarts: Kickstarts, from: string, to: string): Renaming {
  if (from === to) return { from, to, edits: new Map() };
  if (exists(kickstarts, to)) throw new RenameRefused(`${to} exists already`);
  const moved = (path: string): string => (path === from ? to : path);
  const isThere = (path: string): boolean => path === to || (path !== from && exists(kickstarts, path));
  const files = new Set([...kickstarts.graph.files, from]);
  const edits = new Map<string, TextEdit[]>();
  for (const file of files) {
    for (const edge of includesOf(kickstarts.parse(file), kickstarts.resolve)) {
      const target = targetAfter(kickstarts, edge, moved, isThere);
      if (target === edge.target) continue;
      const known = edits.get(file) ?? [];
      edits.set(file, [...known, { range: rangeOf(edge), newText: target }]);
    }
  }
  return { from, to, edits };
}

/** What an include line has to say, so that it leads to the same file when one has moved. */
function targetAfter(
  kickstarts: Kickstarts,
  edge: IncludeEdge,
  moved: (path: string) => string,
  isThere: (path: string) => boolean,
): string {
  const { target, from } = edge;
  if (edge.to === undefined) return target;
  const includer = moved(from);
  const wanted = moved(edge.to);
  const leadsTo = (written: string): string | undefined =>
    includeCandidates(written, includer, kickstarts.includePaths).find(isThere);
  if (leadsTo(target) === wanted) return target;
  const isFromRoot = posix.normalize(target) === edge.to;
  const beside = posix.relative(posix.dirname(includer), wanted);
  const written = (isFromRoot ? [wanted, beside] : [beside, wanted]).find((one) => leadsTo(one) === wanted);
  if (written !== undefined) return written;
  throw new RenameRefused(`${from}:${edge.node.line.number} would include another file than ${wanted}`);
}

function exists(kickstarts: Kickstarts, path: string): boolean {
  try {
    return kickstarts.readFile(path) !== undefined;
  } catch {
    // Whatever is there is in the way.
    return true;
  }
}
