import { resolve } from 'node:path';
import { flatten, printSourceMap, sourceMap } from '@phyllome/flattener';
import { CliError } from '../errors.ts';
import { type KickstartFlags, isPath, kickstartOptions, kickstartPath } from '../kickstart-options.ts';
import { printDiagnostics, say } from '../render.ts';
import { type Workspace, writeIfChanged } from '@phyllome/pipeline';
import { printDocument } from '../print.ts';

export interface FlattenFileOptions extends KickstartFlags {
  comments: boolean;
  /** Where the flat kickstart goes, and the source map beside it; to stdout, alone, when it is left out. */
  output?: string;
}

/**
 * The one kickstart that the arguments name by its path; `undefined`: they name leaves, or nothing.
 *
 * @throws {CliError} BAD_OPTION for options that only a path can have, and for those it cannot have.
 */
export function fileOf(
  names: readonly string[],
  { check = false, output, include, release }: KickstartFlags & { check?: boolean; output?: string },
  command: 'flatten' | 'validate',
): string | undefined {
  const [file] = names.filter(isPath);
  if (file === undefined) {
    const given = { '--output': output, '--include': include, '--release': release };
    const [flag] = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (flag !== undefined) fail(`${flag} is for the path of a kickstart`, `name a path: phyllome ${command} my.ks`);
    return undefined;
  }
  if (names.length > 1) fail('one kickstart at a time can be named by its path', `name ${file} alone`);
  if (check) fail('--check compares leaves with flat/, and is not for paths', 'name a leaf, as ldhi');
  return file;
}

function fail(message: string, hint: string): never {
  throw new CliError('BAD_OPTION', message, { hint });
}

/**
 * `phyllome flatten FILE`: any kickstart, made stand-alone.
 *
 * @throws {CliError} UNKNOWN_LEAF when there is no such file.
 * @throws {KickstartError} when it cannot be flattened.
 */
export async function flattenFile(workspace: Workspace, name: string, options: FlattenFileOptions): Promise<void> {
  const { comments, output } = options;
  const flat = flatten(kickstartPath(workspace, name), {
    ...workspace,
    ...kickstartOptions(workspace, options),
    comments,
  });
  printDiagnostics(flat.diagnostics, workspace);
  if (output === undefined) {
    printDocument(flat.text);
    return;
  }
  const path = resolve(output);
  await writeIfChanged(workspace, path, flat.text);
  await writeIfChanged(workspace, `${path}.map.json`, printSourceMap(sourceMap(output, flat)));
  say(`${output}: ${flat.origins.length} lines from ${flat.files.length} files`);
}

/**
 * `phyllome validate FILE`: whether a kickstart can be flattened for a release. What else is wrong with it is for
 * `phyllome lint`.
 *
 * @throws as {@link flattenFile}.
 */
export function validateFile(workspace: Workspace, name: string, flags: KickstartFlags): void {
  const { diagnostics, kickstart } = flatten(kickstartPath(workspace, name), {
    ...workspace,
    ...kickstartOptions(workspace, flags),
  });
  printDiagnostics(diagnostics, workspace);
  say(`${kickstart.at.path}: valid${flags.release === undefined ? '' : ` for ${flags.release.toUpperCase()}`}`);
}
