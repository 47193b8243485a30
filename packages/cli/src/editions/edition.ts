import { join } from 'node:path';
import { optionValue } from '@phyllome/flattener';
import {
  compareFlat,
  editionOf,
  isLive,
  kickstartDigest,
  leafPath,
  type Trait,
  traitsOf,
  type Workspace,
} from '@phyllome/pipeline';

/** One edition on one medium, as far as its leaf says: nothing here depends on what was built. */
export interface EditionFacts {
  /** As `dhi`, or `dhi-encrypted`. */
  name: string;
  leaf: string;
  /** `iso-dhi`, or `install-dhi`. */
  project: string;
  traits: Trait[];
  /** What the leaf's first comment says, without the product's name. */
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
  return {
    name: live ? editionOf(leaf) : leaf,
    leaf,
    project: live ? `iso-${editionOf(leaf)}` : `install-${leaf}`,
    traits: traitsOf(leaf),
    title: firstSentence(workspace.readFile(leafPath(leaf))).replace(/^Phyllome OS,? /, ''),
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
export const inOrder = (leaves: readonly string[]): string[] =>
  leaves.toSorted((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1));

/** Sorts by medium, then encryption, then kind, then how much the letters add. */
function rankOf(leaf: string): string {
  const traits = traitsOf(leaf);
  const kind = (['nano', 'server', 'desktop'] as const).findIndex((trait) => traits.includes(trait)) + 1;
  return [isLive(leaf) ? 0 : 1, traits.includes('encrypted') ? 1 : 0, kind, leaf.length, leaf].join(' ');
}
