import type { Dirent } from 'node:fs';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Include, type KickstartFile, type ReadFile, includeCandidates, parse } from '@phyllome/flattener';

/** An `%include` line, and the file it leads to. */
export interface IncludeEdge {
  /** The file that has the line. */
  readonly from: string;
  readonly node: Include;
  /** The file as it is written. */
  readonly target: string;
  /** The file that is read; `undefined` when there is none. */
  readonly to: string | undefined;
  /** The include is a part of a section's body. */
  readonly inSection: boolean;
}

/** Finds the file that an `%include` means. */
export type Resolve = (target: string, from: string) => string | undefined;

/** The include lines of a file, in their order. */
export function includesOf(file: KickstartFile, resolve: Resolve): IncludeEdge[] {
  const edge = (node: Include, inSection: boolean): IncludeEdge[] =>
    node.target === undefined
      ? []
      : [
          {
            from: file.path,
            node,
            target: node.target.value,
            to: resolve(node.target.value, file.path),
            inSection,
          },
        ];
  return file.nodes.flatMap((node) => {
    if (node.kind === 'include') return edge(node, false);
    if (node.kind !== 'section') return [];
    return node.body.flatMap((item) => (item.kind === 'include' ? edge(item, true) : []));
  });
}

/** As the flattener looks for it. */
export function resolver(readFile: ReadFile, includePaths: readonly string[]): Resolve {
  return (target, from) =>
    includeCandidates(target, from, includePaths).find((path) => {
      try {
        return readFile(path) !== undefined;
      } catch {
        // Something that is not to be read is not what an editor should open.
        return false;
      }
    });
}

/** Who includes whom, among the kickstarts of a folder. */
export class IncludeGraph {
  readonly #byIncluder = new Map<string, IncludeEdge[]>();
  #byTarget: Map<string, IncludeEdge[]> | undefined;
  readonly #readFile: ReadFile;
  readonly #resolve: Resolve;

  /** @param files paths of all kickstarts there are; what cannot be read includes nothing */
  constructor(files: readonly string[], readFile: ReadFile, resolve: Resolve) {
    this.#readFile = readFile;
    this.#resolve = resolve;
    for (const path of files) this.#read(path);
  }

  /** Reads one file again, whose text has changed; one that is not a file of the folder stays out. */
  update(path: string): void {
    if (this.#byIncluder.has(path)) this.#read(path);
  }

  #read(path: string): void {
    this.#byIncluder.set(path, includesOf(parse(path, textOf(path, this.#readFile)), this.#resolve));
    this.#byTarget = undefined;
  }

  #targets(): Map<string, IncludeEdge[]> {
    const edges = [...this.#byIncluder.values()].flat();
    return Map.groupBy(
      edges.filter(({ to }) => to !== undefined),
      ({ to = '' }) => to,
    );
  }

  get files(): string[] {
    return [...this.#byIncluder.keys()];
  }

  /** The lines that include a file. */
  includersOf(path: string): readonly IncludeEdge[] {
    this.#byTarget ??= this.#targets();
    return this.#byTarget.get(path) ?? [];
  }

  /** The include lines of a file. */
  includesOf(path: string): readonly IncludeEdge[] {
    return this.#byIncluder.get(path) ?? [];
  }

  /** The file and all that include it, directly or not. */
  above(path: string): string[] {
    const found = new Set([path]);
    for (const at of found) for (const { from } of this.includersOf(at)) found.add(from);
    return [...found];
  }
}

function textOf(path: string, readFile: ReadFile): string {
  try {
    return readFile(path) ?? '';
  } catch {
    return '';
  }
}

const KICKSTART = /\.(?:ks|cfg)$/;
/** Never kickstarts that somebody writes. */
const SKIPPED = new Set(['node_modules', 'dist', 'build', 'target']);
/** A folder with more than that is not a tree of kickstarts: somebody opened their home. */
const MOST_FILES = 2_000;
const DEEPEST = 8;

/** A folder's kickstarts, and whether there were too many to look at all. */
export interface FoundFiles {
  readonly files: readonly string[];
  readonly isCut: boolean;
}

/**
 * The kickstarts in a folder and those below it, by their paths relative to `root`, sorted.
 *
 * @param deep false: the folder alone
 */
export function kickstartsIn(root: string, folder: string, deep: boolean): FoundFiles {
  const files: string[] = [];
  const queue = [{ folder, depth: 0 }];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const entry of entriesOf(next.folder)) {
      const path = join(next.folder, entry.name);
      if (entry.isDirectory()) {
        const isSkipped = !deep || entry.name.startsWith('.') || SKIPPED.has(entry.name) || next.depth >= DEEPEST;
        if (!isSkipped) queue.push({ folder: path, depth: next.depth + 1 });
      } else if (KICKSTART.test(entry.name) && !entry.isSocket() && !entry.isFIFO()) {
        if (files.length >= MOST_FILES) return { files: files.toSorted(), isCut: true };
        files.push(relative(root, path));
      }
    }
  }
  return { files: files.toSorted(), isCut: false };
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
