import type { Analysis, Root } from './analyse.ts';
import type { Tree } from './scan.ts';

/** How many of each are named in a report for people; `--json` has all of them. */
const named = 12;

/** What was found, for people. */
export function renderAnalysis(tree: Pick<Tree, 'kickstarts' | 'skipped' | 'files'>, analysis: Analysis): string {
  const { roots, blocks, missing, findings, releases } = analysis;
  const of = (kind: Root['kind']): Root[] => roots.filter((root) => root.kind === kind);
  const [live, install, parts] = [of('live'), of('install'), of('part')];
  const failing = roots.filter(({ problem, kind }) => problem !== undefined && kind !== 'part');
  return [
    `${tree.kickstarts.size} kickstarts among ${tree.files} files: ${live.length} live media, ${install.length} installations, ${blocks.length} blocks, ${parts.length} parts that nothing includes`,
    `for ${releases.map(({ release, roots: count }) => `${release} (${count})`).join(', ') || 'no release that they name'}`,
    ...section('Live media, with the edition that each becomes:', live.map(rootLine)),
    ...section('Installations:', install.map(rootLine)),
    ...section(
      'Includes that lead to nothing:',
      missing.map(
        ({ target, includedBy }) =>
          `${target}, of ${includedBy.slice(0, 3).join(', ')}${includedBy.length > 3 ? ` and ${includedBy.length - 3} more` : ''}`,
      ),
    ),
    ...section(
      'What cannot be flattened:',
      failing.map(({ path, problem }) => `${path}: ${problem?.code} ${problem?.message}`),
    ),
    ...section(
      'Parts that nothing includes, which are left out:',
      parts.map(({ path }) => path),
    ),
    ...section(
      'What lint finds:',
      findings.map(({ code, severity, count, example }) => `${count} × ${code} (${severity}), as ${example}`),
    ),
    ...section(
      'Not read:',
      tree.skipped.map(({ path, why }) => `${path}: ${why}`),
    ),
  ].join('\n');
}

const rootLine = ({ path, edition, kind, release, files, because, tools }: Root): string =>
  `${kind === 'live' ? 'iso' : 'install'}-${edition}: ${path}, ${release ?? 'no release'}, ${files.length} files, ${because}; for ${tools.join(', ') || 'no known program'}`;

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > named ? [`  and ${lines.length - named} more: --json has them`] : [];
  return ['', title, ...lines.slice(0, named).map((line) => `  ${line}`), ...more];
}
