/**
 * Recorded cases: a kickstart, a release, and what pykickstart said of it. They are data of third parties, which the
 * project does not have itself.
 */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Where a case comes from: real trees, single lines, whole files, one file for each quirk. */
export const KINDS = ['corpus', 'commands', 'files', 'edge'] as const;
export type Kind = (typeof KINDS)[number];

export interface Case {
  readonly kind: Kind;
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

function commandCases(directory: string): Case[] {
  interface Entry {
    id: number;
    version: string;
    input: string;
    rc: number;
    body?: string;
    error?: string;
    validator?: { rc?: number };
  }
  const { cases: entries }: { cases: Entry[] } = JSON.parse(text(directory, 'command_cases.json'));
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

function corpusCases(directory: string): Case[] {
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
  const entries: Entry[] = JSON.parse(text(directory, 'corpus/index.json'));
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

function text(directory: string, name: string): string {
  return readFileSync(join(directory, name), 'utf8');
}

/** All cases of a directory with `command_cases.json`, `file_cases.json`, `edge_cases.json` and `corpus/`. */
export function readCases(directory: string): Case[] {
  const files: { cases: Tree[] } = JSON.parse(text(directory, 'file_cases.json'));
  const edges: Tree[] = JSON.parse(text(directory, 'edge_cases.json'));
  return [
    ...corpusCases(directory),
    ...commandCases(directory),
    ...treeCases('files', files.cases),
    // Nothing is fetched from the network.
    ...treeCases(
      'edge',
      edges.filter(({ name }) => name?.includes('url') !== true),
    ),
  ];
}

/** What ksverdiff says of two releases. */
export interface VersionPair {
  readonly from: string;
  readonly to: string;
  readonly rc: number;
  readonly stdout: string;
}

export function readVersionPairs(directory: string): VersionPair[] {
  return JSON.parse(text(directory, 'ksverdiff_cases.json'));
}
