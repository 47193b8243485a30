import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownUid, startTimeOf } from '@phyllome/host';
import * as z from 'zod';
import { VmTesterError } from '../errors.ts';
import { parseJson } from '../json.ts';

/** A machine that somebody works with, as other commands find it. */
export interface RunningMachine {
  name: string;
  /** Of the process that owns it, and what distinguishes it from a later one with the same id. */
  pid: number;
  startTime: string;
  image: string;
  /** Its directory: sockets, and this description as `machine.json`. */
  directory: string;
}

const Description = z.object({
  name: z.string(),
  pid: z.number(),
  startTime: z.string(),
  image: z.string(),
});

/** Where a machine's sockets are in its directory. */
export const SOCKETS = { commands: 'commands.sock', terminal: 'terminal.sock', serial: 'serial.sock' } as const;

/** In bytes, without the zero that ends it (unix(7)). */
const LONGEST_SOCKET_PATH = 107;

/** What the names of directories begin with that a process is about to describe, and then to name. */
const UNNAMED = '.new-';

/** Only their user may enter these: who reaches a socket in them is root in the guest. */
function runtimeRoot(env: NodeJS.ProcessEnv): string {
  return env['XDG_RUNTIME_DIR']
    ? join(env['XDG_RUNTIME_DIR'], 'phyllome')
    : join(env['TMPDIR'] || tmpdir(), `phyllome-${ownUid()}`);
}

/**
 * Does it belong to this user alone? In a temporary directory that all share, somebody else may have made it before: to
 * get at our sockets, or, as a link, to have us remove what it leads to.
 */
function isOurs(root: string): boolean {
  const stats = lstatSync(root, { throwIfNoEntry: false });
  return stats !== undefined && stats.isDirectory() && stats.uid === ownUid() && (stats.mode & 0o077) === 0;
}

/**
 * A directory for a new machine: named as asked, or with a number when one of that name runs. Disposal removes it; what
 * killed processes left behind is removed here.
 * @throws {VmTesterError} DISK_FAILED where others may enter the directory of all machines, or its path is too long
 */
export function createDirectory(name: string, image: string, env: NodeJS.ProcessEnv): RunningMachine & Disposable {
  const taken = new Set(listMachines(env).map((machine) => machine.name));
  const root = runtimeRoot(env);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  if (!isOurs(root)) {
    throw new VmTesterError('DISK_FAILED', `${root} is not a directory of this user alone`, {
      hint: 'remove it, or set XDG_RUNTIME_DIR to a directory that only you may enter',
    });
  }
  if (!hasRoom(join(root, shortened(name)))) {
    throw new VmTesterError('DISK_FAILED', `${root} has too long a path for the sockets of a machine`, {
      hint: 'set XDG_RUNTIME_DIR to a directory with a shorter one',
    });
  }
  const owner = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '', image };
  // Described before it has its name: one without a description is taken for a leftover.
  const unnamed = mkdtempSync(join(root, UNNAMED));
  for (let number = 1; ; number++) {
    const description = { name: number === 1 ? name : `${name}-${number}`, ...owner };
    if (taken.has(description.name)) continue;
    const named = join(root, description.name);
    const directory = hasRoom(named) ? named : join(root, shortened(description.name));
    writeFileSync(join(unnamed, 'machine.json'), JSON.stringify(description));
    if (!renamed(unnamed, directory)) continue;
    return {
      ...description,
      directory,
      [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
    };
  }
}

/** Whether a directory's sockets have paths that the kernel takes. */
function hasRoom(directory: string): boolean {
  return Object.values(SOCKETS).every((name) => Buffer.byteLength(join(directory, name)) <= LONGEST_SOCKET_PATH);
}

const shortened = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 12);

/** False when another process was the first to take the name. */
function renamed(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST'))
      return false;
    throw error;
  }
}

/** The machines that run, by name. Directories of those whose process was killed are removed. */
export function listMachines(env: NodeJS.ProcessEnv = process.env): RunningMachine[] {
  const root = runtimeRoot(env);
  if (!isOurs(root)) return [];
  const running: RunningMachine[] = [];
  for (const name of readNames(root)) {
    const directory = join(root, name);
    const found = parseJson(Description, readText(join(directory, 'machine.json')));
    const isNew = name.startsWith(UNNAMED);
    if (found && startTimeOf(found.pid) === found.startTime) {
      if (!isNew) running.push({ ...found, directory });
    } else if (found || !isNew) rmSync(directory, { recursive: true, force: true });
  }
  return running.toSorted((a, b) => a.name.localeCompare(b.name));
}

function readNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
