import { dirname, join, relative, resolve } from 'node:path';
import {
  DEFAULT_RELEASE,
  type FlattenOptions,
  type KickstartFile,
  type ReadFile,
  UnreadableFile,
  parse,
} from '@phyllome/flattener';
import { type Release, RELEASE_NAMES, releaseNamed } from '@phyllome/flattener/commands';
import type { LintConfig, LintLeaf } from '@phyllome/flattener/lint';
import {
  PipelineError,
  type Workspace,
  flatPath,
  kickstartRelease,
  leafPath,
  openAround,
  readRelease,
  withKickstarts,
} from '@phyllome/pipeline';
import { IncludeGraph, type Resolve, kickstartsIn, resolver } from './includes.ts';
import { lintConfigs, lintLeaf } from './lint-leaves.ts';
import type { Settings } from './settings.ts';

/** The text of a document that is open in the editor, by its absolute path. */
export type OpenText = (path: string) => string | undefined;

/** A folder that an editor has open. */
export interface Folder {
  readonly path: string;
  /** It was opened as a folder, and not only because of a file in it. */
  readonly isOpened: boolean;
}

/**
 * The kickstarts of one folder as the engine sees them: a checkout with leaves, or any other. What is open in the editor
 * counts as it is there. Paths are relative to `root`, as the engine's are.
 *
 * Who includes whom, and texts from the disk, are read once and kept: it is made anew when a file comes, goes or is saved,
 * and notified when the text of an open one changes.
 */
export class Kickstarts {
  readonly root: string;
  readonly readFile: ReadFile;
  readonly resolve: Resolve;
  /** The folder has more kickstarts than are looked at. */
  isCut = false;
  readonly #workspace: Workspace;
  readonly #settings: Settings;
  readonly #folder: Folder;
  #graph: IncludeGraph | undefined;
  readonly #texts = new Map<string, string | undefined>();

  constructor(folder: Folder, openText: OpenText, settings: Settings) {
    const around = openAround(folder.path);
    this.root = around.root;
    this.#folder = folder;
    this.#settings = settings;
    const inFolder = join(folder.path, 'any.ks');
    const includePaths = settings.includePaths.map((path) => resolve(folder.path, path));
    this.#workspace = this.#isCheckout(around) ? around : withKickstarts(around, [inFolder], includePaths);
    this.readFile = remembering(
      this.#texts,
      (path) => openText(resolve(this.root, path)) ?? readable(this.#workspace.readFile, path),
    );
    this.resolve = resolver(this.readFile, this.includePaths);
  }

  #isCheckout({ leaves }: Pick<Workspace, 'leaves'>): boolean {
    return leaves.length > 0;
  }

  get isCheckout(): boolean {
    return this.#isCheckout(this.#workspace);
  }

  get leaves(): readonly string[] {
    return this.#workspace.leaves;
  }

  get includePaths(): string[] {
    return this.#settings.includePaths.map((path) => relative(this.root, resolve(this.#folder.path, path)) || '.');
  }

  /** Of an absolute path. */
  relative(path: string): string {
    return relative(this.root, path);
  }

  absolute(path: string): string {
    return resolve(this.root, path);
  }

  /** The text of an open file has changed. */
  changed(path: string): void {
    this.#texts.delete(path);
    this.#graph?.update(path);
  }

  get graph(): IncludeGraph {
    return (this.#graph ??= this.#readGraph());
  }

  #readGraph(): IncludeGraph {
    const { isCheckout, root } = this;
    const { path, isOpened } = this.#folder;
    const { files, isCut } = isCheckout
      ? kickstartsIn(root, join(root, 'leaves'), true)
      : kickstartsIn(root, path, isOpened);
    this.isCut = isCut;
    return new IncludeGraph(files, this.readFile, this.resolve);
  }

  /**
   * The kickstarts that a file is read as a part of: leaves of the checkout, or else those that nothing includes. The
   * file alone, when it is one of them, or a part of none.
   */
  rootsOf(path: string): string[] {
    if (this.isCheckout && this.leaves.some((leaf) => leafPath(leaf) === path)) return [path];
    const above = this.graph.above(path);
    const leaves = new Set(this.leaves.map(leafPath));
    const roots = this.isCheckout
      ? above.filter((one) => leaves.has(one))
      : above.filter((one) => this.graph.includersOf(one).length === 0);
    return roots.length > 0 ? roots : [path];
  }

  /** What `phyllome lint` makes of a kickstart. @throws {ExplainedError} when the checkout's release cannot be read */
  async lintLeaf(path: string): Promise<LintLeaf> {
    const leaf = this.leaves.find((name) => leafPath(name) === path);
    const config = this.#config(path);
    if (leaf === undefined) return { path, live: !this.isCheckout && this.#settings.live, config };
    return { ...(await lintLeaf(this.#workspace, leaf)), config };
  }

  #configs: ((path: string) => LintConfig | undefined) | undefined;

  #config(path: string): LintConfig | undefined {
    this.#configs ??= lintConfigs({ ...this.#workspace, readFile: this.readFile });
    return this.#configs(path);
  }

  /** How kickstarts are read. `release` is left out where each says its own. */
  options(path: string): FlattenOptions {
    return {
      readFile: this.readFile,
      readDirectory: this.#workspace.readDirectory,
      includePaths: this.includePaths,
      keepIncludes: this.#settings.keepIncludes,
      release: this.#askedRelease(path),
      blocks: this.#isLeaf(path),
    };
  }

  /** Leaves are for the release of their checkout; other kickstarts for the one that was set, if any. */
  #askedRelease(path: string): string | undefined {
    const { release } = this.#settings;
    if (release !== undefined && RELEASE_NAMES.includes(release.toUpperCase())) return release.toUpperCase();
    return this.#isLeaf(path) ? kickstartRelease(readRelease(this.#workspace)) : undefined;
  }

  #isLeaf(path: string): boolean {
    return this.isCheckout && path.startsWith('leaves/');
  }

  /** The release that a file is written for: the one asked for, that of its `#version=`, or the default. */
  releaseOf(file: KickstartFile): Release {
    const said = file.nodes
      .flatMap((node) => (node.kind === 'comment' ? [node.line.text] : []))
      .find((text) => text.startsWith('#version='))
      ?.slice('#version='.length)
      .trim()
      .toUpperCase();
    const names = [this.#askedOrNot(file.path), said, DEFAULT_RELEASE];
    const found = names.map((name) => (name === undefined ? undefined : releaseNamed(name))).find(Boolean);
    if (found === undefined) throw new RangeError(`the command table does not have ${DEFAULT_RELEASE}`);
    return found;
  }

  #askedOrNot(path: string): string | undefined {
    try {
      return this.#askedRelease(path);
    } catch (error) {
      // Help is worth something without it; diagnostics say what is wrong.
      if (error instanceof PipelineError) return undefined;
      throw error;
    }
  }

  /** The leaf whose flat kickstart is at a path. */
  leafOfFlat(path: string): string | undefined {
    return this.leaves.find((leaf) => flatPath(leaf) === path);
  }

  parse(path: string): KickstartFile {
    return parse(path, this.readFile(path) ?? '');
  }
}

/** The folder whose kickstarts a file belongs to: the innermost that is open, or else the one it is in. */
export function folderOf(path: string, opened: readonly string[]): Folder {
  const around = opened.filter((folder) => path.startsWith(folder.endsWith('/') ? folder : `${folder}/`));
  const innermost = around.toSorted((a, b) => b.length - a.length)[0];
  return innermost === undefined ? { path: dirname(path), isOpened: false } : { path: innermost, isOpened: true };
}

/** Files that are there and cannot be read, of whatever reason, are a finding and not the end. */
function readable(readFile: ReadFile, path: string): string | undefined {
  try {
    return readFile(path);
  } catch (error) {
    if (error instanceof PipelineError) throw new UnreadableFile(path, `cannot be read: ${error.message}`, error.hint);
    throw error;
  }
}

function remembering(known: Map<string, string | undefined>, readFile: ReadFile): ReadFile {
  return (path) => {
    if (!known.has(path)) known.set(path, readFile(path));
    return known.get(path);
  };
}
