import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { codeOf } from '@phyllome/host/errors';
import { CliError } from '../errors.ts';

/**
 * A directory that is made beside its place, and comes there whole or not at all: when it is disposed of before, nothing
 * of it is left.
 */
export interface StagedDirectory extends AsyncDisposable {
  /** Where it is made. */
  path: string;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Puts it into its place. */
  place(): Promise<void>;
}

/**
 * @param target a directory that is not there, or is empty
 * @throws {CliError} NOT_EMPTY
 */
export async function stageDirectory(target: string): Promise<StagedDirectory> {
  const destination = resolve(target);
  const existed = await requireEmpty(destination);
  const parent = dirname(destination);
  await mkdir(parent, { recursive: true });
  const path = await mkdtemp(join(parent, `.${basename(destination)}~`));
  return {
    path,
    write: async (files) => {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(path, name)), { recursive: true });
        await writeFile(join(path, name), text, { flag: 'wx' });
      }
    },
    place: async () => {
      if (existed) return await moveInto(path, destination);
      // mkdtemp(3) makes it for this user alone.
      await chmod(path, 0o777 & ~process.umask());
      await moveTo(path, destination);
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** Whether it is there. */
async function requireEmpty(directory: string): Promise<boolean> {
  if (!existsSync(directory)) return false;
  const problem = (what: string): CliError =>
    new CliError('NOT_EMPTY', `${directory} ${what}`, { hint: 'name a directory that is not there, or is empty' });
  try {
    const [first] = await readdir(directory);
    if (first === undefined) return true;
    throw problem(`is not empty: it has ${JSON.stringify(first)}`);
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') throw problem('is not a directory');
    throw error;
  }
}

/** Somebody may have made it meanwhile: rename(2) replaces no directory that has something in it. */
async function moveTo(path: string, destination: string): Promise<void> {
  try {
    await rename(path, destination);
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
    throw new CliError('NOT_EMPTY', `${destination} was made by somebody else meanwhile`, { hint: 'name another one' });
  }
}

/** A directory that is there stays the same one: a shell may be in it. What fails on the way is undone. */
async function moveInto(path: string, destination: string): Promise<void> {
  const moved: string[] = [];
  try {
    for (const name of await readdir(path)) {
      await rename(join(path, name), join(destination, name));
      moved.push(name);
    }
    await rmdir(path);
  } catch (error) {
    for (const name of moved) await rm(join(destination, name), { recursive: true, force: true });
    throw error;
  }
}
