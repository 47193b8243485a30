import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import {
  digestOfPlainFile,
  type FileState,
  PlainFileError,
  readPlainFile,
  stateOfPlainFile,
} from '@phyllome/host/plain-file';
import writeFileAtomic from 'write-file-atomic';
import * as z from 'zod';

/**
 * A file of gigabytes is not read at each use. Once it was read and its digest was right, a note says what the file was
 * then: its inode, size and times. As long as it is still that, and the note is not old, it is taken to be unchanged.
 * Writing to a file changes its times, also through another name of it; the time of a change of status (ctime) cannot be
 * set back. What a disk loses by itself shows no sooner than when the note is old.
 */

const sixtyDaysMs = 60 * 24 * 60 * 60_000;
/** After this a file is read again, however unchanged it looks. */
const oldestProofMs = sixtyDaysMs / 2;

const noteSchema = z.object({
  sha256: z.string(),
  size: z.int(),
  inode: z.string(),
  mtimeNs: z.string(),
  ctimeNs: z.string(),
  /** Milliseconds since the epoch. */
  provenAt: z.number(),
  /** Of the file, where it is not a blob of the store. */
  path: z.string().optional(),
});
export type Note = z.infer<typeof noteSchema>;

/** Bytes that a note has at most. */
const noteLimit = 16 * 1024;

/** What a note says of a file whose content was just read and found to be this. */
export function noteOf(sha256: string, state: FileState, { now, path }: { now: number; path?: string }): Note {
  return {
    sha256,
    size: state.size,
    inode: String(state.inode),
    mtimeNs: String(state.mtimeNs),
    ctimeNs: String(state.ctimeNs),
    provenAt: now,
    ...(path === undefined ? {} : { path }),
  };
}

/** Is the file still what the note was written of? Pure. */
export function stillProven(note: Note | undefined, sha256: string, state: FileState, now: number): boolean {
  return (
    note !== undefined &&
    note.sha256 === sha256 &&
    note.size === state.size &&
    note.inode === String(state.inode) &&
    note.mtimeNs === String(state.mtimeNs) &&
    note.ctimeNs === String(state.ctimeNs) &&
    // A note of the future is of a clock that was wrong.
    note.provenAt <= now &&
    now - note.provenAt < oldestProofMs
  );
}

/** Notes are in one directory, each under a name in hexadecimal. One that cannot be read is as good as none. */
export async function readNote(directory: string, name: string): Promise<Note | undefined> {
  try {
    return noteSchema.parse(parseJson(String(await readPlainFile(join(directory, name), noteLimit))));
  } catch {
    return undefined;
  }
}

/** Writes a note, whole or not at all. It is only worth time: a disk that is full or read-only does without. */
export async function writeNote(directory: string, name: string, note: Note): Promise<void> {
  await writeFileAtomic(join(directory, name), `${JSON.stringify(note)}\n`, { fsync: false }).catch(() => undefined);
}

export async function removeNote(directory: string, name: string): Promise<void> {
  await rm(join(directory, name), { force: true }).catch(() => undefined);
}

/** What a file is compared with what it should be: `absent`, `proven`, or wrong in some way. */
export type Proof = { is: 'absent' } | { is: 'proven'; state: FileState } | { is: 'wrong'; what: string };

/** Where the note of a file is. */
export interface NotePlace {
  directory: string;
  name: string;
  /** Written into the note. */
  path?: string;
}

/**
 * Is the file at `path` this content? Looks at what it is, and reads it only where its note does not prove it.
 *
 * @param full reads it in any case
 * @throws the signal's reason when aborted
 */
export async function proveFile(
  path: string,
  { sha256, size }: { sha256: string; size: number },
  note: NotePlace,
  { signal, full = false }: { signal?: AbortSignal | undefined; full?: boolean } = {},
): Promise<Proof> {
  try {
    const state = await stateOfPlainFile(path);
    if (state === undefined) return { is: 'absent' };
    if (state.size !== size) return { is: 'wrong', what: `has ${state.size} bytes instead of ${size}` };
    if (!full && stillProven(await readNote(note.directory, note.name), sha256, state, Date.now()))
      return { is: 'proven', state };
    const found = await digestOfPlainFile(path, { signal });
    if (found.sha256 !== sha256) return { is: 'wrong', what: `has the SHA-256 ${found.sha256}` };
    await writeNote(note.directory, note.name, noteOf(sha256, found.state, { now: Date.now(), ...pathOf(note) }));
    return { is: 'proven', state: found.state };
  } catch (error) {
    if (!(error instanceof PlainFileError)) throw error;
    return error.code === 'ENOENT' ? { is: 'absent' } : { is: 'wrong', what: error.what };
  }
}

function pathOf({ path }: NotePlace): { path?: string } {
  return path === undefined ? {} : { path };
}
