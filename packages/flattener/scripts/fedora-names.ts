/**
 * Makes src/lint/data/units.json and packages.json from the spec files of all Fedora packages: see the README there.
 *
 *     node packages/flattener/scripts/fedora-names.ts GIT_DIRECTORY UNIT_LIST FEDORA=DATE...
 *
 * The git directory is that of a repository whose history has Rawhide's spec files as `specs/NAME.spec`, day by day. The
 * list has systemd's own units, a name a line, as `rpm -ql systemd systemd-udev | grep system/` shows them: its spec file
 * does not name them. The dates are those on which the releases branched off, oldest first, as 44=2026-02-02.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [git = '', unitList = '', ...branched] = process.argv.slice(2);
const output = join(import.meta.dirname, '../src/lint/data');

/** Stacks whose packages come and go by the hundred, and which no kickstart names one by one. */
const STACKS =
  /^(rust|golang|ghc|perl|nodejs|php|ocaml|R|texlive|rubygem|python\d?|erlang|mingw\d\d|octave|js|maven|jetty|kf5|compat|vdr|drupal\d?|wine|eclipse|qemu-sanity|lv2)-|-(devel|doc|docs|javadoc|static|debuginfo|tests?|examples?|langpack-.*)$|^lib|^(php|python\d?|java)\d*$/;

/** What the spec files of one day say. */
interface Snapshot {
  readonly fedora: number;
  /** Names that can be installed: of packages, and what they provide. */
  readonly packages: ReadonlySet<string>;
  readonly provides: ReadonlyMap<string, readonly string[]>;
  /** Old names, and the packages that obsolete them. */
  readonly obsoletes: ReadonlyMap<string, readonly string[]>;
  readonly units: ReadonlySet<string>;
  /** The spec file of each package. */
  readonly specs: ReadonlyMap<string, string>;
  /** Spec files that make names of packages by macros, which are not always expanded rightly here. */
  readonly uncertain: ReadonlySet<string>;
}

interface Spec {
  readonly path: string;
  readonly text: string;
}

const snapshots = branched.map((argument): Snapshot => {
  const [fedora = '', date = ''] = argument.split('=');
  const commit = execFileSync('git', ['--git-dir', git, 'rev-list', '-1', `--before=${date}T12:00`, 'HEAD'], {
    encoding: 'utf8',
  }).trim();
  return read(Number(fedora), specsOf(commit));
});

/** Every spec file of a commit. */
function specsOf(commit: string): Spec[] {
  const names = execFileSync('git', ['--git-dir', git, 'ls-tree', '-r', '--name-only', commit, 'specs/'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const paths = names.split('\n').filter((name) => name.endsWith('.spec'));
  const input = paths.map((path) => `${commit}:${path}\n`).join('');
  const batch = execFileSync('git', ['--git-dir', git, 'cat-file', '--batch'], { input, maxBuffer: 1 << 30 });
  const specs: Spec[] = [];
  for (let at = 0; at < batch.length;) {
    const end = batch.indexOf(10, at);
    const size = Number(batch.subarray(at, end).toString().split(' ')[2]);
    specs.push({ path: paths[specs.length] ?? '', text: batch.subarray(end + 1, end + 1 + size).toString('utf8') });
    at = end + 1 + size + 1;
  }
  return specs;
}

function read(fedora: number, all: readonly Spec[]): Snapshot {
  const packages = new Set<string>();
  const provides = new Map<string, string[]>();
  const obsoletes = new Map<string, string[]>();
  const units = new Set<string>();
  const specs = new Map<string, string>();
  const uncertain = new Set<string>();
  for (const { path, text: spec } of all) {
    if (/^(Name\s*:|%package\s).*%(?!\{name\})/im.test(spec)) uncertain.add(path);
    const expand = macrosOf(spec);
    let current = '';
    for (const line of spec.split('\n')) {
      const [, tag = '', raw = ''] = /^(Name|Provides|Obsoletes)\s*:\s*(.*)$/i.exec(line) ?? [];
      const [, option, rawName = ''] = /^%package\s+(-n\s+)?(\S+)/.exec(line) ?? [];
      if (/^name$/i.test(tag)) current = add(expand(raw).trim(), path);
      else if (rawName !== '')
        current = add(option ? expand(rawName) : `${expand('%{name}')}-${expand(rawName)}`, path);
      else if (/^provides$/i.test(tag)) for (const name of namesIn(expand(raw))) put(provides, name, current);
      else if (/^obsoletes$/i.test(tag)) for (const name of namesIn(expand(raw))) put(obsoletes, name, current);
    }
    const files = expand(spec);
    for (const [name] of files.matchAll(
      /(?<![\w@.:\\%{}-])[A-Za-z0-9][\w@.-]*\.(service|socket|timer|path|target|mount)(?![\w.*-])/g,
    )) {
      units.add(name);
    }
  }
  return { fedora, packages, provides, obsoletes, units, specs, uncertain };

  function add(name: string, path: string): string {
    if (isName(name)) packages.add(name);
    specs.set(name, path);
    return name;
  }
}

/** Expands the macros that a spec file itself defines; what is left has a percent sign. */
function macrosOf(spec: string): (text: string) => string {
  const known = new Map<string, string>();
  for (const [, name = '', value = ''] of spec.matchAll(/^\s*%(?:global|define)\s+(\w+)\s+(.*)$/gm)) {
    if (!known.has(name)) known.set(name, value.trim());
  }
  const name = /^Name\s*:\s*(\S+)/im.exec(spec)?.[1];
  if (name !== undefined) known.set('name', name);
  return (text) => {
    let expanded = text;
    for (let round = 0; round < 4 && expanded.includes('%'); round += 1) {
      expanded = expanded.replace(
        /%\{\??(\w+)\}|%(\w+)\b/g,
        (whole, braced: string | undefined, plain: string | undefined) => {
          const value = known.get(braced ?? plain ?? '');
          if (value !== undefined) return value;
          return whole.startsWith('%{?') ? '' : whole;
        },
      );
    }
    return expanded;
  };
}

function namesIn(list: string): string[] {
  return list
    .replace(/(<=?|>=?|=)\s*\S+/g, ' ')
    .split(/[\s,]+/)
    .filter(isName);
}

function isName(text: string): boolean {
  return /^[A-Za-z0-9][\w.+-]*$/.test(text);
}

function put(map: Map<string, string[]>, key: string, value: string): void {
  const values = map.get(key) ?? [];
  if (isName(value) && !values.includes(value)) map.set(key, [...values, value]);
}

function writeUnits(): void {
  const own = readFileSync(unitList, 'utf8').split('\n').filter(Boolean);
  const newest = new Set([...own, ...snapshots.slice(-2).flatMap(({ units }) => [...units])]);
  const gone: Record<string, number> = {};
  for (const { units } of snapshots.slice(0, -2)) {
    for (const unit of units) {
      if (newest.has(unit)) continue;
      const first = snapshots.findLastIndex((snapshot) => snapshot.units.has(unit)) + 1;
      gone[unit] = snapshots[first]?.fedora ?? 0;
    }
  }
  const units = [...newest].filter((unit) => !/^(default|my|foo|example)\./.test(unit)).toSorted();
  const sorted = Object.fromEntries(Object.entries(gone).toSorted(([x], [y]) => (x < y ? -1 : 1)));
  writeFileSync(join(output, 'units.json'), `${JSON.stringify({ units: units.join(' '), gone: sorted })}\n`);
  console.log(`${units.length} units, ${Object.keys(gone).length} gone`);
}

/** Names that a release lacks and an earlier one had, by the release that lacks them first. */
function writePackages(): void {
  const gone: Record<string, [fedora: number, replacement?: string]> = {};
  for (const [index, snapshot] of snapshots.entries()) {
    if (index === 0) continue;
    const before = snapshots[index - 1];
    const newest = snapshots.at(-1);
    if (before === undefined || newest === undefined) continue;
    for (const name of before.packages) {
      const later = snapshots.slice(index);
      // What another package provides can still be installed by the old name.
      if (later.some(({ packages, provides }) => packages.has(name) || provides.has(name))) continue;
      if (STACKS.test(name)) continue;
      const isUncertain = later.some(({ uncertain }) => uncertain.has(before.specs.get(name) ?? ''));
      const replacement = later
        .flatMap(({ obsoletes }) => obsoletes.get(name) ?? [])
        .find((other) => newest.packages.has(other));
      if (isUncertain && replacement === undefined) continue;
      gone[name] ??= replacement === undefined ? [snapshot.fedora] : [snapshot.fedora, replacement];
    }
  }
  const sorted = Object.fromEntries(Object.entries(gone).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const lines = Object.entries(sorted).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  writeFileSync(join(output, 'packages.json'), `{\n${lines.join(',\n')}\n}\n`);
  console.log(
    `${lines.length} packages gone, ${Object.values(sorted).filter(([, replacement]) => replacement).length} with a successor`,
  );
}

writeUnits();
writePackages();
