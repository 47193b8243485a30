import { type EditionRow, isoCell, verdictCell } from './matrix.ts';

const width = 100;

/** All that is known of one edition, for a terminal. */
export function renderDetail(row: EditionRow): string {
  const { packages } = row;
  const facts: [string, readonly string[]][] = [
    ['project', [row.project]],
    ['is', row.traits],
    ['blocks', row.blocks.map((block) => block.replace(/^leaves\/blocks\/|\.cfg$/g, ''))],
    ['packages', [...packages.groups.map((name) => `@${name}`), ...packages.asked]],
    ['without', packages.excluded],
    ['services', row.services],
    ['kernel', row.kernelArguments],
    ['last ISO', row.traits.includes('live') ? [isoCell(row)] : []],
    ['verdict', [verdictCell(row.verdicts)]],
  ];
  const lines = facts.filter(([, words]) => words.length > 0).map(([name, words]) => paragraph(name, words));
  return [`${row.leaf}: ${row.title}`, ...lines].join('\n');
}

/** Words after a name, wrapped below each other. */
function paragraph(name: string, words: readonly string[]): string {
  const indent = ' '.repeat(12);
  const lines = words.reduce<string[]>((all, word) => {
    const last = all.at(-1);
    if (last === undefined || indent.length + last.length + word.length >= width) return [...all, word];
    return [...all.slice(0, -1), `${last} ${word}`];
  }, []);
  return `  ${name.padEnd(10)}${lines.join(`\n${indent}`)}`;
}
