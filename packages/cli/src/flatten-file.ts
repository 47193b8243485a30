import { resolve } from 'node:path';
import { type Diagnostic, KickstartError, checkLive, flatten, printSourceMap, sourceMap } from '@phyllome/flattener';
import { CliError } from './errors.ts';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts';
import { type KickstartFlags, isPath, kickstartOptions, kickstartPath } from './options/kickstart.ts';
import { printDocument, printJson } from './print.ts';
import { printDiagnostics, say } from './render.ts';
import { type Workspace, writeIfChanged } from '@phyllome/pipeline';

export interface FlattenFileOptions extends KickstartFlags {
  comments: boolean;
  /** Print only what is wrong, and the kickstart where there is no `output`. */
  quiet: boolean;
  /** Where the flat kickstart goes, and the source map beside it; to stdout, alone, when it is left out. */
  output?: string;
}

/**
 * The kickstarts that the arguments name by their paths, one for `flatten`; `undefined`: they name leaves, or nothing.
 *
 * @throws {CliError} BAD_OPTION for options that only a path can have, and for those it cannot have.
 */
export function filesOf(
  names: readonly string[],
  options: KickstartFlags & { check?: boolean; output?: string; live?: boolean },
  command: 'flatten' | 'validate',
): string[] | undefined {
  const files = names.filter(isPath);
  const [file] = files;
  if (file === undefined) {
    const given = {
      '--output': options.output !== undefined,
      '--include': options.include !== undefined,
      '--release': options.release !== undefined,
      '--keep-include': options.keepInclude !== undefined,
      '--live': options.live === true,
    };
    const [flag] = Object.entries(given).flatMap(([name, isGiven]) => (isGiven ? [name] : []));
    if (flag !== undefined) fail(`${flag} is for the path of a kickstart`, `name a path: phyllome ${command} my.ks`);
    return undefined;
  }
  if (files.length < names.length) fail('leaves and paths of kickstarts cannot be mixed', `name ${file} alone`);
  if (command === 'flatten' && files.length > 1) {
    fail('one kickstart at a time can be named by its path', `name ${file} alone`);
  }
  if (options.check === true) fail('--check compares leaves with flat/, and is not for paths', 'name a leaf, as ldhi');
  return files;
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
  if (!options.quiet) say(`${output}: ${flat.origins.length} lines from ${flat.files.length} files`);
}

export interface ValidateOptions extends KickstartFlags {
  /** Also whether livemedia-creator would take it. */
  live: boolean;
  format: 'human' | 'json';
}

/**
 * `phyllome validate FILE…`: whether kickstarts can be flattened for a release. What else is wrong with them is for
 * `phyllome lint`. A kickstart that is not valid keeps no other from being checked.
 *
 * @throws {CliError} UNKNOWN_LEAF when there is no such file.
 * @returns the exit code; as JSON, which kickstarts are not valid is in what is printed, and nowhere else
 * @throws {KickstartError} as text, that of the one that is not valid, or how many are not.
 */
export function validateFiles(workspace: Workspace, names: readonly string[], options: ValidateOptions): ExitCode {
  const results = names.map((name) => validateFile(workspace, kickstartPath(workspace, name), options));
  const failed = results.flatMap(({ error }) => (error === undefined ? [] : [error]));
  const summary = summaryOf(failed, names.length);
  if (options.format === 'json') {
    const kickstarts = results.map(({ path, release, error, diagnostics }) => ({
      path,
      valid: error === undefined,
      release,
      diagnostics: error?.diagnostics ?? diagnostics,
    }));
    const error = summary && { code: summary.code, message: summary.message, hint: summary.hint };
    printJson({ version: 1, error, kickstarts }, 2);
    return summary === undefined ? exitCodes.ok : exitCodeOf(summary);
  }
  const [only] = names.length === 1 ? failed : [];
  for (const { path, release, error, diagnostics } of results) {
    // An error that is thrown is printed with its diagnostics.
    if (error === undefined || error !== only) printDiagnostics(error?.diagnostics ?? diagnostics, workspace);
    if (error === undefined) say(`${path}: valid for ${release}`);
  }
  if (only !== undefined) throw only;
  if (summary !== undefined) throw summary;
  return exitCodes.ok;
}

/** How many are not valid, by the code and the hint of the first. */
function summaryOf([first, ...more]: readonly KickstartError[], all: number): KickstartError | undefined {
  if (first === undefined) return undefined;
  const message = `${more.length + 1} of ${all} kickstarts ${more.length === 0 ? 'is' : 'are'} not valid`;
  return new KickstartError(first.code, message, { hint: first.hint, diagnostics: [] });
}

interface Validated {
  readonly path: string;
  /** The release it was read for; `undefined` where that did not come out. */
  readonly release: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly error: KickstartError | undefined;
}

function validateFile(workspace: Workspace, path: string, options: ValidateOptions): Validated {
  try {
    const how = { ...workspace, ...kickstartOptions(workspace, options), strict: true };
    const { kickstart, release, diagnostics } = flatten(path, how);
    const refusals = options.live ? checkLive(kickstart) : [];
    const all = [...diagnostics, ...refusals];
    if (!refusals.some(({ severity }) => severity === 'error'))
      return { path, release, diagnostics: all, error: undefined };
    const message = `livemedia-creator would refuse ${path}`;
    const hint = 'fix what the diagnostics point at';
    const refused = new KickstartError('LIVE_REFUSED', message, { hint, diagnostics: all });
    return { path, release, diagnostics: all, error: refused };
  } catch (error) {
    // A release that does not exist is not a fault of the kickstart.
    if (!(error instanceof KickstartError) || error.diagnostics.length === 0) throw error;
    return { path, release: undefined, diagnostics: error.diagnostics, error };
  }
}
