import { chmod, cp, lstat, mkdir, mkdtemp, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, messageOf, ownOwner } from '@phyllome/host';
import { sync } from '../container/receive.ts';
import { IsoBuildError } from '../errors.ts';
import { readManifest, resultFiles } from '../evidence/manifest.ts';
import { entriesOf, partialPrefix } from './reap.ts';

/** A directory in the making, beside the one it will become. Disposing removes what was not committed. */
export interface ResultDirectory extends AsyncDisposable {
  /** Where to put things. */
  readonly path: string;
  /**
   * Makes it the destination, in one step; the result that was there before is removed. Where something else is beside
   * that result, or the destination is a symbolic link to a directory, both stay: then the files are replaced one by one,
   * and the documents that say that there is a result come last.
   */
  commit(): Promise<void>;
  /** Makes it `<destination>.failed` instead, and says where that is. */
  keepAsFailed(): Promise<string>;
}

/** One of these marks the result of an earlier build, unlike a directory that happens to have the name. */
const ofAResult = /^(?:manifest\.json|image\.json|logs|.+\.iso|.+\.iso\.sha256)$/u;

/** What is of a result, by its name: its documents, its logs, and what tests say of it. */
const documents = new Set<string>([...Object.values(resultFiles), 'image.json', 'provenance.sigstore.json', 'test-vm']);

/** Documents by which others know that there is a result. */
const markers = [resultFiles.manifest, 'image.json'];

/**
 * @throws {IsoBuildError} DESTINATION_UNUSABLE when it cannot be written, or is something else than an earlier result.
 */
export async function prepareResultDirectory(destination: string): Promise<ResultDirectory> {
  const { path, linkedTo } = await usable(destination, async () => {
    await mkdir(dirname(destination), { recursive: true });
    const there = await lstat(destination).catch(() => undefined);
    // A link leads to another disk: what is to be moved there has to be there already.
    const target = there?.isSymbolicLink() === true ? await realpath(destination) : undefined;
    const made = await mkdtemp(join(target ?? dirname(destination), `${partialPrefix(destination)}${ownOwner}~`));
    // mkdtemp's are for secrets; this one is going to be the result.
    await chmod(made, 0o755);
    return { path: made, linkedTo: target };
  });
  const entries = (await usable(destination, () => entriesOf(destination))).filter((name) => !path.endsWith(name));
  if (entries.length > 0 && !entries.some((name) => ofAResult.test(name))) {
    await rm(path, { recursive: true });
    throw new IsoBuildError('DESTINATION_UNUSABLE', `${destination} exists and is not the result of a build`, {
      hint: 'choose another destination, or move it away',
    });
  }
  return {
    path,
    async commit() {
      const ours = await ownNames(destination, path);
      const foreign = (await entriesOf(destination)).some((name) => !ours.has(name) && !path.endsWith(name));
      if (linkedTo !== undefined || foreign) await replaceInside(path, linkedTo ?? destination, ours);
      else await replace(path, destination);
    },
    async keepAsFailed() {
      await replace(path, `${destination}.failed`);
      return `${destination}.failed`;
    },
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Names in the destination that are of its old result, or of the new one. All others are somebody's own. */
async function ownNames(destination: string, path: string): Promise<Set<string>> {
  const before = await readManifest(destination);
  const listed = before === undefined ? [] : [before.iso.name, ...Object.keys(before.files)];
  const tops = [...listed, ...(await entriesOf(path))].map((name) => name.split('/', 1)[0] ?? '');
  return new Set([...documents, ...tops]);
}

/** Replaces a result file by file. A reader meanwhile finds no result, never half of one. */
async function replaceInside(from: string, directory: string, ours: ReadonlySet<string>): Promise<void> {
  const old = (await entriesOf(directory)).filter((name) => ours.has(name));
  for (const name of inOrder(old)) await rm(join(directory, name), { recursive: true, force: true });
  for (const name of inOrder(await entriesOf(from)).toReversed()) await rename(join(from, name), join(directory, name));
  await sync(directory);
}

/** What marks a result comes first: it is the first to go, and the last to come. */
const inOrder = (names: readonly string[]): string[] =>
  names.toSorted((a, b) => Number(markers.includes(b)) - Number(markers.includes(a)));

/** A directory cannot be renamed onto one that has entries: that one steps aside first. */
async function replace(from: string, to: string): Promise<void> {
  const aside = `${from}~old`;
  const wasThere = await move(to, aside);
  if (!(await move(from, to))) throw new Error(`${from} is gone`);
  await sync(dirname(to));
  if (wasThere) await rm(aside, { recursive: true, force: true });
}

/** Renames, or copies to another file system; false when there is nothing. */
async function move(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    if (codeOf(error) !== 'EXDEV') throw error;
    await cp(from, to, { recursive: true });
    await rm(from, { recursive: true });
  }
  return true;
}

async function usable<T>(destination: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new IsoBuildError('DESTINATION_UNUSABLE', `${destination} cannot be written: ${messageOf(cause)}`, {
      hint: 'choose a destination that this user may write',
      cause,
    });
  }
}
