import { posix } from 'node:path';

import type { Diagnostic } from './diagnostics.ts';
import type { BodyFile, Include, KickstartFile, Section } from './nodes.ts';
import { type Dialect, isDropped, linesOf, parse, parseBody } from './parse.ts';
import { type Line, type Located, type Position, type ReadDirectory, type ReadFile, UnreadableFile } from './source.ts';
import { suggest } from './suggest.ts';
import type { Word } from './words.ts';

export interface IncludeOptions {
  readonly readFile: ReadFile;
  /** Directories to search after the working directory and that of the including file. */
  readonly includePaths?: readonly string[] | undefined;
  /** Keeps leaf comments at their place. */
  readonly comments?: boolean | undefined;
  /** Makes "did you mean" of a missing include better. */
  readonly readDirectory?: ReadDirectory | undefined;
  readonly dialect?: Dialect;
  /** Paths of includes that stay in the flat kickstart, besides those in a temporary directory where there is a `%pre`. */
  readonly keepIncludes?: readonly string[] | undefined;
}

/** A leaf with its includes put in: what is left is in the order it counts, each line knowing where it came from. */
export interface Expanded {
  readonly entries: readonly Entry[];
  /** The first `#version=` of the leaf. */
  readonly version: VersionEntry | undefined;
  /** Every file read, the leaf first. */
  readonly files: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

export type Entry = CommandEntry | SectionEntry | PlatformEntry | CommentEntry | KeptIncludeEntry;

export interface CommandEntry extends Located {
  readonly kind: 'command';
  readonly line: Line;
  readonly words: readonly Word[];
}

export interface SectionEntry extends Located {
  readonly kind: 'section';
  readonly name: string;
  readonly header: Line;
  readonly words: readonly Word[];
  readonly body: readonly BodyLine[];
  readonly endAt: Located;
}

export interface BodyLine extends Located {
  readonly line: Line;
  /** The target of an `%include` that stays. */
  readonly include?: string;
}

/** `#version=` of the leaf: the release it is for. */
export interface VersionEntry extends Located {
  readonly value: string;
}

/** An `%include` among commands that stays, since the installer's `%pre` makes the file. */
interface KeptIncludeEntry extends Located {
  readonly kind: 'kept-include';
  readonly target: string;
}

/** `#platform=` at the start of a line: the one comment pykickstart keeps. */
interface PlatformEntry extends Located {
  readonly kind: 'platform';
  readonly value: string;
}

/** Any other comment outside sections, where they are asked for. */
interface CommentEntry extends Located {
  readonly kind: 'comment';
  /** As written, from the start of its line, or from its `#` when it ends the line of an include. */
  readonly text: string;
}

/** More includes than any kickstart needs, few enough to end: diamonds of diamonds double with each level. */
export const MAX_INCLUDES = 100_000;
/** Characters that all includes of one kickstart may bring: a thousand times what any has. */
const MAX_INCLUDED_CHARACTERS = 32 * 2 ** 20;
/** Deeper than anyone nests blocks, shallow enough for the stack. */
export const MAX_DEPTH = 500;

/** Where `%include target` in `from` is looked for: the working directory, the including file's, the search path. */
export function includeCandidates(target: string, from: string, includePaths: readonly string[] = []): string[] {
  if (target.includes('://')) return [target];
  if (posix.isAbsolute(target)) return [posix.normalize(target)];
  const directories = [posix.dirname(from), ...includePaths];
  return [...new Set([posix.normalize(target), ...directories.map((d) => posix.join(d, target))])];
}

/** Reads files, and resolves includes. Shared by {@link expand} and `closure`. */
export class FileSet {
  readonly #options: IncludeOptions;
  readonly #texts = new Map<string, string | undefined>();
  readonly #files = new Map<string, KickstartFile>();
  readonly #bodies = new Map<string, BodyFile>();
  readonly #unreadable = new Map<string, UnreadableFile>();
  readonly #read = new Set<string>();

  constructor(options: IncludeOptions) {
    this.#options = options;
  }

  /** The candidate that exists, and can be read. */
  resolve(target: string, from: string): string | undefined {
    const candidates = includeCandidates(target, from, this.#options.includePaths);
    return candidates.find((candidate) => this.#text(candidate) !== undefined);
  }

  /** Why none of the candidates can be read, where one of them exists. */
  unreadable(target: string, from: string): UnreadableFile | undefined {
    const found = includeCandidates(target, from, this.#options.includePaths).map((path) => this.whyUnreadable(path));
    return found.find((one) => one !== undefined);
  }

  /** Why a file that exists cannot be read. */
  whyUnreadable(path: string): UnreadableFile | undefined {
    this.#text(path);
    return this.#unreadable.get(path);
  }

  /** How many characters a file has; 0 when it does not exist. */
  sizeOf(path: string): number {
    return this.#text(path)?.length ?? 0;
  }

  /** The file read for its commands; `undefined` when it does not exist. */
  file(path: string): KickstartFile | undefined {
    return this.#once(this.#files, path, (name, text) => parse(name, text, this.#options.dialect));
  }

  /** The lines of a file; `undefined` when it does not exist. */
  lines(path: string): Line[] | undefined {
    const text = this.#text(path);
    return text === undefined ? undefined : linesOf(text, this.#options.dialect);
  }

  /** The file read as part of a section; `undefined` when it does not exist. */
  body(path: string): BodyFile | undefined {
    return this.#once(this.#bodies, path, parseBody);
  }

  /** A path that exists and was probably meant, written as the including file would write it. */
  didYouMean(target: string, from: string): string | undefined {
    const variants = [
      `${target}.cfg`,
      `${target}.ks`,
      target.replace(/\.(cfg|ks)$/, ''),
      `../${target}`,
      `blocks/${target}`,
    ];
    if (target.startsWith('../')) variants.push(target.slice(3));
    const exact = variants.find((variant) => variant !== target && this.resolve(variant, from) !== undefined);
    if (exact !== undefined) return exact;
    const folder = posix.dirname(target);
    const near: string[] = [];
    for (const candidate of includeCandidates(target, from, this.#options.includePaths)) {
      const names = this.#options.readDirectory?.(posix.dirname(candidate)) ?? [];
      const name = suggest(posix.basename(target), names);
      if (name !== undefined) near.push(folder === '.' ? name : posix.join(folder, name));
    }
    return near[0];
  }

  #text(path: string): string | undefined {
    if (!this.#texts.has(path)) this.#texts.set(path, this.#readable(path));
    return this.#texts.get(path);
  }

  #readable(path: string): string | undefined {
    try {
      return this.#options.readFile(path);
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      this.#unreadable.set(path, error);
      return undefined;
    }
  }

  #once<T>(cache: Map<string, T>, path: string, read: (path: string, text: string) => T): T | undefined {
    const known = cache.get(path);
    if (known !== undefined) return known;
    const text = this.#text(path);
    if (text === undefined) return undefined;
    const made = read(path, text);
    // Most files are included once: kept from the second time on, they do not fill the memory of a large tree.
    if (this.#read.has(path)) cache.set(path, made);
    else this.#texts.delete(path);
    this.#read.add(path);
    return made;
  }
}

/** Where scripts that run in the installer put what they make. */
const TEMPORARY = /^\/(?:tmp|run|var\/tmp|dev\/shm)\//;

/** Puts the includes in. Problems are collected, never thrown. */
export function expand(path: string, options: IncludeOptions): Expanded {
  const first = new Expander(options, TEMPORARY);
  first.leaf(path);
  if (first.pending.size === 0) return first;
  // Whether a %pre can make them is known once all is read; without one they are files of this machine, if anything.
  if (first.entries.some((entry) => entry.kind === 'section' && entry.name === '%pre')) return first;
  const second = new Expander(options);
  second.leaf(path);
  return second;
}

/** A file being expanded, and how one got there. */
interface Frame {
  readonly path: string;
  readonly includedFrom: readonly Position[];
  readonly outer: Frame | undefined;
}

class Expander implements Expanded {
  readonly entries: Entry[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #set: FileSet;
  readonly #seen = new Set<string>();
  readonly #reported = new Set<string>();
  readonly #open = new Set<string>();
  readonly #comments: boolean;
  readonly #keep: ReadonlySet<string>;
  readonly #presumed: RegExp | undefined;
  /** Includes that are presumed to be made by a %pre. */
  readonly pending = new Set<string>();
  version: VersionEntry | undefined;
  #includes = 0;
  #characters = 0;

  /** @param presumed of includes that are presumed to stay */
  constructor(options: IncludeOptions, presumed?: RegExp) {
    this.#set = new FileSet(options);
    this.#comments = options.comments ?? false;
    this.#keep = new Set(options.keepIncludes);
    this.#presumed = options.dialect === 'pykickstart' ? undefined : presumed;
  }

  get files(): string[] {
    return [...this.#seen];
  }

  leaf(path: string): void {
    const file = this.#set.file(path);
    if (file === undefined) {
      const at = { path, line: 1, column: 1 };
      const unreadable = this.#set.whyUnreadable(path);
      const hint = unreadable?.hint ?? 'name an existing kickstart file';
      const message = unreadable?.message ?? `no such file: ${path}`;
      this.diagnostics.push({
        code: unreadable === undefined ? 'KS_FILE_NOT_FOUND' : 'KS_FILE_UNREADABLE',
        severity: 'error',
        message,
        hint,
        at,
        length: 1,
        includedFrom: [],
      });
      return;
    }
    this.#commands(file, { path, includedFrom: [], outer: undefined });
  }

  #commands(file: KickstartFile, frame: Frame): void {
    this.#enter(file, frame);
    for (const node of file.nodes) {
      switch (node.kind) {
        case 'command':
          this.entries.push({ kind: 'command', line: node.line, words: node.words, ...locate(frame, node.line) });
          break;
        case 'comment':
          if (node.line.text.startsWith('#platform=')) {
            const value = node.line.text.slice('#platform='.length).trim();
            this.entries.push({ kind: 'platform', value, ...locate(frame, node.line) });
          } else {
            this.#comment(node.line, 0, frame);
            this.#version(node.line, frame);
          }
          break;
        case 'include':
          this.#comment(node.line, node.target?.end ?? 0, frame);
          if (node.target !== undefined && this.#isKept(node.target.value)) {
            this.#reportKept(node, node.target, frame);
            this.entries.push({ kind: 'kept-include', target: node.target.value, ...locate(frame, node.line) });
            break;
          }
          this.#include(node, frame, (path, inner) => {
            const included = this.#set.file(path);
            if (included !== undefined) this.#commands(included, inner);
          });
          break;
        case 'section':
          if (node.known) this.entries.push(this.#section(node, frame));
          break;
        case 'blank':
        case 'stray-end':
          break;
      }
    }
    this.#open.delete(frame.path);
  }

  #version(line: Line, frame: Frame): void {
    if (this.version !== undefined || frame.outer !== undefined) return;
    const value = /^#version=(.*)$/.exec(line.text)?.[1]?.trim();
    if (value !== undefined) this.version = { value, ...locate(frame, line) };
  }

  /** Whether an include stays as it is. */
  #isKept(target: string): boolean {
    if (this.#keep.has(target)) return true;
    if (this.#presumed?.test(target) !== true) return false;
    this.pending.add(target);
    return true;
  }

  #reportKept({ line }: Include, target: Word, frame: Frame): void {
    const at = { path: frame.path, line: line.number, column: target.start + 1 };
    const { includedFrom } = frame;
    const message = `${target.value} is for a %pre to make: the line stays, and what the file holds is not checked`;
    const hint = 'what it holds counts after everything that stands in the flat kickstart';
    const length = target.end - target.start;
    this.diagnostics.push({ code: 'KS_INCLUDE_KEPT', severity: 'warning', message, hint, at, length, includedFrom });
  }

  /** The comment in a line from `from` on, if there is one. */
  #comment(line: Line, from: number, frame: Frame): void {
    const hash = line.text.indexOf('#', from);
    if (!this.#comments || hash < 0) return;
    const text = line.text.slice(from === 0 ? 0 : hash).trimEnd();
    this.entries.push({ kind: 'comment', text, ...locate(frame, line) });
  }

  #section(node: Section, frame: Frame): SectionEntry {
    const body: BodyLine[] = [];
    this.#body(node.body, frame, body);
    const { name, header, words } = node;
    const endAt = locate(frame, node.end ?? header);
    return { kind: 'section', name, header, words, body, endAt, ...locate(frame, header) };
  }

  #body(items: Section['body'], frame: Frame, out: BodyLine[]): void {
    for (const item of items) {
      if (item.kind === 'text') {
        if (isDropped(item.line)) continue;
        out.push({ line: item.line, at: start(frame, item.line), includedFrom: frame.includedFrom });
        continue;
      }
      if (item.target !== undefined && this.#isKept(item.target.value)) {
        this.#reportKept(item, item.target, frame);
        const { includedFrom } = frame;
        out.push({ line: item.line, at: start(frame, item.line), includedFrom, include: item.target.value });
        continue;
      }
      this.#include(item, frame, (path, inner) => {
        const included = this.#set.body(path);
        if (included === undefined) return;
        this.#enter(included, inner);
        this.#body(included.body, inner, out);
        this.#open.delete(path);
      });
    }
  }

  #enter(file: KickstartFile | BodyFile, frame: Frame): void {
    this.#open.add(frame.path);
    this.#seen.add(frame.path);
    // What is wrong in a file is another thing when it is included inside a section.
    const id = `${'nodes' in file ? 'commands' : 'body'} ${frame.path}`;
    if (this.#reported.has(id)) return;
    this.#reported.add(id);
    for (const diagnostic of file.diagnostics)
      this.diagnostics.push({ ...diagnostic, includedFrom: frame.includedFrom });
  }

  #include(node: Include, frame: Frame, follow: (path: string, inner: Frame) => void): void {
    const { target } = node;
    if (target === undefined) return;
    const at = { path: frame.path, line: node.line.number, column: target.start + 1 };
    const report = (code: Diagnostic['code'], message: string, hint: string): void => {
      const { includedFrom } = frame;
      const length = Math.max(1, target.end - target.start);
      this.diagnostics.push({ code, severity: 'error', message, hint, at, length, includedFrom });
    };
    const path = this.#set.resolve(target.value, frame.path);
    const unreadable = path === undefined ? this.#set.unreadable(target.value, frame.path) : undefined;
    if (unreadable !== undefined) {
      report('KS_FILE_UNREADABLE', `what it names ${unreadable.problem}`, unreadable.hint);
    } else if (path === undefined) {
      const near = this.#set.didYouMean(target.value, frame.path);
      const hint = target.value.includes('://')
        ? 'only files can be included: fetch it into the leaves'
        : near
          ? `did you mean ${near}?`
          : posix.isAbsolute(target.value)
            ? `if it is made in the installer, keep the line: --keep-include ${target.value}`
            : 'paths are relative to the working directory, then to the including file';
      report('KS_INCLUDE_NOT_FOUND', 'no such file', hint);
    } else if (this.#open.has(path)) {
      report('KS_INCLUDE_CYCLE', `includes itself: ${cycle(frame, path).join(' -> ')}`, 'remove one of these includes');
    } else if (frame.includedFrom.length >= MAX_DEPTH) {
      report('KS_INCLUDE_LIMIT', `more than ${MAX_DEPTH} includes deep`, 'include blocks from the leaf');
    } else if (this.#includes >= MAX_INCLUDES) {
      if (this.#includes === MAX_INCLUDES)
        report('KS_INCLUDE_LIMIT', `more than ${MAX_INCLUDES} includes`, 'include each block once');
      this.#includes += 1;
    } else if ((this.#characters += this.#set.sizeOf(path)) > MAX_INCLUDED_CHARACTERS) {
      // Once: what follows adds nothing.
      this.#includes = MAX_INCLUDES + 1;
      report(
        'KS_INCLUDE_LIMIT',
        `includes of more than ${MAX_INCLUDED_CHARACTERS / 2 ** 20} MiB`,
        'include each block once',
      );
    } else {
      this.#includes += 1;
      follow(path, {
        path,
        includedFrom: [{ ...at, column: 1 + indent(node.line) }, ...frame.includedFrom],
        outer: frame,
      });
    }
  }
}

function cycle(frame: Frame, path: string): string[] {
  const chain = [path];
  for (let at: Frame | undefined = frame; at !== undefined; at = at.outer) {
    chain.unshift(at.path);
    if (at.path === path) break;
  }
  return chain;
}

function indent(line: Line): number {
  return line.text.length - line.text.trimStart().length;
}

/** Where a command or header starts: after its indentation. */
function locate(frame: Frame, line: Line): Located {
  const at = { path: frame.path, line: line.number, column: 1 + indent(line) };
  return { at, includedFrom: frame.includedFrom };
}

function start(frame: Frame, line: Line): Position {
  return { path: frame.path, line: line.number, column: 1 };
}
