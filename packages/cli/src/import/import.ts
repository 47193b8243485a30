import { posix } from 'node:path';
import { nameProblem } from '@phyllome/host/names';
import { configNames } from '@phyllome/pipeline/config/load';
import { configText } from '../init/workspace-files.ts';
import type { Names } from '../init/names.ts';
import type { Analysis, Root } from './analyse.ts';
import { leafOf } from './edition-names.ts';
import type { Tree } from './scan.ts';

/** What an imported tree becomes in a workspace: every file as it was, and a leaf above each root. */
export interface Imported {
  files: Record<string, string>;
  /** Files that are not taken, with the reason. */
  left: { path: string; why: string }[];
  /** Of each leaf, the root that it is made of. */
  leaves: Map<string, Root>;
}

/** Where the tree's files are, below the workspace. */
const folder = 'leaves/blocks';

/** Pure. */
export function importedFiles(
  tree: Pick<Tree, 'kickstarts'>,
  { roots }: Pick<Analysis, 'roots'>,
  names: Names,
): Imported {
  const files: Record<string, string> = {};
  const left: Imported['left'] = [];
  const leaves: Imported['leaves'] = new Map();
  const made = roots.filter((root) => root.edition !== undefined);
  const needed = new Set(made.flatMap((root) => root.files));
  for (const [path, text] of tree.kickstarts) {
    if (!needed.has(path)) continue;
    const problem = path
      .split(posix.sep)
      .map((part) => nameProblem('file', part))
      .find((one) => one !== undefined);
    if (problem === undefined) files[`${folder}/${path}`] = text;
    else left.push({ path, why: `its name is not allowed for leaves and what they include: ${problem}` });
  }
  for (const root of made) {
    const { edition = '', kind, path, title } = root;
    if (files[`${folder}/${path}`] === undefined) continue;
    const leaf = leafOf(edition, kind);
    leaves.set(leaf, root);
    const what = title || `${names.title}, ${kind === 'live' ? 'live' : 'installed'}: ${edition}`;
    files[`leaves/${leaf}.cfg`] = `# ${what}.\n%include blocks/${path}\n`;
  }
  const editions = Object.fromEntries(
    [...leaves.values()].map(({ edition = '', traits }) => [edition, { traits: [...traits] }]),
  );
  return {
    files: { ...files, [configNames[0]]: configText(names, editions), 'leaves/lint.json': '{\n  "severity": {}\n}\n' },
    left,
    leaves,
  };
}

/** The Fedora release that most roots are for; undefined where none says so. */
export function fedoraOf({ releases }: Pick<Analysis, 'releases'>): number | undefined {
  const numbers = releases.map(({ release }) => Number(/^F(?<n>\d+)$/u.exec(release)?.groups?.['n']));
  return numbers.find((number) => number >= 34 && number <= 99);
}
