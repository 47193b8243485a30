/**
 * Notes of builds that found nothing to do, with the state of every file that they looked at: as long as all of it is as it
 * was, there is nothing to do again, and no need to flatten, plan and load what builds. As git's index has it, files are
 * compared by what the file system says of them; only what Nx may have restored is compared by content, since it has other
 * times and the same bytes.
 *
 * Loads next to nothing: it is asked each time Nx runs.
 */
import { hash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ImageStore, pathsOf } from '../store/paths.ts';

/** One command in one checkout. */
export interface Asked {
  store: ImageStore;
  root: string;
  /** The command line. */
  words: readonly string[];
  env: NodeJS.ProcessEnv;
}

/** What a build looked at. Absolute paths; those that must not be there count as well. */
export interface LookedAt {
  /** Files, and directories of which each entry counts. */
  states: readonly string[];
  contents: readonly string[];
}

interface Note {
  /** Milliseconds since 1970, before anything was looked at. */
  at: number;
  env: string;
  states: [path: string, state: string][];
  contents: [path: string, sha256: string][];
  /** What the command printed. */
  text: string;
}

/** A day: then everything is checked again, the ISO's proof included. */
const longestMs = 24 * 60 * 60_000;
/** A file that changed so shortly before it was looked at may change again without a trace: file systems have ticks. */
const tickMs = 50;

/** What the same command printed when it had nothing to do; undefined where that has to be found out. */
export function upToDateText(asked: Asked, now = Date.now()): string | undefined {
  try {
    const file = notePath(asked);
    if (!isOwn(file)) return undefined;
    const note: Note = JSON.parse(readFileSync(file, 'utf8'));
    if (now < note.at || now - note.at > longestMs || note.env !== environmentOf(asked.env)) return undefined;
    if (note.states.some(([path, state]) => stateOf(path).text !== state)) return undefined;
    if (note.contents.some(([path, sha256]) => contentOf(path) !== sha256)) return undefined;
    return typeof note.text === 'string' ? note.text : undefined;
  } catch {
    // None, or not readable: whatever it is, everything is looked at.
    return undefined;
  }
}

/** Keeps that there was nothing to do. A note that cannot be kept is none. */
export function noteUpToDate(asked: Asked, { states, contents }: LookedAt, text: string, now = Date.now()): void {
  const found = states.map((path) => ({ path, ...stateOf(path) }));
  if (found.some(({ changedMs }) => changedMs > now - tickMs)) return;
  const note: Note = {
    at: now,
    env: environmentOf(asked.env),
    states: found.map((one) => [one.path, one.text]),
    contents: contents.map((path) => [path, contentOf(path)]),
    text,
  };
  const path = notePath(asked);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, JSON.stringify(note), { mode: 0o600 });
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    // A store that is full or read-only: the next build looks again.
  }
}

/** Every file and every directory under some, node_modules apart: a new file shows in its directory. */
export function treeOf(...directories: readonly string[]): string[] {
  return directories.flatMap((directory) => [
    directory,
    ...readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      if (entry.name === 'node_modules') return [];
      const path = join(directory, entry.name);
      return entry.isDirectory() ? treeOf(path) : [path];
    }),
  ]);
}

/** Bytes of a note at most: it names some hundred files. */
const largestNote = 2 ** 24;

/** Whether it is a plain file that this user wrote, and no one else can: a note decides that nothing is looked at. */
function isOwn(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return (
    found?.isFile() === true &&
    found.uid === process.getuid?.() &&
    (found.mode & 0o022) === 0 &&
    found.size <= largestNote
  );
}

const notePath = ({ store, root, words }: Asked): string =>
  join(pathsOf(store).upToDate, hash('sha256', JSON.stringify([root, process.cwd(), words])));

/** What may decide how a command ends, of the environment: all of this project's variables, and Node. */
function environmentOf(env: NodeJS.ProcessEnv): string {
  // Of a system that builds itself, also which programs are found.
  const others = [
    'SOURCE_DATE_EPOCH',
    ...([env['PHYLLOME_ENGINE'], env['PHYLLOME_ISOLATION']].includes('host') ? ['PATH'] : []),
  ];
  const names = Object.keys(env).filter((name) => name.startsWith('PHYLLOME_') || others.includes(name));
  return hash('sha256', JSON.stringify([process.version, names.toSorted().map((name) => [name, env[name]])]));
}

function stateOf(path: string): { text: string; changedMs: number } {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return { text: 'absent', changedMs: 0 };
  const { mode, size, mtimeNs, ctimeNs, ino } = found;
  return { text: [mode, size, mtimeNs, ctimeNs, ino].join(' '), changedMs: Number(ctimeNs / 1_000_000n) };
}

function contentOf(path: string): string {
  const found = lstatSync(path);
  if (!found.isFile()) throw new Error(`${path} is not a regular file`);
  return hash('sha256', readFileSync(path));
}
