import { parseJson } from '@phyllome/host/json';
import { KickstartError } from './diagnostics.ts';
import type { Origin } from './kickstart.ts';
import type { Position } from './source.ts';

/**
 * Where each line of a flat kickstart comes from, as compact JSON: the file `<flat>.map.json` beside it.
 *
 * `source-map.schema.json` is its JSON Schema. All places count lines and columns from 1, all indexes from 0.
 */
export interface SourceMap {
  readonly version: 2;
  /** The flat kickstart's path. */
  readonly flat: string;
  /** The flat kickstart itself: a map says nothing about any other. Its digest would take longer than to flatten a leaf. */
  readonly text: string;
  /** Every file read, the leaf first. */
  readonly sources: readonly string[];
  /** The `%include` lines: source, line, column, and the include that led to that file; -1: the leaf itself has it. */
  readonly includes: readonly (readonly [number, number, number, number])[];
  /** One for each line of the flat kickstart. */
  readonly lines: readonly (MappedLine | null)[];
}

/**
 * Source, line, column, include (-1: none); then source, line and column of each earlier line that was merged in.
 * `null` stands for a line that no leaf has.
 */
export type MappedLine = readonly number[];

/** The map of a flat kickstart that is kept at `flat`. */
export function sourceMap(
  flat: string,
  flattened: { text: string; origins: readonly (Origin | undefined)[]; files: readonly string[] },
): SourceMap {
  const sources = new Index<string>();
  for (const file of flattened.files) sources.of(file, file);
  const includes = new Index<readonly [number, number, number, number]>();
  const place = ({ path, line, column }: Position): [number, number, number] => [sources.of(path, path), line, column];
  const chain = (from: readonly Position[], at: number): number => {
    const include = from[at];
    if (include === undefined) return -1;
    const entry = [...place(include), chain(from, at + 1)] as const;
    return includes.of(entry.join(' '), entry);
  };
  const lines = flattened.origins.map((origin) =>
    origin === undefined
      ? null
      : [...place(origin), chain(origin.includedFrom, 0), ...origin.earlier.flatMap((earlier) => place(earlier))],
  );
  return {
    version: 2,
    flat,
    text: flattened.text,
    sources: sources.values,
    includes: includes.values,
    lines,
  };
}

/** A map as it is kept: JSON with a line for each line of the flat kickstart, so that it can be read and compared. */
export function printSourceMap(map: SourceMap): string {
  const { lines, ...rest } = map;
  const head = JSON.stringify(rest).slice(0, -1);
  return `${head},"lines":[\n${lines.map((line) => JSON.stringify(line)).join(',\n')}\n]}\n`;
}

/**
 * Reads the map of a flat kickstart.
 *
 * @param json the content of `<flat>.map.json`
 * @param flatText the flat kickstart as it is now
 * @throws {KickstartError} MAP_INVALID when it is not a map of a version known here, MAP_STALE when it was made for
 * another text: each line would be explained by whatever used to stand there.
 */
export function readSourceMap(json: string, flatText: string): SourceMap {
  const map = asSourceMap(json);
  if (map === undefined) {
    const hint = 'make it again: phyllome flatten';
    throw new KickstartError('MAP_INVALID', 'not a source map of version 2', { hint, diagnostics: [] });
  }
  if (map.text !== flatText) {
    const message = `the source map of ${map.flat} was made for another text than that file has now`;
    throw new KickstartError('MAP_STALE', message, { hint: 'make both again: phyllome flatten', diagnostics: [] });
  }
  return map;
}

/** Where line `line` (from 1) of the flat kickstart comes from; `undefined`: from no leaf, or there is no such line. */
export function originAt(map: SourceMap, line: number): Origin | undefined {
  const mapped = map.lines[line - 1];
  if (!mapped) return undefined;
  const place = (at: readonly number[]): Position => {
    const [source = -1, number = 0, column = 0] = at;
    return { path: map.sources[source] ?? '', line: number, column };
  };
  const includedFrom: Position[] = [];
  for (let include = map.includes[mapped[3] ?? -1]; include !== undefined; include = map.includes[include[3]]) {
    includedFrom.push(place(include));
  }
  const earlier: Position[] = [];
  for (let at = 4; at < mapped.length; at += 3) earlier.push(place(mapped.slice(at, at + 3)));
  return { ...place(mapped), includedFrom, earlier };
}

/** How a line of a leaf and a line of the flat kickstart belong together. */
export type Relation =
  /** The one became the other. */
  | 'source'
  /** Its options were merged into it. */
  | 'merged'
  /** It is the `%include` line that brought it. */
  | 'include';

/** The lines of a flat kickstart (from 1) that a line of a leaf has a part in. */
export function linesFrom(
  origins: readonly (Origin | undefined)[],
  place: Pick<Position, 'path' | 'line'>,
): { line: number; relation: Relation }[] {
  const isPlace = (at: Position): boolean => at.path === place.path && at.line === place.line;
  return origins.flatMap((origin, index): { line: number; relation: Relation }[] => {
    const line = index + 1;
    if (origin === undefined) return [];
    if (isPlace(origin)) return [{ line, relation: 'source' }];
    if (origin.earlier.some(isPlace)) return [{ line, relation: 'merged' }];
    return origin.includedFrom.some(isPlace) ? [{ line, relation: 'include' }] : [];
  });
}

/** Values by their first appearance. */
class Index<T> {
  readonly values: T[] = [];
  readonly #known = new Map<string, number>();

  of(key: string, value: T): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
}

function asSourceMap(json: string): SourceMap | undefined {
  try {
    const map: unknown = parseJson(json);
    return isSourceMap(map) ? map : undefined;
  } catch {
    return undefined;
  }
}

function isSourceMap(map: unknown): map is SourceMap {
  if (typeof map !== 'object' || map === null) return false;
  const { version, flat, text, sources, includes, lines }: { [K in keyof SourceMap]?: unknown } = map;
  return (
    version === 2 &&
    typeof flat === 'string' &&
    typeof text === 'string' &&
    isArrayOf(sources, (source) => typeof source === 'string') &&
    isArrayOf(includes, isNumbers) &&
    isArrayOf(lines, (line) => line === null || isNumbers(line))
  );
}

function isArrayOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function isNumbers(value: unknown): boolean {
  return isArrayOf(value, (item) => typeof item === 'number');
}
