/**
 * Compares with pykickstart, release by release, what the ks* bins and `phyllome flatten` make of recorded cases; all in
 * one process. Prints the tables of the flattener's README.
 *
 *     pnpm bench:conformance CASES [--release F44,RHEL9 | --release all] [--live] [--differences] [--readme FILE]
 *
 * CASES is a directory of recorded cases (`cases.ts`); the project has none itself.
 *
 * - the bins: an accepted kickstart comes out the same but for comments and blank lines outside sections; a refused one
 *   is refused, at the same line; ksvalidator exits with the same code; ksverdiff prints the same.
 * - `flatten`: it accepts what pykickstart accepts; ksflatten makes the same of what it writes as of the original; what
 *   it writes is accepted by that release again, and flattens to itself. Kickstarts with an include that a %pre makes
 *   are counted apart: pykickstart refuses them, since the file is not here.
 * - `--live`: pykickstart itself reads what `flatten` writes, where `python3` finds one.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { KickstartError, flatten } from '@phyllome/flattener';
import { type ToolIo, ksflatten, ksvalidator, ksverdiff } from '@phyllome/flattener/pykickstart';
import { type Case, KINDS, readCases, readVersionPairs } from './cases.ts';
import { type Answer, askOracle, oracleVersion } from './oracle.ts';

const RELEASES = ['F41', 'F42', 'F43', 'F44', 'F45', 'RHEL8', 'RHEL9', 'RHEL10'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    release: { type: 'string' },
    live: { type: 'boolean' },
    differences: { type: 'boolean' },
    readme: { type: 'string' },
  },
});
const [directory] = positionals;
if (directory === undefined) throw new Error('name the directory of the recorded cases');
const all = readCases(directory);
const wanted =
  values.release === 'all'
    ? [...new Set(all.map(({ version }) => version.toUpperCase()))].filter((name) => isKnown(name)).toSorted(byAge)
    : (values.release?.split(',') ?? RELEASES);
const cases = all.filter(({ version }) => wanted.includes(version.toUpperCase()));

/** How many are as they should be, by `table release column`. */
const counts = new Map<string, { all: number; same: number }>();
/** Why some are not. */
const causes = new Map<string, string[]>();

function count(table: string, release: string, column: string, id: string, why: string | undefined): void {
  for (const row of [release, 'all']) {
    const key = `${table} ${row} ${column}`;
    const entry = counts.get(key) ?? { all: 0, same: 0 };
    counts.set(key, { all: entry.all + 1, same: entry.same + (why === undefined ? 1 : 0) });
  }
  if (why === undefined) return;
  const cause = `${table}, ${column}: ${why}`;
  causes.set(cause, [...(causes.get(cause) ?? []), `${id} ${release}`]);
}

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Tool = (args: string[], io: ToolIo) => number;

function run(tool: Tool, args: string[], read: Case['read'] = () => undefined): Run {
  const out: string[] = [];
  const errors: string[] = [];
  const code = tool(args, {
    readFile: read,
    readDirectory: () => undefined,
    glob: (pattern) => [pattern],
    writeFile: () => {},
    stdout: (written) => out.push(written),
    stderr: (written) => errors.push(written),
  });
  return { code, stdout: out.join(''), stderr: errors.join('') };
}

function isKnown(release: string): boolean {
  return run(ksvalidator, ['-v', release, 'x'], () => 'lang C\n').code === 0;
}

function byAge(a: string, b: string): number {
  return Number(a.startsWith('RHEL')) - Number(b.startsWith('RHEL')) || Number(/\d+/.exec(a)) - Number(/\d+/.exec(b));
}

/** A kickstart without the comments and blank lines outside its sections. */
function meaning(kickstart: string): string {
  const out: string[] = [];
  let inside = false;
  for (const line of kickstart.split('\n')) {
    const bare = line.trim();
    if (inside) {
      inside = !bare.startsWith('%end');
      out.push(line);
    } else if (bare !== '' && !bare.startsWith('#')) {
      inside = bare.startsWith('%') && !bare.startsWith('%include') && !bare.startsWith('%ksappend');
      out.push(line.trimEnd());
    }
  }
  return out.join('\n');
}

/** The first line in which two kickstarts differ; `undefined` when they mean the same. */
function difference(ours: string, theirs: string): string | undefined {
  const [a, b] = [meaning(ours).split('\n'), meaning(theirs).split('\n')];
  const at = Array.from({ length: Math.max(a.length, b.length) }, (_, line) => line).find(
    (line) => a[line] !== b[line],
  );
  return at === undefined ? undefined : `${JSON.stringify(a[at])} instead of ${JSON.stringify(b[at])}`;
}

function compareBins(test: Case, release: string): void {
  const { code, stdout, stderr } = run(ksflatten, ['-c', test.file, '-v', test.version], test.read);
  const refusal = stderr.trim().split('\n')[2] ?? stderr;
  const isAlike = (code === 0) === test.accepted;
  const alike = isAlike ? undefined : test.accepted ? `refused: ${refusal}` : `accepted: ${test.message.trim()}`;
  const unlike = alike ?? (test.accepted ? difference(stdout, test.expected()) : undefined);
  for (const column of [test.kind, 'all']) count('bins', release, column, test.id, unlike);
  if (!test.accepted) {
    const line = /on line (\d+)/.exec(test.message)?.[1];
    const own = /on line (\d+)/.exec(stderr)?.[1];
    count('bins', release, 'line', test.id, line === undefined || line === own ? undefined : `line ${own} for ${line}`);
  }
  if (test.validator === undefined) return;
  const validated = run(ksvalidator, ['-v', test.version, test.file], test.read).code;
  const unlikeCode = validated === test.validator ? undefined : `${validated} instead of ${test.validator}`;
  count('bins', release, 'validator', test.id, unlikeCode);
}

interface Flat {
  readonly text: string;
  /** It has an `%include` that a `%pre` is to make: pykickstart refuses it here, and not in the installer. */
  readonly isKept: boolean;
}

/** What `flatten` writes; an error where it refuses, or where a file is not text. */
function flattened(test: Pick<Case, 'file' | 'read' | 'version'>): Flat | Error {
  try {
    const { text, diagnostics } = flatten(test.file, { readFile: test.read, release: test.version });
    return { text, isKept: diagnostics.some(({ code }) => code === 'KS_INCLUDE_KEPT') };
  } catch (error) {
    if (error instanceof KickstartError || error instanceof TypeError) return error;
    throw error;
  }
}

interface Written {
  readonly test: Case;
  readonly release: string;
  readonly text: string;
}

/** @returns what is to be shown to pykickstart itself */
function compareFlatten(test: Case, release: string): Written | undefined {
  const flat = flattened(test);
  if (flat instanceof Error) {
    count('flatten', release, 'accepted', test.id, test.accepted ? `refused: ${flat.message}` : undefined);
    return undefined;
  }
  const { text, isKept } = flat;
  const read: Case['read'] = (path) => (path === 'flat.ks' ? text : undefined);
  const twice = flattened({ file: 'flat.ks', read, version: test.version });
  const isSame = !(twice instanceof Error) && twice.text === text;
  count('flatten', release, 'twice', test.id, isSame ? undefined : 'flattening again changes it');
  if (isKept && test.message.includes('No such file')) {
    count('flatten', release, 'kept', test.id, undefined);
    return undefined;
  }
  count('flatten', release, 'accepted', test.id, test.accepted ? undefined : `accepted: ${test.message.trim()}`);
  const again = run(ksflatten, ['-c', 'flat.ks', '-v', test.version], read);
  const refusal = again.stderr.trim().split('\n').slice(-4, -3).join('');
  count('flatten', release, 'written', test.id, again.code === 0 ? undefined : `not accepted again: ${refusal}`);
  if (test.accepted) count('flatten', release, 'meaning', test.id, difference(again.stdout, test.expected()));
  return { test, release, text };
}

function compareLive(written: readonly Written[]): void {
  const answers = askOracle(written.map(({ test, text }) => ({ version: test.version.toUpperCase(), text })));
  written.forEach(({ test, release }, at) => {
    const answer: Answer | undefined = answers[at];
    const why = answer?.accepted === true ? undefined : (answer?.message ?? 'no answer');
    count('flatten', release, 'live', test.id, why);
    if (answer?.accepted !== true || !test.accepted) return;
    count('flatten', release, 'live meaning', test.id, difference(answer.text, test.expected()));
  });
}

function compareVersions(): void {
  for (const { from, to, rc, stdout: theirs } of readVersionPairs(directory ?? '')) {
    const { code, stdout } = run(ksverdiff, ['-f', from, '-t', to]);
    count('bins', 'any', 'verdiff', `${from} ${to}`, code === rc && stdout === theirs ? undefined : 'differs');
  }
}

const live = values.live ? oracleVersion() : undefined;
if (values.live && live === undefined)
  console.error('python3 finds no pykickstart: what flatten writes is not shown to it');
const written: Written[] = [];
for (const test of cases) {
  const release = test.version.toUpperCase();
  compareBins(test, release);
  const flat = compareFlatten(test, release);
  if (flat !== undefined) written.push(flat);
}
compareVersions();
if (live !== undefined) compareLive(written);

function cell(key: string): string {
  const entry = counts.get(key);
  if (entry === undefined) return '–';
  return key.endsWith(' kept') ? String(entry.all) : `${entry.same}/${entry.all}`;
}
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The counts of a table, a row for each release. */
function tableOf(name: string, columns: Readonly<Record<string, string>>): string {
  const keys = Object.keys(columns);
  const rows = wanted.filter((release) => keys.some((key) => counts.has(`${name} ${release} ${key}`)));
  return [
    row(['release', ...Object.values(columns)]),
    row(['---', ...keys.map(() => '---:')]),
    ...rows.map((release) => row([release, ...keys.map((key) => cell(`${name} ${release} ${key}`))])),
    row(['**all**', ...keys.map((key) => cell(`${name} all ${key}`))]),
  ].join('\n');
}

const [corpus, commands, files, edge] = KINDS;
const report = [
  'The bins:',
  '',
  tableOf('bins', {
    [corpus]: 'real trees',
    [commands]: 'lines',
    [files]: 'whole files',
    [edge]: 'edge cases',
    all: 'all',
  }),
  '',
  `The line that a refusal names: ${cell('bins all line')}. Exit codes of ksvalidator: ${cell('bins all validator')}.`,
  `Outputs of ksverdiff: ${cell('bins all verdiff')}.`,
  '',
  '`phyllome flatten`:',
  '',
  tableOf('flatten', {
    ...(live === undefined ? {} : { live: `accepted by pykickstart ${live}`, 'live meaning': 'same meaning to it' }),
    written: 'accepted again',
    twice: 'flattens to itself',
    meaning: 'same meaning',
    accepted: 'accepted alike',
    kept: 'kept includes of %pre',
  }),
].join('\n');
console.log(report);
if (values.readme !== undefined) {
  const readme = readFileSync(values.readme, 'utf8');
  const marked = /(<!-- conformance -->\n)[^]*?(\n<!-- \/conformance -->)/;
  if (!marked.test(readme)) throw new Error(`${values.readme} has no <!-- conformance --> to fill in`);
  writeFileSync(
    values.readme,
    readme.replace(marked, (_all, open: string, close: string) => open + report + close),
  );
}
if (values.differences) {
  console.log('');
  for (const [why, ids] of [...causes].toSorted((a, b) => b[1].length - a[1].length)) {
    console.log(`- ${ids.length} × ${why} (${ids.slice(0, 3).join(', ')})`);
  }
}
