import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import * as z from 'zod';
import { type Row, rows } from './rows.ts';

/**
 * `pnpm security:table [--unit]`: runs the test of every attack and fault in rows.ts, and prints what became of it. With
 * `--unit` only those that need no engine and no Nx. Exits with 1 when one is not green.
 */
const { values } = parseArgs({ options: { unit: { type: 'boolean', default: false } } });

/** Of vitest's JSON reporter, what is used. */
const reportSchema = z.object({
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ title: z.string(), status: z.string() })) })),
});

const directory = await mkdtemp(join(tmpdir(), 'security-table-'));
const isUnit = (file: string): boolean => !file.includes('/integration/');
const wanted = rows.filter(({ file }) => !values.unit || isUnit(file));
const outcomes = new Map<string, string>();
try {
  for (const file of new Set(wanted.map((row) => row.file))) {
    const report = join(directory, 'report.json');
    const project = isUnit(file) ? 'unit' : 'integration';
    await execa('vitest', ['run', '--project', project, '--reporter=json', `--outputFile=${report}`, file], {
      preferLocal: true,
      reject: false,
      stdin: 'ignore',
    });
    const text = await readFile(report, 'utf8').catch(() => '{"testResults":[]}');
    for (const { assertionResults } of reportSchema.parse(JSON.parse(text)).testResults)
      for (const { title, status } of assertionResults) outcomes.set(`${file} ${title}`, status);
    await rm(report, { force: true });
  }
} finally {
  await rm(directory, { recursive: true });
}
const words: Readonly<Record<string, string>> = { passed: 'green', failed: 'RED', absent: 'NO SUCH TEST' };
console.log('| tried | before | now | test |');
console.log('| --- | --- | --- | --- |');
for (const row of wanted)
  console.log(`| ${row.tried} | ${row.before} | ${outcomeOf(row)} | ${row.test} (${row.file}) |`);
if (wanted.some((row) => outcomeOf(row) !== 'green')) process.exitCode = 1;

function outcomeOf({ file, test }: Row): string {
  if (!test.endsWith('…')) return words[outcomes.get(`${file} ${test}`) ?? 'absent'] ?? 'not run';
  const start = `${file} ${test.slice(0, -1)}`;
  const found = new Set([...outcomes].filter(([title]) => title.startsWith(start)).map(([, status]) => status));
  const decisive = ['failed', ...found].find((status) => found.has(status));
  return words[decisive ?? 'absent'] ?? 'not run';
}
