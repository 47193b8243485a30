import { editionOf, isLive, leafNameProblem, type Workspace } from '@phyllome/pipeline';
import { configOf } from '@phyllome/pipeline/config/load';
import { safeLine } from '@phyllome/host/terminal';
import { titleOf } from '../editions/edition.ts';
import { everyFirmware } from '../options/firmware.ts';

/** A word that may stand here, and what it stands for, where that is known. */
export interface Candidate {
  readonly word: string;
  readonly means?: string;
}

/** What an argument, or the value of an option, may be. Nothing: only the person knows it. */
export interface Values {
  readonly words?: 'editions' | 'leaves' | 'installable' | 'targets' | 'firmware';
  readonly paths?: 'files' | 'directories';
}

/**
 * By the placeholder that the help shows, `edition` of `<edition>`; where a command means something else by it, by the
 * command's name before it. Choices need no row.
 */
const valuesOf: Readonly<Record<string, Values>> = {
  edition: { words: 'editions' },
  'dev edition': { words: 'editions' },
  'deploy edition': { words: 'installable' },
  leaf: { words: 'leaves', paths: 'files' },
  'refuse-leaf leaf': {},
  'diff a': { words: 'leaves', paths: 'files' },
  'diff b': { words: 'leaves', paths: 'files' },
  'diff-images a': { words: 'editions', paths: 'directories' },
  'diff-images b': { words: 'editions', paths: 'directories' },
  'test-vm target': { words: 'targets', paths: 'files' },
  'up target': { words: 'editions', paths: 'files' },
  'verify directory': { words: 'editions', paths: 'directories' },
  list: { words: 'firmware' },
  directory: { paths: 'directories' },
  dir: { paths: 'directories' },
  file: { paths: 'files' },
  'file:line|code': { paths: 'files' },
  iso: { paths: 'files' },
  path: { paths: 'files' },
  checkout: { paths: 'directories' },
  'import tree': { paths: 'directories' },
  tree: { paths: 'files' },
};

/** Placeholders of what nothing can be offered for: numbers, names that the person makes up, addresses. */
const free: ReadonlySet<string> = new Set([
  'GiB',
  'MiB',
  'args',
  'base',
  'command',
  'days',
  'image',
  'minutes',
  'name',
  'number',
  'option',
  'pattern',
  'pid',
  'release',
  'repository',
  'sha256',
  'size',
  'tag',
  'target',
  'times',
  'title',
  'uri',
  'url',
  'user[:password]',
  'word',
]);

/** What a command's placeholder stands for; undefined: this file does not know the placeholder. */
export function valuesFor(command: string, placeholder: string): Values | undefined {
  return valuesOf[`${command} ${placeholder}`] ?? valuesOf[placeholder] ?? (free.has(placeholder) ? {} : undefined);
}

/** The words, as they are in this checkout at this moment. */
export function wordsOf(words: NonNullable<Values['words']>, open: () => Workspace): Candidate[] {
  if (words === 'firmware') return everyFirmware.map((word) => ({ word }));
  const workspace = open();
  const config = configOf(workspace);
  // A leaf's name is a file's, and a shell runs what is typed: one that no leaf may have is not put into a command line.
  const leaves = workspace.leaves.filter((leaf) => leafNameProblem(leaf) === undefined);
  const named = (word: string, leaf: string): Candidate => {
    return { word, means: safeLine(titleOf(workspace, leaf, config)) };
  };
  const editions = (): Candidate[] => leaves.filter(isLive).map((leaf) => named(editionOf(leaf), leaf));
  const installable = leaves.filter((leaf) => !isLive(leaf));
  if (words === 'leaves') return leaves.map((leaf) => named(leaf, leaf));
  if (words === 'editions') return editions();
  if (words === 'installable') return installable.map((leaf) => named(leaf, leaf));
  return [...editions(), ...installable.map((leaf) => named(`install-${leaf}`, leaf))];
}
