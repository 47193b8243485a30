/**
 * What `phyllome lint` finds in other people's kickstarts, per rule, to judge whether its rules can be trusted:
 *
 *     pnpm bench:lint DIRECTORY[@RELEASE]... [--rule ID] [--sample N] [--shell]
 *
 * Prints a table of findings per rule and of kickstarts that have any; with `--rule` its findings, with `--sample` only
 * N of them, evenly spread. Then how the time grows with the number of findings, as a ratio of CPU times in this run.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type LintFinding, lint } from '@phyllome/flattener/lint';
import { findShellcheck } from '../../packages/cli/src/shellcheck.ts';

/** Configurations of boot loaders are called .cfg as well. */
const KICKSTART_LINE =
  /^\s*(%(packages|post|pre|include|end)\b|(lang|keyboard|rootpw|url|repo|part|timezone|services)\s)/m;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rule: { type: 'string' }, sample: { type: 'string', default: '40' }, shell: { type: 'boolean' } },
});

interface Found extends LintFinding {
  readonly line: string;
}

const checker = values.shell === true ? await findShellcheck(process.env, new AbortController().signal) : undefined;
const found: Found[] = [];
let kickstarts = 0;
for (const argument of positionals) {
  const [directory = '', release = 'F44'] = argument.split('@');
  for (const path of kickstartsBelow(directory)) {
    kickstarts += 1;
    const findings = await lint({
      readFile,
      includePaths: [directory, ...subdirectories(directory)],
      release,
      leaves: [{ path, live: false }],
      checkShell: checker?.check,
    });
    for (const finding of findings) found.push({ ...finding, line: lineOf(finding) });
  }
}
// Kickstarts that include each other show the same place again.
const places = new Map(found.map((finding) => [placeOf(finding), finding]));
if (values.rule !== undefined) printFindings(values.rule, Number(values.sample));
else if (kickstarts > 0) printTable();
await printGrowth();

function printTable(): void {
  const rows = new Map<string, { findings: number; files: Set<string> }>();
  for (const { code, severity, at } of places.values()) {
    const row = rows.get(`${code} ${severity}`) ?? { findings: 0, files: new Set() };
    row.findings += 1;
    row.files.add(at.path);
    rows.set(`${code} ${severity}`, row);
  }
  console.log(`${kickstarts} kickstarts, ${places.size} findings\n`);
  console.log('| rule | severity | findings | files |\n|---|---|---|---|');
  for (const [rule, { findings, files }] of [...rows].toSorted(([, a], [, b]) => b.findings - a.findings)) {
    console.log(`| ${rule.replace(' ', ' | ')} | ${findings} | ${files.size} |`);
  }
}

function printFindings(rule: string, most: number): void {
  const all = [...places.values()].filter(({ code }) => code === rule);
  const step = Math.max(1, Math.floor(all.length / most));
  for (const { at, message, line, hint } of all.filter((_, index) => index % step === 0)) {
    console.log(`${at.path}:${at.line}:${at.column}\n  ${line.trim().slice(0, 200)}\n  ${message} (${hint})`);
  }
}

/** Eight times the findings should take eight times the CPU time, and not more. */
async function printGrowth(): Promise<void> {
  await costOf(1000);
  const [few, many] = [await costOf(1000), await costOf(8000)];
  console.log(`\nCPU time of 16,000 findings / 2,000 findings: ${(many / few).toFixed(1)} (8 is linear)`);
}

/** CPU milliseconds for a kickstart with so many lines of each of two findings. */
async function costOf(count: number): Promise<number> {
  const text = `${'rootpw secret\n'.repeat(count)}%post\n${'curl -O http://a/b\n'.repeat(count)}%end\n`;
  const before = process.cpuUsage();
  await lint({ readFile: () => text, leaves: [{ path: 'a.ks', live: false }] });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function readFile(path: string): string | undefined {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(path, 'utf8') : undefined;
}

function kickstartsBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ks|cfg)$/.test(name))
    .map((name) => join(directory, name))
    .filter((path) => KICKSTART_LINE.test(readFile(path) ?? ''))
    .toSorted();
}

function subdirectories(directory: string): string[] {
  return [...new Set(kickstartsBelow(directory).map((path) => dirname(path)))];
}

function lineOf({ at }: LintFinding): string {
  return readFile(at.path)?.split('\n')[at.line - 1] ?? '';
}

function placeOf({ at, code, message }: LintFinding): string {
  return `${at.path}:${at.line}:${at.column} ${code} ${message}`;
}
