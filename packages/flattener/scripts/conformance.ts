/**
 * Compares the compat tools with recorded results of pykickstart, all in one process, and prints tables for the README.
 *
 *     node packages/flattener/scripts/conformance.ts CASES [--release F44,RHEL9] [--list] [--differences] [--readme FILE]
 *
 * CASES is a directory with `command_cases.json`, `file_cases.json`, `edge_cases.json`, `ksverdiff_cases.json` and
 * `corpus/`; the project has none itself. Accepted kickstarts must come out the same but for comments and blank lines
 * outside sections, refused ones must be refused.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseArgs } from 'node:util';

import { RELEASE_NAMES } from '../src/commands/table.ts';
import type { ToolIo } from '../src/pykickstart/tools/io.ts';
import { ksflatten } from '../src/pykickstart/tools/ksflatten.ts';
import { ksvalidator } from '../src/pykickstart/tools/ksvalidator.ts';
import { ksverdiff } from '../src/pykickstart/tools/ksverdiff.ts';

interface Case {
  readonly kind: 'commands' | 'files' | 'edge' | 'corpus';
  readonly id: string;
  readonly version: string;
  readonly read: (path: string) => string | undefined;
  readonly file: string;
  readonly accepted: boolean;
  readonly expected: () => string;
  readonly message: string;
  readonly validator: number | undefined;
}

interface Recorded {
  readonly rc: number;
  readonly stdout?: string;
  readonly error?: string;
  readonly validator?: { readonly rc?: number };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    release: { type: 'string' },
    list: { type: 'boolean' },
    differences: { type: 'boolean' },
    readme: { type: 'string' },
  },
});
const [directory = '.'] = positionals;
const text = (name: string): string => readFileSync(join(directory, name), 'utf8');

/** A tree in memory, as seen from a directory of it. */
function treeReader(files: Readonly<Record<string, string>>, cwd: string, encoding = 'utf-8'): Case['read'] {
  const texts = new Map(Object.entries(files).map(([name, contents]) => [posix.normalize(name), contents]));
  return (path) => {
    const found = texts.get(posix.normalize(posix.join(cwd, path)));
    if (found === undefined || (encoding === 'utf-8' && !/[\uDC80-\uDCFF]/.test(found))) return found;
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(found, 'latin1'));
  };
}

function diskReader(root: string): Case['read'] {
  return (path) => {
    let bytes: Buffer;
    try {
      bytes = readFileSync(path.startsWith('/') ? path : join(root, path));
    } catch {
      return undefined;
    }
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  };
}

function commandCases(): Case[] {
  interface Entry {
    id: number;
    version: string;
    input: string;
    rc: number;
    body?: string;
    error?: string;
    validator?: { rc?: number };
  }
  const { cases: entries }: { cases: Entry[] } = JSON.parse(text('command_cases.json'));
  return entries.map((e) => ({
    kind: 'commands',
    id: `command:${e.id}`,
    version: e.version,
    read: treeReader({ 'ks.cfg': e.input }, '.'),
    file: 'ks.cfg',
    accepted: e.rc === 0,
    expected: () => e.body ?? '',
    message: e.error ?? '',
    validator: e.validator?.rc,
  }));
}

interface Tree {
  id?: number;
  name?: string;
  version: string;
  main: string;
  cwd: string;
  encoding?: string;
  files: Record<string, string>;
  result: Recorded;
}

function treeCases(kind: 'files' | 'edge', trees: readonly Tree[]): Case[] {
  return trees
    .filter((e) => !Object.values(e.files).some((contents) => /\$DIR|\/dev\/shm/.test(contents)))
    .map((e) => ({
      kind,
      id: `${kind}:${e.name ?? e.id}`,
      version: e.version,
      read: treeReader(e.files, e.cwd, e.encoding),
      file: e.main,
      accepted: e.result.rc === 0,
      expected: () => e.result.stdout ?? '',
      message: e.result.error ?? '',
      validator: e.result.validator?.rc,
    }));
}

function corpusCases(): Case[] {
  interface Entry {
    set: string;
    input: string;
    version: string;
    cwd: string;
    arg: string;
    rc: number;
    expected?: string;
    message?: string;
    unique: boolean;
    network: boolean;
    validator?: { rc?: number };
  }
  const entries: Entry[] = JSON.parse(text('corpus/index.json'));
  return entries
    .filter((e) => e.unique && !e.network)
    .map((e) => {
      const root = join(directory, 'corpus', e.set);
      return {
        kind: 'corpus',
        id: `corpus:${e.set}:${e.input}@${e.version}:${e.cwd}`,
        version: e.version,
        read: diskReader(join(root, e.cwd)),
        file: e.arg,
        accepted: e.rc === 0,
        expected: () => new TextDecoder().decode(readFileSync(join(root, e.expected ?? ''))),
        message: e.message ?? '',
        validator: e.validator?.rc,
      };
    });
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

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(tool: (args: string[], io: ToolIo) => number, args: string[], read: Case['read'] = () => undefined): Run {
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

/** Why a case does not match; `undefined` when it does. */
function difference(test: Case): string | undefined {
  const { code, stdout, stderr } = run(ksflatten, ['-c', test.file, '-v', test.version], test.read);
  if ((code === 0) !== test.accepted) {
    return test.accepted ? `refused: ${messageOf(stderr)}` : `accepted, pykickstart: ${test.message.trim()}`;
  }
  if (!test.accepted) return undefined;
  const [ours, theirs] = [meaning(stdout), meaning(test.expected())];
  if (ours === theirs) return undefined;
  const [a, b] = [ours.split('\n'), theirs.split('\n')];
  const at = b.findIndex((line, i) => line !== a[i]);
  const line = at < 0 ? b.length : at;
  return `prints ${JSON.stringify(a[line])}, pykickstart ${JSON.stringify(b[line])}`;
}

function messageOf(stderr: string): string {
  return /^Failed to parse.*?\n\n(.*?)\n/s.exec(stderr)?.[1] ?? stderr.trim();
}

/** `invalid int value: 'abc'` -> `invalid int value: '…'`: what kind of refusal it is. */
function sameLine(stderr: string, recorded: string): boolean {
  const line = /on line (\d+)/.exec(recorded)?.[1];
  return line === undefined || line === /on line (\d+)/.exec(stderr)?.[1];
}

const files: { cases: Tree[] } = JSON.parse(text('file_cases.json'));
const edges: Tree[] = JSON.parse(text('edge_cases.json'));
const pairs: VersionPair[] = JSON.parse(text('ksverdiff_cases.json'));
const wanted = values.release?.split(',') ?? RELEASE_NAMES;
const cases = [
  ...corpusCases(),
  ...commandCases(),
  ...treeCases('files', files.cases),
  ...treeCases(
    'edge',
    edges.filter((e) => !e.name?.includes('url')),
  ),
].filter((test) => wanted.includes(test.version.toUpperCase()));

const KINDS = ['corpus', 'commands', 'files', 'edge'] as const;
const counts = new Map<string, { all: number; same: number }>();
const count = (key: string, isSame: boolean): void => {
  const entry = counts.get(key) ?? { all: 0, same: 0 };
  counts.set(key, { all: entry.all + 1, same: entry.same + (isSame ? 1 : 0) });
};
const causes = new Map<string, string[]>();
for (const test of cases) {
  const why = difference(test);
  const release = test.version.toUpperCase();
  for (const key of [`${release} ${test.kind}`, `${release} all`, `all ${test.kind}`, 'all all']) count(key, !why);
  if (why !== undefined) causes.set(why, [...(causes.get(why) ?? []), test.id]);
  if (!test.accepted) {
    const { stderr } = run(ksflatten, ['-c', test.file, '-v', test.version], test.read);
    const isSameLine = sameLine(stderr, test.message);
    count('line', isSameLine);
    if (values.list && !isSameLine) console.error(`line of ${test.id}: ${test.message.trim()} / ${stderr}`);
  }
  if (test.validator !== undefined) {
    const { code, stdout, stderr } = run(ksvalidator, ['-v', test.version, test.file], test.read);
    count('validator', code === test.validator);
    if (values.list && code !== test.validator) {
      console.error(`ksvalidator ${test.id}: ${code}, pykickstart ${test.validator}: ${stderr} ${stdout}`);
    }
  }
}

interface VersionPair {
  from: string;
  to: string;
  rc: number;
  stdout: string;
}
for (const pair of pairs) {
  const { code, stdout } = run(ksverdiff, ['-f', pair.from, '-t', pair.to]);
  const isSame = code === pair.rc && stdout === pair.stdout;
  count('verdiff', isSame);
  if (values.list && !isSame) console.error(`ksverdiff ${pair.from} ${pair.to}:\n${stdout}---\n${pair.stdout}`);
}

const cell = (key: string): string => {
  const entry = counts.get(key);
  return entry === undefined ? '–' : `${entry.same}/${entry.all}`;
};
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const TITLES = { corpus: 'real trees', commands: 'lines', files: 'whole files', edge: 'edge cases' };
const table = [
  row(['release', ...KINDS.map((kind) => TITLES[kind]), 'all']),
  row(['---', ...KINDS.map(() => '---:'), '---:']),
  ...wanted
    .filter((release) => counts.has(`${release} all`))
    .map((release) => row([release, ...KINDS.map((kind) => cell(`${release} ${kind}`)), cell(`${release} all`)])),
  row(['**all**', ...KINDS.map((kind) => cell(`all ${kind}`)), cell('all all')]),
  '',
  `The line that a refusal names: ${cell('line')}. Exit codes of ksvalidator: ${cell('validator')}. Outputs of ksverdiff:`,
  `${cell('verdiff')}.`,
].join('\n');
console.log(table);
if (values.readme !== undefined) {
  const readme = readFileSync(values.readme, 'utf8');
  const marked = /(<!-- conformance -->\n)[^]*?(\n<!-- \/conformance -->)/;
  if (!marked.test(readme)) throw new Error(`${values.readme} has no <!-- conformance --> to fill in`);
  writeFileSync(
    values.readme,
    readme.replace(marked, (_all, open: string, close: string) => open + table + close),
  );
}
if (values.differences) {
  console.log('');
  for (const [why, ids] of [...causes].toSorted((a, b) => b[1].length - a[1].length)) {
    console.log(`- ${ids.length} × ${why} (${ids.slice(0, 3).join(', ')})`);
  }
}
