import { lstatSync, readFileSync } from '@phyllome/host/fs';

/** Where `./setup` wrote this machine's builder, relative to the workspace. */
export const envFile = '.env.local';

/** Called with a sentence about what was not done as might be expected. */
export type Note = (text: string) => void;
export const silently: Note = () => {};

/**
 * Sets this project's variables of an env file, where they are not set. Others are not taken: `LD_PRELOAD` would have
 * every program load somebody's code. Nor is a file of another user, or one that others may write.
 */
export function loadOwnVariables(path: string, note: Note = silently): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  const problem = !found.isFile()
    ? 'is not a regular file'
    : found.uid !== process.getuid?.()
      ? 'belongs to another user'
      : (found.mode & 0o022) !== 0
        ? 'may be written by other users'
        : found.size > largestEnvFile
          ? 'is too large'
          : undefined;
  if (problem !== undefined) {
    note(`note: ${path} ${problem}: it is not read`);
    return;
  }
  for (const [name, value] of Object.entries(
    process.getBuiltinModule('node:util').parseEnv(readFileSync(path, 'utf8')),
  ))
    if (name.startsWith('PHYLLOME_') && value !== undefined) process.env[name] ??= value;
}

/** Bytes. ./setup writes one line. */
const largestEnvFile = 64 * 1024;
