import { setImmediate as nextTurn } from 'node:timers/promises';
import { posix } from 'node:path';
import { type Flattened, KickstartError, closure, flatten } from '@phyllome/flattener';
import { RELEASE_NAMES } from '@phyllome/flattener/commands';
import { lint, releasesNamed } from '@phyllome/flattener/lint';
import { nameEditions } from './edition-names.ts';
import type { Tree } from './scan.ts';

/** A kickstart that no other one includes: what somebody installs or builds. */
export interface Root {
  /** Relative to the tree. */
  readonly path: string;
  /** `live`: becomes a live medium; `install`: installs a disk, or makes the image of one; `part`: has neither a source nor packages. */
  readonly kind: 'live' | 'install' | 'part';
  /** What says so. */
  readonly because: string;
  /** As `F42` or `RHEL9`; `$releasever` or `rawhide` where it is the builder's to say; undefined where nothing says it. */
  readonly release: string | undefined;
  /** Whose release that is, as os-release(5) has it in `ID`: `almalinux`; undefined where nothing says it. */
  readonly distribution: string | undefined;
  /** The name that its edition gets; undefined of a part. */
  readonly edition: string | undefined;
  readonly title: string;
  /** The files that it reads, itself first. */
  readonly files: readonly string[];
  /** What it includes that is not in the tree. */
  readonly missing: readonly string[];
  /** The programs that it was written for. */
  readonly tools: readonly string[];
  /** Why it cannot be flattened: code and message of the first error. */
  readonly problem: { code: string; message: string } | undefined;
  /** Words for its checks and Nx tags. */
  readonly traits: readonly string[];
}

/** What a tree of kickstarts is. */
export interface Analysis {
  readonly roots: readonly Root[];
  /** Files that others include, with how many. */
  readonly blocks: readonly { path: string; includedBy: number }[];
  /** Includes that lead to nothing, with those that name them. */
  readonly missing: readonly { target: string; includedBy: readonly string[] }[];
  /** What lint finds, by code. */
  readonly findings: readonly { code: string; severity: string; count: number; example: string }[];
  /** By how many roots each is for. */
  readonly releases: readonly { release: string; roots: number }[];
}

/** Kickstarts of which each file is read to the end; more are named, and not looked into. */
const readRoots = 500;

/**
 * Finds out what a tree is: what includes what, what becomes of it, for which release, and what of it will not pass.
 *
 * @throws the signal's reason when it was aborted
 */
export async function analyseTree(tree: Tree, signal: AbortSignal): Promise<Analysis> {
  const { kickstarts } = tree;
  const read = (path: string): string | undefined => kickstarts.get(posix.normalize(path));
  const edges = new Map<string, string[]>();
  for (const path of kickstarts.keys()) edges.set(path, closure(path, { readFile: read }));
  const includedBy = includersOf(edges);
  const tops = [...kickstarts.keys()].filter(
    (path) => !includedBy.has(path) || isCircle(path, edges, includedBy) || isVaried(path, includedBy),
  );
  const roots: Omit<Root, 'edition'>[] = [];
  for (const path of tops.slice(0, readRoots)) {
    signal.throwIfAborted();
    // A tree of hundreds takes seconds: Ctrl-C is heard between two of them.
    await nextTurn();
    const root = readRoot(path, edges.get(path) ?? [path], read);
    // What others include and is not complete is a block of theirs.
    if (root.kind !== 'part' || !isVaried(path, includedBy)) roots.push(root);
  }
  const made = roots.filter(({ kind }) => kind !== 'part');
  const names = nameEditions(made);
  const blocks = [...includedBy].filter(([path]) => kickstarts.has(path));
  return {
    roots: roots.map((root) => ({ ...root, edition: names.get(root.path) })),
    blocks: blocks.map(([path, by]) => ({ path, includedBy: by.length })).toSorted(byPath),
    missing: missingOf(roots),
    findings: await findingsOf(made, read),
    releases: countedReleases(made),
  };
}

const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);

/** By each file, those that include it, themselves or by others. */
function includersOf(edges: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const includedBy = new Map<string, string[]>();
  for (const [path, files] of edges) {
    for (const file of files) {
      if (file === path) continue;
      const by = includedBy.get(file);
      if (by === undefined) includedBy.set(file, [path]);
      else by.push(path);
    }
  }
  return includedBy;
}

type Includers = ReadonlyMap<string, readonly string[]>;

/** Files that include each other are all included: the first of them by name stands for all. */
function isCircle(path: string, edges: Includers, includedBy: Includers): boolean {
  const circle = (edges.get(path) ?? []).filter((file) => file !== path && edges.get(file)?.includes(path) === true);
  return circle.length > 0 && includedBy.get(path)?.length === circle.length && circle.every((file) => path < file);
}

/** Included from other directories alone: translations and variants of what is complete by itself. */
function isVaried(path: string, includedBy: Includers): boolean {
  const by = includedBy.get(path) ?? [];
  return by.length > 0 && by.every((file) => posix.dirname(file) !== posix.dirname(path));
}

function readRoot(
  path: string,
  files: readonly string[],
  readFile: (path: string) => string | undefined,
): Omit<Root, 'edition'> {
  const missing = files.filter((file) => readFile(file) === undefined);
  const texts = files.map((file) => readFile(file) ?? '').join('\n');
  const { release, distribution } = releaseOf(texts);
  const told = flattened(path, { readFile, ...dialectOf(release) });
  const { kind, because } = kindOf(told.flat, texts);
  return {
    path,
    kind,
    because,
    release,
    distribution,
    title: firstSentence(readFile(path) ?? ''),
    files,
    missing,
    tools: toolsOf(texts, kind),
    problem: told.problem,
    traits: desktop.test(packagesText(texts)) ? ['desktop'] : [],
  };
}

function flattened(
  path: string,
  options: { readFile: (path: string) => string | undefined; release?: string },
): { flat?: Flattened; problem: Root['problem'] } {
  try {
    return { flat: flatten(path, options), problem: undefined };
  } catch (error) {
    if (!(error instanceof KickstartError)) throw error;
    const [first] = error.diagnostics.filter(({ severity }) => severity === 'error');
    const at = first === undefined ? '' : `${first.at.path}:${first.at.line}: `;
    return { problem: { code: first?.code ?? error.code, message: `${at}${first?.message ?? error.message}` } };
  }
}

/** Packages that live media have and installed systems do not. */
const livePackages = ['dracut-live', 'livesys-scripts', 'anaconda-live'];

/** By what is in it, whatever it is called; where it cannot be flattened, by its text. */
function kindOf(flat: Flattened | undefined, texts: string): { kind: Root['kind']; because: string } {
  const names = flat?.kickstart.packages?.names ?? packagesText(texts).split(/\s+/u);
  const found = livePackages.find((name) => names.includes(name));
  if (found !== undefined) return { kind: 'live', because: `has the package ${found}` };
  const session = /^[^#\n]*(?<word>\bliveuser\b|init\.d\/livesys)/mu.exec(texts)?.groups?.['word'];
  if (session !== undefined) return { kind: 'live', because: `its scripts speak of ${session}` };
  const source = /^(?:url|repo|liveimg|cdrom|nfs|harddrive|hmc|ostreesetup|ostreecontainer|bootc)\b/mu.exec(texts)?.[0];
  const disks = /^(?:part|partition|autopart|logvol|btrfs|raid)\b/mu.exec(texts)?.[0];
  if (/^%packages\b/mu.test(texts) && (source !== undefined || disks !== undefined))
    return { kind: 'install', because: `has packages and ${source ?? disks}` };
  if (source !== undefined && disks !== undefined) return { kind: 'install', because: `has ${source} and ${disks}` };
  return {
    kind: 'part',
    because: `has no ${disks === undefined ? 'disks' : 'source'} of its own, and nothing includes it`,
  };
}

const packagesText = (texts: string): string =>
  [...texts.matchAll(/^%packages\b.*\n(?<body>[^%]*)/gmu)].map(({ groups }) => groups?.['body'] ?? '').join('\n');

const desktop =
  /gnome-shell|gdm|sddm|lightdm|plasma-desktop|workstation-product|(?:gnome|kde|plasma|xfce|lxqt|lxde|cinnamon|mate|budgie|sway|i3)-desktop/u;

/** Where the packages come from says it, if `#version` does not; and whose it is. */
function releaseOf(texts: string): Pick<Root, 'release' | 'distribution'> {
  const said = /^#version=(?<release>F\d+|RHEL\d+)\s*$/imu.exec(texts)?.groups?.['release']?.toUpperCase();
  const places = [...texts.matchAll(/^(?:url|repo|ostreesetup|liveimg|install)\b.*$/gmu)].map(([line]) => line);
  const named = places.flatMap((line) => releasesNamed(line));
  // Extra packages and those of others follow.
  const first = named.find(({ distribution }) => distribution !== undefined) ?? named[0];
  const release = said ?? first?.release ?? /\$releasever\b|rawhide/u.exec(places.join('\n'))?.[0];
  const of = release?.startsWith('F') === true ? 'fedora' : named.find((one) => one.release === release)?.distribution;
  return { release, distribution: of ?? named.find((one) => one.release.startsWith('RHEL'))?.distribution };
}

/** What it is read as: a release that only the builder knows, or that is too new, is none. */
const dialectOf = (release: string | undefined): { release?: string } =>
  release !== undefined && RELEASE_NAMES.includes(release) ? { release } : {};

function toolsOf(texts: string, kind: Root['kind']): string[] {
  const live = kind === 'live' ? [/dracut-live/u.test(texts) ? 'livemedia-creator' : 'livecd-creator'] : [];
  return [
    ...(/^%include\b/mu.test(texts) ? ['ksflatten'] : []),
    ...(/^%ksappend\b/mu.test(texts) ? ['a server that reads %ksappend'] : []),
    ...live,
    ...(kind === 'install'
      ? [/^(?:reboot|poweroff|shutdown)\b/mu.test(texts) ? 'anaconda, unattended' : 'anaconda']
      : []),
    ...(/\{\{|\{%|\$SNIPPET\(|<%/u.test(texts) ? ['a template engine'] : []),
  ];
}

function missingOf(roots: readonly Omit<Root, 'edition'>[]): Analysis['missing'] {
  const by = new Map<string, string[]>();
  for (const { path, missing } of roots)
    for (const target of missing) by.set(target, [...(by.get(target) ?? []), path]);
  return [...by].map(([target, includedBy]) => ({ target, includedBy }));
}

/** What `phyllome lint` says of them, each in its own release's words; of roots that cannot be flattened, why. */
async function findingsOf(
  roots: readonly Omit<Root, 'edition'>[],
  readFile: (path: string) => string | undefined,
): Promise<Analysis['findings']> {
  const byCode = new Map<string, { severity: string; count: number; example: string }>();
  const byRelease = Map.groupBy(roots, ({ release }) => dialectOf(release).release);
  for (const [release, some] of byRelease) {
    const leaves = some.map(({ path, kind }) => ({ path, live: kind === 'live' }));
    for (const { code, severity, at, message } of await lint({ leaves, readFile, ...dialectOf(release) })) {
      const known = byCode.get(code);
      if (known !== undefined) known.count += 1;
      else byCode.set(code, { severity, count: 1, example: `${at.path}:${at.line}: ${message}` });
    }
  }
  const order = ['error', 'warning', 'info'];
  return [...byCode]
    .map(([code, found]) => ({ code, ...found }))
    .toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || b.count - a.count);
}

function countedReleases(roots: readonly Omit<Root, 'edition'>[]): Analysis['releases'] {
  const counts = new Map<string, number>();
  for (const { release } of roots) if (release !== undefined) counts.set(release, (counts.get(release) ?? 0) + 1);
  return [...counts].map(([release, count]) => ({ release, roots: count })).toSorted((a, b) => b.roots - a.roots);
}

/** The first sentence of the comment that a kickstart begins with: most say there what they are. */
function firstSentence(text: string): string {
  const line =
    /^#+[ \t]*(?!version=|platform=|!)(?<said>[\p{L}\p{N}][^\n]{2,})$/mu.exec(text.slice(0, 2000))?.groups?.['said'] ??
    '';
  return line
    .replaceAll(/[\p{Cc}\p{Cf}|]/gu, ' ')
    .trim()
    .replace(/\.$/u, '')
    .slice(0, 120);
}
