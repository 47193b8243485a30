import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProjectConfiguration } from '@nx/devkit';
import { Command, CommanderError } from 'commander';
import { type ParseEntry, parse } from 'shell-quote';
import { commands } from '../../src/commands.ts';
import { idleContext } from '../idle-context.ts';
import { type Snippet, root } from './read.ts';

/** What the commands of the documentation are checked against, that is not theirs to decide. */
export interface Facts {
  /** The projects that Nx knows. */
  readonly projects: readonly ProjectConfiguration[];
}

/** Programs of others that the documentation names: a name that is not here is a slip, or is added. */
const elsewhere = new Set(
  `apt-cache bash cat cd chmod code cosign cp curl dd docker dnf echo export git gpg journalctl jq kill ln ls man mkdir mv node npm openssl
  podman printf python3 qemu-img qemu-system-x86_64 rclone rm rsync scp sed sha256sum skopeo source ssh sudo systemctl tar
  tee test true virsh xdg-open`.split(/\s+/u),
);

/** Of Nx itself, beside the targets. */
const nxCommands = new Set(['affected', 'daemon', 'graph', 'report', 'reset', 'run', 'run-many', 'show']);

/**
 * What is wrong with the commands of a snippet: a program, a command, an option, a value, a project or a target that does
 * not exist. The command line's own parser decides; nothing is run.
 */
export async function problemsOf({ text, kind, place }: Snippet, facts: Facts): Promise<string[]> {
  const problems: string[] = [];
  for (const words of commandsOf(text)) {
    const problem = await problemOf(words, kind === 'inline', facts);
    if (problem !== undefined) problems.push(`${place}: ${words.join(' ')}: ${problem}`);
  }
  return problems;
}

/** The simple commands of a script, each as its words: without redirections, comments and assignments. Pure. */
export function commandsOf(script: string): string[][] {
  const all: string[][] = [];
  for (const line of script.replaceAll(/\\\n\s*/gu, ' ').split('\n')) {
    let words: string[] = [];
    let isRedirected = false;
    for (const entry of parse(line.replaceAll(/<(?<name>[a-z-]+)>/gu, '$$$<name>'), (name) => `$${name}`)) {
      if (isRedirected) isRedirected = false;
      else if (typeof entry === 'string') words.push(entry);
      else if ('comment' in entry) break;
      else if (entry.op === 'glob') words.push(patternOf(entry));
      else if (/^(?:>|>>|<|>&|<<<)$/u.test(entry.op)) isRedirected = true;
      else {
        all.push(words);
        words = [];
      }
    }
    all.push(words);
  }
  return all.map(withoutPrefix).filter((words) => words.length > 0);
}

const patternOf = (entry: ParseEntry): string => (typeof entry === 'object' && 'pattern' in entry ? entry.pattern : '');

/** Without what is put before a command: assignments, `sudo`, `env`, `exec`. */
function withoutPrefix(words: readonly string[]): string[] {
  const at = words.findIndex((word) => !/^(?:[A-Z_]+=.*|sudo|env|exec|source|time|if|then|!|\{)$/u.test(word));
  return at < 0 ? [] : words.slice(at);
}

async function problemOf(words: readonly string[], isInline: boolean, facts: Facts): Promise<string | undefined> {
  const [program = '', ...rest] = words;
  switch (program) {
    case 'phyllome':
    case '$EDITOR':
      return program === 'phyllome' ? cliProblem(rest, isInline) : undefined;
    case 'npx':
    case 'pnpm':
      return pnpmProblem(rest, isInline, facts);
    case 'nx':
      return nxProblem(rest, facts);
    case './setup':
      return setupProblem(rest);
    default:
      if (hasBin(program) || elsewhere.has(program)) return undefined;
      return `${program} is not a program that this project has or needs`;
  }
}

async function pnpmProblem(words: readonly string[], isInline: boolean, facts: Facts): Promise<string | undefined> {
  const [name = '', ...rest] = words.filter((word, at) => at > 0 || word !== 'exec');
  if (name === '…' || name === 'install' || name === 'add' || name === 'dlx') return undefined;
  if (name === 'phyllome') return cliProblem(rest, isInline);
  if (name === 'nx') return nxProblem(rest, facts);
  const { scripts } = JSON.parse(readFileSync(join(root(), 'package.json'), 'utf8'));
  return name in scripts || hasBin(name) ? undefined : `${name} is neither a script nor a program of this workspace`;
}

const hasBin = (name: string): boolean => existsSync(join(root(), 'node_modules/.bin', name));

function setupProblem(words: readonly string[]): string | undefined {
  const setup = readFileSync(join(root(), 'setup'), 'utf8');
  return words.find((word) => !setup.includes(`${word})`)) && 'setup has no such option';
}

/** What the command line's own parser says: of the command alone that is named, and without running it. */
async function cliProblem(words: readonly string[], isInline: boolean): Promise<string | undefined> {
  if (words.length === 0 || words[0] === '…' || words[0] === '$command') return undefined;
  const program = new Command('phyllome')
    .version('0')
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} });
  for (const { name, load } of commands) {
    const command = program.command(name);
    if (words.includes(name)) (await load()).define(command, idleContext);
  }
  const understood = new Error('understood: what follows would run it');
  program.hook('preAction', () => {
    throw understood;
  });
  try {
    await program.parseAsync(
      words.filter((word) => word !== '…'),
      { from: 'user' },
    );
    return undefined;
  } catch (error) {
    if (error === understood) return undefined;
    if (!(error instanceof CommanderError)) throw error;
    // `phyllome diff`, in a sentence, is the name of a command.
    const isNamed = isInline && ['commander.missingArgument', 'commander.help'].includes(error.code);
    return error.exitCode === 0 || isNamed ? undefined : error.message;
  }
}

/** A target of a project, or of many: they exist, with the configuration that is asked for. */
function nxProblem(words: readonly string[], { projects }: Facts): string | undefined {
  const plain = words.filter((word) => word !== '…');
  const [verb = '', ...rest] = plain;
  const named = new Map(projects.map((project) => [project.name ?? '', project]));
  const values = (option: RegExp): string[] => valuesAfter(plain, option);
  const targets = values(/^(?:-t|--targets?)$/u).flatMap((value) => value.split(','));
  const chosen = values(/^(?:-p|--projects)$/u).flatMap((value) => value.split(','));
  if (!nxCommands.has(verb) && verb !== '') {
    targets.push(verb);
    chosen.push(...rest.filter((word) => !word.startsWith('-')).slice(0, 1));
  }
  for (const choice of chosen) {
    const matching = [...named.values()].filter(
      ({ name, tags = [] }) => choice === name || tags.some((tag) => `tag:${tag}` === choice),
    );
    if (matching.length === 0 && !choice.includes('$')) return `${choice} is not a project and not a tag of one`;
  }
  const from = chosen.length === 1 && named.has(chosen[0] ?? '') ? [named.get(chosen[0] ?? '')] : [...named.values()];
  const own = from.flatMap((project) => Object.entries(project?.targets ?? {}));
  for (const target of targets) {
    const found = own.filter(([name]) => name === target);
    if (found.length === 0) return `${target} is not a target`;
    const configuration = plain.find((word) => word.startsWith('--configuration='))?.split('=')[1];
    if (configuration !== undefined && !found.some(([, { configurations = {} }]) => configuration in configurations))
      return `${target} has no configuration ${configuration}`;
  }
  return undefined;
}

/** The words after an option, up to the next. */
function valuesAfter(words: readonly string[], option: RegExp): string[] {
  const at = words.findIndex((word) => option.test(word));
  if (at < 0) return [];
  const rest = words.slice(at + 1);
  const end = rest.findIndex((word) => word.startsWith('-'));
  return end < 0 ? rest : rest.slice(0, end);
}
