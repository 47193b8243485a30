import { type Workspace } from '@phyllome/pipeline';
import { configOf } from '@phyllome/pipeline/config/load';
import type { Config } from '@phyllome/pipeline/config/schema';
import { type Image, readImage } from '@phyllome/pipeline/record';
import { isFaultOfLeaf } from '../broken-leaves.ts';
import { type EditionFacts, editionFacts, inOrder, resultsOf } from './edition.ts';
import { fittingTable, wrapped } from './text-table.ts';
import { type BootVerdict, readVerdicts } from './verdicts.ts';

/** An edition, the ISO that was built of it last, and what its last boots came to. */
export interface EditionRow extends EditionFacts {
  iso: Image | undefined;
  verdicts: BootVerdict[];
}

/**
 * All editions of the workspace, or those that are named, in the order in which they are listed; and why others of them
 * cannot be flattened.
 */
export async function readMatrix(
  workspace: Workspace,
  leaves: readonly string[],
): Promise<{ rows: EditionRow[]; failures: Error[] }> {
  const results = await Promise.all(inOrder(leaves, configOf(workspace)).map((leaf) => readRow(workspace, leaf)));
  return {
    rows: results.filter((result): result is EditionRow => !(result instanceof Error)),
    failures: results.filter((result) => result instanceof Error),
  };
}

async function readRow(workspace: Workspace, leaf: string): Promise<EditionRow | Error> {
  try {
    const facts = editionFacts(workspace, leaf);
    const iso = facts.traits.includes('live') ? await readImage(workspace, facts.name) : undefined;
    return { ...facts, iso, verdicts: await readVerdicts(resultsOf(workspace, facts)) };
  } catch (error) {
    if (isFaultOfLeaf(error)) return error;
    throw error;
  }
}

/** `Letters: d desktop, s server; `, of those that there are. */
function lettersOf(letters: Config['letters']): string {
  const words = Object.entries(letters).map(([letter, { word }]) => `${letter} ${word}`);
  return words.length === 0 ? 'Editions: ' : `Letters: ${words.join(', ')}; `;
}

/** How names are read. */
const lettersLine = ({ letters }: Pick<Config, 'letters'>): string =>
  `${lettersOf(letters)}a leaf with l before them is the live medium, -encrypted after them means an encrypted disk.`;

/** The matrix for a terminal of so many columns. */
export function renderMatrix(rows: readonly EditionRow[], width: number, config: Pick<Config, 'letters'>): string {
  const [live, install] = [
    rows.filter(({ traits }) => traits.includes('live')),
    rows.filter(({ traits }) => traits.includes('install')),
  ];
  const table = (all: readonly (readonly string[])[]): string => fittingTable(all, width);
  const prose = (text: string): string => (width === Infinity ? text : wrapped(text, width).join('\n'));
  const parts = [prose(lettersLine(config))];
  if (live.length > 0) {
    parts.push(
      `${prose('Live media (pnpm nx build iso-<edition>, pnpm nx test-vm iso-<edition>):')}\n${table([
        ['EDITION', 'LEAF', 'WHAT', 'BLOCKS', 'PACKAGES', 'LAST ISO', 'LAST VERDICT'],
        ...live.map((row) => [row.name, ...common(row), isoCell(row), verdictCell(row.verdicts)]),
      ])}`,
    );
  }
  if (install.length > 0) {
    parts.push(
      `Installed unattended (flat/flat-<leaf>.cfg):\n${table([
        ['LEAF', 'WHAT', 'BLOCKS', 'PACKAGES', 'LAST VERDICT'],
        ...install.map((row) => [...common(row), verdictCell(row.verdicts)]),
      ])}`,
    );
  }
  parts.push(
    prose('PACKAGES are those that the kickstart asks for by name, and its @groups; what they need comes with them.'),
  );
  return parts.join('\n\n');
}

const common = ({ leaf, title, blocks, packages }: EditionRow): string[] => [
  leaf,
  title,
  String(blocks.length),
  packagesCell(packages),
];

export const packagesCell = ({ asked, groups }: EditionFacts['packages']): string =>
  [String(asked.length), ...groups.map((group) => `@${group}`)].join(' + ');

export function isoCell({ iso, kickstart }: EditionRow): string {
  if (iso === undefined) return 'none';
  const facts = [`${(iso.size / 2 ** 20).toFixed(0)} MiB ${iso.profile}`];
  if (iso.rehearsal) facts.push('a rehearsal of Debian packages');
  if (iso.kickstart !== kickstart) facts.push('of an older kickstart');
  return facts.join(', ');
}

export const verdictCell = (verdicts: readonly BootVerdict[]): string =>
  verdicts
    .map(({ firmware, status, cause, checks }) => {
      const unjudged = checks?.filter((check) => check.status === 'not judged').length ?? 0;
      const more = [...(cause === undefined ? [] : [cause]), ...(unjudged > 0 ? [`${unjudged} not judged`] : [])];
      return `${firmware} ${status}${more.length > 0 ? ` (${more.join(', ')})` : ''}`;
    })
    .join('; ') || 'none';
