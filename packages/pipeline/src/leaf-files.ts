import { isUtf8 } from 'node:buffer';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from '@phyllome/host/fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { type ReadFile, UnreadableFile, closures } from '@phyllome/flattener/closure';
import { codeOf } from '@phyllome/host/errors';
import { nameProblem } from '@phyllome/host/names';
import { PipelineError } from './errors.ts';

/**
 * How leaves and what they include are read: by Nx, which has to know what they are made of, and by the command line,
 * which makes something of them. One reader, so that both see the same files, and nothing else.
 *
 * A leaf may be somebody's pull request. It includes regular files of the workspace, by their real path: no other file
 * of this machine ends up in a flat kickstart, or in an error, nothing blocks, and nothing is read without end.
 */

/** Bytes that a kickstart, or a file that one includes, may have. The largest of Phyllome OS has 20 kB. */
export const largestFile = 4 * 2 ** 20;

/** Folders of the workspace that Nx does not watch: what is included from there could change unseen. */
const unwatched = new Set(['dist', 'node_modules']);

/** Reads what is in a workspace, and what leaves may include: paths are relative to `root`. */
export function leafReader(root: string): ReadFile {
  const realRoot = realOrSame(root);
  return (path) => readWithin(root, path, (real) => problemOfLeafFile(relative(realRoot, real)));
}

/**
 * Reads kickstarts that are named by their paths: what is in the workspace or the working directory `root`, beside
 * them, or where `-I` says.
 *
 * @param files the kickstarts
 * @param folders of `-I`
 */
export function kickstartReader(root: string, files: readonly string[], folders: readonly string[]): ReadFile {
  const named = files.map((file) => resolve(file));
  const beside = named.flatMap((file) => [dirname(file), dirname(realOrSame(file))]);
  // A user whose working directory is / does not mean all of this machine.
  const around = [...(resolve(root) === sep ? [] : [root]), ...beside, ...folders.map((folder) => resolve(folder))];
  const allowed = around.map(realOrSame);
  const problem = (real: string): Problem | undefined =>
    allowed.some((folder) => isWithin(folder, real))
      ? undefined
      : {
          message: 'is in neither the directory of the kickstart nor one given by -I',
          hint: 'name its directory: -I',
        };
  return (path) => readWithin(root, path, problem);
}

/** What decides what a leaf flattens to. Paths are relative to the workspace. */
export interface LeafFiles {
  /** The leaf, and what it includes; also what is not there. */
  readonly files: readonly string[];
  /**
   * The same, what its symbolic links lead to, and what would be included instead if it were there; without what leaves
   * may not include.
   */
  readonly inputs: readonly string[];
}

/** Finds out what decides what a leaf flattens to, as {@link leafReader} reads it. */
export function filesOfLeaf(root: string, leaf: string): LeafFiles {
  return leafFinder(root)(leaf);
}

/** The same for many leaves of one moment: what they share is read once. */
export function leafFinder(root: string): (leaf: string) => LeafFiles {
  const read = once(leafReader(root));
  const realRoot = realOrSame(root);
  // A thousand leaves ask for the same few blocks.
  const places = once((path) => {
    const absolute = resolve(root, path);
    const both = [relative(root, absolute), relative(realRoot, realOrSame(absolute))];
    return both.filter((one) => problemOfLeafFile(one) === undefined);
  });
  const find = closures({ readFile: read });
  return (leaf) => {
    const { files, asked } = find(leaf);
    return { files, inputs: [...new Set([...files, ...asked].flatMap(places))] };
  };
}

/** Calls a function once for each argument: what it returned, or threw, it does again. */
function once<Result>(compute: (argument: string) => Result): (argument: string) => Result {
  const known = new Map<string, () => Result>();
  return (argument) => {
    const before = known.get(argument);
    if (before !== undefined) return before();
    try {
      const result = compute(argument);
      known.set(argument, () => result);
      return result;
    } catch (error) {
      known.set(argument, () => {
        throw error;
      });
      throw error;
    }
  };
}

interface Problem {
  readonly message: string;
  readonly hint: string;
}

/** Why leaves may not include what is at this path, relative to the workspace. Pure. */
function problemOfLeafFile(path: string): Problem | undefined {
  const hint = 'include a file of the workspace, by a path relative to the leaf';
  const parts = path.split(sep);
  if (path === '' || path.startsWith(sep) || parts[0] === '..') return { message: 'is outside of the workspace', hint };
  if (parts.some((part, at) => unwatched.has(part) && (at === 0 || part === 'node_modules')))
    return { message: 'is a directory of results, not of sources', hint };
  const problem = parts.map((part) => nameProblem('file', part)).find((one) => one !== undefined);
  return problem === undefined
    ? undefined
    : { message: 'has a name that is not allowed for leaves and what they include', hint: problem };
}

function readWithin(root: string, path: string, problemOf: (real: string) => Problem | undefined): string | undefined {
  const real = realOf(resolve(root, path));
  if (real === undefined) return undefined;
  const problem = problemOf(real);
  if (problem !== undefined) throw new UnreadableFile(path, problem.message, problem.hint);
  return readRegular(real, path);
}

/** Without its symbolic links; undefined when nothing is there. */
function realOf(path: string): string | undefined {
  try {
    // Most often nothing is: each place where an include might be is asked for, and an error costs more than to look.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
    return realpathSync.native(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw refused(path, code);
  }
}

function realOrSame(path: string): string {
  try {
    return realOf(path) ?? path;
  } catch {
    return path;
  }
}

/** The text of a regular file; undefined of a directory. */
function readRegular(real: string, path: string): string | undefined {
  // Before it is opened, which does something to a device and waits for a FIFO's other end; and once more after it.
  const there = statSync(real, { throwIfNoEntry: false });
  if (there === undefined || there.isDirectory()) return undefined;
  if (!there.isFile()) throw notRegular(path);
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
  let file: number;
  try {
    file = openSync(real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return undefined;
    throw refused(path, code);
  }
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw notRegular(path);
    if (found.size > largestFile) throw tooLarge(path);
    return decode(readBounded(file, path, found.size), path);
  } finally {
    closeSync(file);
  }
}

/** Also of files that say that they are empty, as those of proc(5), or that grow. */
function readBounded(file: number, path: string, expected: number): Buffer {
  const chunks: Buffer[] = [];
  // What is most often all of it, and a byte to see the end by.
  const room = Buffer.allocUnsafe(Math.max(expected, 1024) + 1);
  for (let size = 0; ;) {
    const chunk = size < room.length ? room.subarray(size) : Buffer.allocUnsafe(64 * 1024);
    const length = readSync(file, chunk);
    if (length === 0) return Buffer.concat(chunks);
    size += length;
    if (size > largestFile) throw tooLarge(path);
    chunks.push(chunk.subarray(0, length));
  }
}

/** Replacing what cannot be read would change the flat kickstart in silence. */
function decode(bytes: Buffer, path: string): string {
  if (isUtf8(bytes)) return bytes.toString();
  const valid = bytes.toString().split('\uFFFD', 1)[0] ?? '';
  throw new PipelineError('FILE_NOT_UTF8', `${path}:${valid.split('\n').length} has bytes that are not UTF-8`, {
    hint: 'save the file as UTF-8',
  });
}

const notRegular = (path: string): UnreadableFile =>
  new UnreadableFile(path, 'is not a regular file', 'include a regular file: no device, FIFO or socket');

const tooLarge = (path: string): UnreadableFile =>
  new UnreadableFile(path, `has more than ${largestFile / 2 ** 20} MiB`, 'include kickstarts and scripts alone');

function refused(path: string, code: string | undefined): UnreadableFile {
  const why = { ELOOP: 'is a circle of symbolic links', EACCES: 'may not be read by this user' }[code ?? ''];
  return new UnreadableFile(path, why ?? `cannot be read (${code ?? 'no reason given'})`, 'see what is there: ls -lL');
}

const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
