import { GENERATED, attachComments } from './comments.ts';
import { type Diagnostic, toError } from './diagnostics.ts';
import { emit } from './emit.ts';
import { type IncludeOptions, expand } from './include.ts';
import { interpret } from './interpret.ts';
import type { Kickstart, Origin } from './kickstart.ts';
import { chooseRelease } from './release.ts';
import { type ReadFile, splitLines } from './source.ts';

export interface FlattenOptions extends IncludeOptions {
  /** The release whose commands and options count: that of the file's `#version=`, or `F44`, unless it is said. */
  readonly release?: string | undefined;
  /** Values that pykickstart takes and that cannot be meant (`timezone ../../x`) are errors, where they only warn else. */
  readonly strict?: boolean | undefined;
  /**
   * The files are blocks that were written to be combined: the options of all their `%packages` headers add up. Else each
   * header takes away what the one before said, as it does for the installer.
   */
  readonly blocks?: boolean | undefined;
}

/** A stand-alone kickstart, and where each of its lines comes from. */
export interface Flattened {
  readonly text: string;
  /** One per line of `text`; `undefined` for generated lines. */
  readonly origins: readonly (Origin | undefined)[];
  /** Every file read, the leaf first. */
  readonly files: readonly string[];
  readonly kickstart: Kickstart;
  /** The release it was read for, as `F44`. */
  readonly release: string;
  /** Warnings: with an error there is no result. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * One kickstart out of a leaf and everything it includes: parse, include, merge, print.
 *
 * Commands come in ksflatten's order, whatever the order of the blocks, so the text changes only where the meaning
 * does. Flattening a flat kickstart gives the same text again.
 *
 * @throws {KickstartError} when a diagnostic is an error; it carries them all. KS_UNKNOWN_RELEASE.
 */
export function flatten(path: string, options: FlattenOptions): Flattened {
  const { entries, files, version, diagnostics: found } = expand(path, options);
  const diagnostics: Diagnostic[] = [...found];
  const release = chooseRelease(options.release, version, diagnostics);
  const kickstart = interpret(path, entries, { release, strict: options.strict, blocks: options.blocks }, diagnostics);
  const error = toError(diagnostics);
  if (error !== undefined) throw error;

  const platform = entries.findLast((entry) => entry.kind === 'platform');
  const header = [
    ownHeader(path, options.readFile) ?? `${GENERATED} ${path}: edit that, not this.`,
    ...(platform?.kind === 'platform' ? [`#platform=${platform.value}`] : []),
    `#version=${release.release}`,
  ];
  const comments = options.comments ? attachComments(path, entries, release) : undefined;
  return { ...emit(kickstart, header, release, comments), files, kickstart, release: release.release, diagnostics };
}

/** The header of a file that is flat already: it goes on naming the leaf it once came from. */
function ownHeader(path: string, readFile: ReadFile): string | undefined {
  const first = splitLines(readFile(path)?.slice(0, 4096) ?? '')[0]?.text;
  return first?.startsWith(GENERATED) ? first : undefined;
}
