import { readFileSync } from 'node:fs';
import { type Diagnostic, flatten, type Kickstart as FlatKickstart, KickstartError } from '@phyllome/flattener';
import { numberOfScript, splitKickstart } from '@phyllome/installer/kickstart-split';
import { isErrno } from './errno.ts';
import type { Selection, Wanted } from './install/selection.ts';
import type { Kickstart } from './kickstart.ts';

/** The kickstart cannot be understood. */
export class KickstartUnreadable extends Error {
  override readonly name = 'KickstartUnreadable';
  /** From 1. */
  readonly line: number;
  /** What is wrong with it. */
  readonly problem: string;

  constructor(line: number, problem: string, options?: ErrorOptions) {
    super(`The following problem occurred on line ${line} of the kickstart file: ${problem}`, options);
    this.line = line;
    this.problem = problem;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * Reads a kickstart: what is to be done, and at which of its lines it says so.
 *
 * @throws {KickstartUnreadable} with the first thing that is wrong.
 */
export function readKickstart(path: string): Kickstart {
  return readWith(path, readText);
}

function readWith(path: string, readFile: (path: string) => string | undefined): Kickstart {
  try {
    return toKickstart(flatten(path, { readFile }).kickstart, readText(path));
  } catch (error) {
    if (!(error instanceof KickstartError)) throw error;
    const problem = error.diagnostics.find(({ severity }) => severity === 'error');
    const words = problem === undefined ? error.message : inWordsOfAnaconda(problem, readText(path) ?? '');
    throw new KickstartUnreadable(problem?.at.line ?? 1, words, { cause: error });
  }
}

/**
 * What pykickstart says of it (`parser.py`), where its words say more than ours do without the line: they are read in a log,
 * and looked for.
 */
function inWordsOfAnaconda({ code, message, at }: Diagnostic, source: string): string {
  const [first = '', ...rest] = source.split('\n')[at.line - 1]?.trim().split(/\s+/u) ?? [];
  if (code === 'KS_UNKNOWN_COMMAND') return `Unknown command: ${first}`;
  if (code === 'KS_INCLUDE_NOT_FOUND')
    return `Unable to open input kickstart file: Error opening file: [Errno 2] No such file or directory: '${rest.join(' ')}'`;
  return message;
}

/**
 * The same of an installer whose `%pre` has not run yet: what that will write, and the kickstart includes, is not there
 * and counts as empty.
 *
 * @throws {KickstartUnreadable} with the first thing that is wrong.
 */
export function readKickstartBeforePre(path: string): Kickstart {
  return readWith(path, (file) => readText(file) ?? (file === path ? undefined : ''));
}

/**
 * The installer's view of an interpreted kickstart.
 *
 * @param source text of the kickstart, in which anaconda counts scripts
 */
export const toKickstart = ({ commands, packages, scripts, sections }: FlatKickstart, source = ''): Kickstart => ({
  commands: commands.map(({ name, args, text, at }) => ({ name, args, text, line: at.line })),
  selection: toSelection(packages),
  scripts: scripts.map(({ type, nochroot, erroronfail, interpreter, log, body, at }) => ({
    type,
    nochroot,
    erroronfail,
    interpreter: interpreter ?? '/bin/sh',
    log,
    body,
    line: at.line,
    number: numberOfScript(splitKickstart(source), at.line) ?? at.line,
  })),
  sections: sections.map(({ name, args, body, at }) => ({ name, args, body, line: at.line })),
});

/** anaconda installs the group core whether it is listed or not, unless `--nocore` is given. */
function withCore(packages: FlatKickstart['packages'], groups: Wanted[]): Wanted[] {
  const nocore = packages?.options.nocore === true || packages?.excludedGroups.includes('core') === true;
  const line = packages?.at.line ?? 0;
  return nocore || groups.some(({ name }) => name === 'core') ? groups : [{ name: 'core', line }, ...groups];
}

/** Options of `%packages` that the rehearsal ignores, as written. */
const ignoredPackageOptions = ({ options }: NonNullable<FlatKickstart['packages']>): string[] => [
  ...(options.default ? ['--default'] : []),
  ...(options.ignoreBroken ? ['--ignorebroken'] : []),
  ...(options.multilib ? ['--multilib'] : []),
  ...(options.retries === undefined ? [] : [`--retries=${options.retries}`]),
  ...(options.timeout === undefined ? [] : [`--timeout=${options.timeout}`]),
];

function toSelection(packages: FlatKickstart['packages']): Selection {
  const entries = packages?.entries ?? [];
  const ofKind = (...kinds: string[]): Wanted[] =>
    entries.filter(({ kind }) => kinds.includes(kind)).map(({ name, at }) => ({ name, line: at.line }));
  const modified = entries.filter(({ kind, text }) => kind === 'group' && text.includes(' --'));
  return {
    groups: withCore(packages, ofKind('environment', 'group')),
    packages: ofKind('package'),
    excludedGroups: ofKind('excluded-group'),
    excluded: ofKind('excluded'),
    ignoreMissing: packages?.options.ignoreMissing ?? false,
    excludeDocs: packages?.options.excludedocs ?? false,
    languages: packages?.options.instLangs?.split(',').filter((language) => language !== ''),
    ignoredOptions: [
      ...(packages === undefined
        ? []
        : ignoredPackageOptions(packages).map((option) => ({ name: `%packages ${option}`, line: packages.at.line }))),
      ...modified.map(({ text, at }) => ({ name: text, line: at.line })),
    ],
  };
}
