import type { Stats } from 'node:fs';
import { statSync } from '@phyllome/host/fs';
import { relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { CliError } from '../errors.ts';
import type { Workspace } from '@phyllome/pipeline';

/** How kickstarts are read, as the command line says it. */
export interface KickstartFlags {
  /** Directories to look for includes in, relative to the working directory. */
  include?: string[];
  /** The release whose commands and options count. */
  release?: string;
  /** Includes that stay in the flat kickstart, as they are written. */
  keepInclude?: string[];
}

/** `-I DIR`, as often as there are directories, as compilers have it; `--release`; `--keep-include`, as often as needed. */
export function addKickstartOptions(command: Command): Command {
  return command
    .option('-I, --include <dir>', 'look for includes there, too', collect)
    .option('--release <release>', 'the release whose commands and options count, as F44 or RHEL9')
    .option('--keep-include <path>', 'leave this %include as it is: the installer makes the file', collect);
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

/**
 * The options, as the flattener takes them: paths are relative to the workspace.
 *
 * @throws {CliError} BAD_OPTION when a directory to look in is none: a misspelt one would only show as a missing file.
 */
export function kickstartOptions(
  workspace: Workspace,
  { include = [], release, keepInclude }: KickstartFlags,
): { includePaths: string[]; release: string | undefined; keepIncludes: string[] | undefined } {
  for (const dir of include) {
    const found = statSync(resolve(dir), { throwIfNoEntry: false });
    if (found?.isDirectory() === true) continue;
    throw new CliError('BAD_OPTION', `--include ${dir}: ${found === undefined ? 'no such' : 'not a'} directory`, {
      hint: 'name a directory, relative to where you are',
    });
  }
  const includePaths = include.map((dir) => relative(workspace.root, resolve(dir)) || '.');
  return { includePaths, release, keepIncludes: keepInclude };
}

/** Whether a word names a file rather than a leaf. */
export const isPath = (name: string): boolean => /[/.]/.test(name);

/**
 * The workspace-relative path of a kickstart.
 *
 * @throws {CliError} UNKNOWN_LEAF when there is no such file.
 */
export function kickstartPath(workspace: Workspace, name: string): string {
  const found = statSync(resolve(name), { throwIfNoEntry: false });
  if (found?.isFile() === true) return relative(workspace.root, resolve(name));
  throw new CliError('UNKNOWN_LEAF', found === undefined ? `no such file: ${name}` : notAFile(name, found), {
    hint:
      found === undefined || found.isDirectory()
        ? 'name a leaf, or the path of a kickstart'
        : 'save what it gives, and name that file: kickstarts are read more than once',
  });
}

/** What a path is instead of the file that is wanted. */
export const notAFile = (name: string, found: Stats): string =>
  `${name} is ${found.isDirectory() ? 'a directory' : 'no regular file'}`;
