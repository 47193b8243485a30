import { dirname } from 'node:path';
import type { Build, Package } from '../image/build.ts';
import type { Contents, Entry } from '../image/contents.ts';

/** What is only in one, in the order of the names. */
export interface Changes<Item = string> {
  added: Item[];
  removed: Item[];
}

/** A package in another version. */
export interface Updated {
  name: string;
  from: string;
  to: string;
}

/** The files of one directory. Sizes in bytes. */
export interface DirectoryChange {
  directory: string;
  added: number;
  removed: number;
  changed: number;
  bytes: number;
}

/** How the second image differs from the first. */
export interface ImageDiff {
  version: 1;
  from: Named;
  to: Named;
  size: { from: number; to: number };
  packages: Changes<Package> & { updated: Updated[] };
  verdicts: { firmware: string; from: string; to: string }[];
  /** Undefined where only the evidence was compared. */
  contents: ContentsDiff | undefined;
}

interface Named {
  edition: string;
  iso: string;
  sha256: string;
}

interface ContentsDiff {
  kernel: { from: string[]; to: string[] } | undefined;
  services: Changes;
  bootArguments: Changes;
  directories: DirectoryChange[];
}

/** A build, and what is on its medium if that was read. */
export interface ImageSide {
  build: Build;
  contents?: Contents | undefined;
}

/** Compares two built images by their evidence, and by what is on them where both were read. */
export function diffImages(a: ImageSide, b: ImageSide): ImageDiff {
  return {
    version: 1,
    from: named(a.build),
    to: named(b.build),
    size: { from: a.build.size, to: b.build.size },
    packages: diffPackages(a.build.packages, b.build.packages),
    verdicts: diffVerdicts(a.build, b.build),
    contents: a.contents && b.contents && diffContents(a.contents, b.contents),
  };
}

/** Whether nothing differs that is more than a name: the same bytes, or all that is compared alike. */
export function isSame({ from, to, packages, verdicts, contents, size }: ImageDiff): boolean {
  if (from.sha256 === to.sha256) return verdicts.length === 0;
  return (
    size.from === size.to &&
    isEmpty(packages) &&
    packages.updated.length === 0 &&
    verdicts.length === 0 &&
    (contents === undefined ||
      (contents.kernel === undefined &&
        isEmpty(contents.services) &&
        isEmpty(contents.bootArguments) &&
        contents.directories.length === 0))
  );
}

const isEmpty = ({ added, removed }: Changes<unknown>): boolean => added.length === 0 && removed.length === 0;

const named = ({ edition, iso, sha256 }: Build): Named => ({ edition, iso, sha256 });

/**
 * By name and architecture. Several versions of one package can be installed, as kernels are: one is then added or
 * removed, and not an update.
 */
export function diffPackages(from: readonly Package[], to: readonly Package[]): ImageDiff['packages'] {
  const before = byName(from);
  const after = byName(to);
  const added: Package[] = [];
  const removed: Package[] = [];
  const updated: Updated[] = [];
  for (const key of [...new Set([...before.keys(), ...after.keys()])].toSorted()) {
    const old = before.get(key) ?? [];
    const now = after.get(key) ?? [];
    const gone = old.filter(({ version }) => !now.some((one) => one.version === version));
    const come = now.filter(({ version }) => !old.some((one) => one.version === version));
    const [was] = gone;
    const [is] = come;
    if (was && is && gone.length === 1 && come.length === 1) {
      updated.push({ name: is.name, from: was.version, to: is.version });
    } else {
      removed.push(...gone);
      added.push(...come);
    }
  }
  return { added, removed, updated };
}

function byName(packages: readonly Package[]): Map<string, Package[]> {
  return Map.groupBy(packages, ({ name, arch = '' }) => `${name}.${arch}`);
}

function diffVerdicts(a: Build, b: Build): ImageDiff['verdicts'] {
  const firmwares = new Set([...a.verdicts, ...b.verdicts].map(({ firmware }) => firmware));
  return [...firmwares].toSorted().flatMap((firmware) => {
    const [from, to] = [a, b].map(({ verdicts }) => verdictOf(verdicts.find((one) => one.firmware === firmware)));
    return from === to || from === undefined || to === undefined ? [] : [{ firmware, from, to }];
  });
}

function verdictOf(verdict: Build['verdicts'][number] | undefined): string {
  if (verdict === undefined) return 'not judged';
  return verdict.cause === undefined ? verdict.status : `${verdict.status}: ${verdict.cause}`;
}

function diffContents(a: Contents, b: Contents): ContentsDiff {
  const sameKernel = a.kernels.join(' ') === b.kernels.join(' ');
  return {
    kernel: sameKernel ? undefined : { from: a.kernels, to: b.kernels },
    services: changes(a.services, b.services),
    bootArguments: changes(a.bootArguments, b.bootArguments),
    directories: diffDirectories(a.files, b.files),
  };
}

function changes(from: readonly string[], to: readonly string[]): Changes {
  return { added: to.filter((one) => !from.includes(one)), removed: from.filter((one) => !to.includes(one)) };
}

/** Files by kind, mode, owner, size and link target; of each directory the sum, the largest change first. */
function diffDirectories(a: ReadonlyMap<string, Entry>, b: ReadonlyMap<string, Entry>): DirectoryChange[] {
  const sums = new Map<string, DirectoryChange>();
  const count = (path: string, kind: 'added' | 'removed' | 'changed', bytes: number): void => {
    const directory = dirname(path);
    const sum = sums.get(directory) ?? { directory, added: 0, removed: 0, changed: 0, bytes: 0 };
    sum[kind]++;
    sum.bytes += bytes;
    sums.set(directory, sum);
  };
  for (const [path, entry] of b) {
    const before = a.get(path);
    if (!before) count(path, 'added', entry.size);
    else if (!alike(before, entry)) count(path, 'changed', entry.size - before.size);
  }
  for (const [path, entry] of a) if (!b.has(path)) count(path, 'removed', -entry.size);
  return [...sums.values()].toSorted(
    (x, y) => Math.abs(y.bytes) - Math.abs(x.bytes) || (x.directory < y.directory ? -1 : 1),
  );
}

/** A directory's size is that of its table, which is not a property of its own. */
const alike = (x: Entry, y: Entry): boolean =>
  x.mode === y.mode && x.owner === y.owner && x.target === y.target && x.size === y.size;
