import { posix } from 'node:path';
import { nameProblem } from '@phyllome/host/names';
import { type Target, parseTarget } from '@phyllome/pipeline';
import { configNames } from '@phyllome/pipeline/config/load';
import { CliError } from '../errors.ts';
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

/**
 * What most roots are for, of what these tools build; undefined where none says so.
 *
 * @throws {CliError} BAD_ARGUMENTS when they are for Enterprise Linux, and none says whose
 */
export function targetOf({ roots }: Pick<Analysis, 'roots'>): Target | undefined {
  const counts = new Map<string, number>();
  const enterprise = roots.find(({ kind, release }) => kind !== 'part' && /^RHEL\d/u.test(release ?? ''));
  for (const { kind, release = '', distribution } of roots) {
    const text = `${distribution ?? ''}:${/\d+$/u.exec(release)?.[0] ?? ''}`;
    if (kind !== 'part' && typeof parseTarget(text) !== 'string') counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  const target = most === undefined ? undefined : parseTarget(most[0]);
  if (target !== undefined && typeof target !== 'string') return target;
  if (enterprise === undefined) return undefined;
  const { path, release, distribution = 'nobody in particular' } = enterprise;
  throw new CliError('BAD_ARGUMENTS', `${path} is for ${release} of ${distribution}, which these tools do not build`, {
    hint: 'name what it shall be for: --target almalinux:10, rocky:9, centos:10 …',
  });
}
