import { join } from 'node:path';
import { optionValue } from '@phyllome/flattener';
import {
  compareFlat,
  editionOf,
  isLive,
  kickstartDigest,
  leafPath,
  type NameWords,
  traitsOf,
  type Workspace,
} from '@phyllome/pipeline';
import { configOf } from '@phyllome/pipeline/config/load';
import type { Config } from '@phyllome/pipeline/config/schema';

/** One edition on one medium, as far as its leaf says: nothing here depends on what was built. */
export interface EditionFacts {
  /** As `dhi`, or `dhi-encrypted`. */
  name: string;
  leaf: string;
  /** `iso-dhi`, or `install-dhi`. */
  project: string;
  traits: string[];
  /** What the configuration says, or the leaf's first comment, without the product's name. */
  title: string;
  /** Paths of the blocks it is composed of, in their order. */
  blocks: string[];
  packages: { asked: string[]; groups: string[]; excluded: string[] };
  /** Units that are enabled. */
  services: string[];
  /** Arguments for the kernel, on the medium as on the installed system. */
  kernelArguments: string[];
  /** sha256 of the flat kickstart: what an ISO of it was made of. */
  kickstart: string;
}

/**
 * What the leaf `name` comes to.
 *
 * @throws {KickstartError} when it cannot be flattened
 */
export function editionFacts(workspace: Workspace, leaf: string): EditionFacts {
  const { flat } = compareFlat(workspace, leaf);
  const { kickstart, files } = flat;
  const entries = kickstart.packages?.entries ?? [];
  const named = (...kinds: string[]): string[] =>
    entries.filter(({ kind }) => kinds.includes(kind)).map((entry) => entry.name);
  const option = (command: string, flag: string): string => {
    const found = kickstart.commands.findLast(({ name }) => name === command);
    const value = found && optionValue(found, flag);
    return typeof value === 'string' ? value : '';
  };
  const live = isLive(leaf);
  const config = configOf(workspace);
  return {
    name: live ? editionOf(leaf) : leaf,
    leaf,
    project: live ? `iso-${editionOf(leaf)}` : `install-${leaf}`,
    traits: traitsOf(leaf, config),
    title: titleOf(workspace, leaf, config),
    blocks: files.slice(1),
    packages: {
      asked: named('package'),
      groups: named('group', 'environment'),
      excluded: named('excluded', 'excluded-group'),
    },
    services: option('services', '--enabled').split(',').filter(Boolean),
    kernelArguments: option('bootloader', '--append').split(' ').filter(Boolean),
    kickstart: kickstartDigest(flat),
  };
}

/** What a leaf is, in a few words: what the configuration calls its edition, or its first sentence without the product's name. */
export function titleOf(
  { readFile }: Pick<Workspace, 'readFile'>,
  leaf: string,
  { title, editions }: Pick<Config, 'title' | 'editions'>,
): string {
  const named = Object.hasOwn(editions, editionOf(leaf)) && isLive(leaf) ? editions[editionOf(leaf)]?.title : undefined;
  if (named !== undefined) return named;
  const sentence = firstSentence(readFile(leafPath(leaf)));
  return sentence.startsWith(title) ? sentence.slice(title.length).replace(/^,? /u, '') : sentence;
}

/** The first sentence of the comment that a kickstart begins with. */
export function firstSentence(text: string | undefined = ''): string {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  const comment = lines.slice(0, end < 0 ? undefined : end).map((line) => line.replace(/^# ?/, ''));
  return /^.*?\.(?=\s|$)/.exec(comment.join(' '))?.[0].slice(0, -1) ?? comment.join(' ');
}

/** Where Nx and `phyllome` put what was made for an edition: `dist/iso-dhi`. Absolute. */
export const resultsOf = (workspace: Workspace, { project }: EditionFacts): string =>
  join(workspace.root, 'dist', project);

/** Live media first, the smallest first. */
export const inOrder = (leaves: readonly string[], words: NameWords): string[] =>
  leaves.toSorted((a, b) => (rankOf(a, words) < rankOf(b, words) ? -1 : 1));

/** Sorts by medium, then encryption, then kind, then how much the letters add. */
function rankOf(leaf: string, words: NameWords): string {
  const traits = traitsOf(leaf, words);
  // The first letter is the kind: the larger ones come first in the configuration.
  const kinds = Object.values(words.letters).map(({ word }) => word);
  const kind = kinds.toReversed().findIndex((word) => word === traits[1]) + 1;
  return [isLive(leaf) ? 0 : 1, traits.includes('encrypted') ? 1 : 0, kind, leaf.length, leaf].join(' ');
}
