import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openPlainFile } from '@phyllome/host/plain-file';
import { Evidence } from './evidence.ts';
import { type ExplainContext, type Explanation, explain } from './explain.ts';
import type { LogKind } from './failures.ts';
import { readLines } from './read-lines.ts';

/** What a directory of logs has, and what was read of it. */
export interface LogDirectory {
  readonly evidence: Evidence;
  /** Names of the logs that were read, relative to the directory. */
  readonly files: readonly string[];
  /** Bytes in the midst of huge logs that were skipped, by the names of these. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly kickstart: { name: string; text: string } | undefined;
}

const MAX_KICKSTART_BYTES = 4 * 2 ** 20;
const MAX_ENTRIES = 2000;
const MAX_DEPTH = 3;

/** Names of logs; `.tail` and `.txt` behind them are as good. */
const NAMES: readonly (readonly [RegExp, LogKind | 'script' | 'any-program'])[] = [
  [/^(?:console|stderr|livemedia)(?:\.log)?$/u, 'console'],
  [/^(?:anaconda|installer)\.log$/u, 'anaconda'],
  [/^packaging\.log$/u, 'packaging'],
  [/^dnf(?:\.rpm|\.librepo)?\.log$/u, 'dnf'],
  [/^dbus\.log$/u, 'dbus'],
  [/^storage\.log$/u, 'storage'],
  [/^program\.log$/u, 'any-program'],
  [/^ks-script-[\w-]+\.log$/u, 'script'],
];

/** Kickstarts beside the logs, the surest first. */
const KICKSTARTS: readonly RegExp[] = [/^kickstart\.(?:cfg|ks)$/u, /^flat.*\.(?:cfg|ks)$/u, /\.ks$/u, /\.cfg$/u];

/**
 * Reads the logs of one installation: as lorax leaves them, as a failed build keeps them, or as anaconda has them in /tmp
 * and /var/log/anaconda. Of what is not a plain file nothing is read: a directory of logs may come from anywhere.
 *
 * @returns undefined when there are no logs
 * @throws what the file system does, for the directory itself
 */
async function readLogDirectory(directory: string): Promise<LogDirectory | undefined> {
  const names = await filesBelow(directory);
  const logs = names.flatMap((name) => {
    const kind = kindOf(name);
    return kind === undefined ? [] : [{ name, kind }];
  });
  if (logs.length === 0) return undefined;
  const evidence = new Evidence();
  const skipped: Record<string, number> = {};
  const read: string[] = [];
  for (const { name, kind } of logs) {
    const path = join(directory, name);
    const exact = kind === 'any-program' ? await programKind(path, name) : kind;
    const missed = await readLines(path, (line) =>
      exact === 'script' ? evidence.scriptLine(name, line) : void evidence.line(exact, name, line),
    ).catch(() => undefined);
    if (missed === undefined) continue;
    if (exact === 'script' && !evidence.scripts.has(name)) evidence.scripts.set(name, { file: name, last: [] });
    read.push(name);
    if (missed > 0) skipped[name] = missed;
  }
  evidence.end();
  return read.length === 0
    ? undefined
    : { evidence, files: read, skipped, kickstart: await readKickstart(directory, names) };
}

/**
 * Explains a directory of logs.
 *
 * @returns undefined when there are no logs in it
 */
export async function explainDirectory(
  directory: string,
  context: ExplainContext = {},
): Promise<{ explanation: Explanation; logs: LogDirectory } | undefined> {
  const logs = await readLogDirectory(directory);
  if (logs === undefined) return undefined;
  const kickstart = context.kickstart ?? logs.kickstart?.text;
  return { logs, explanation: explain(logs.evidence, { ...context, kickstart }) };
}

/** Directories that hold logs of one run each, relative to the given one; a single `.` is that one itself. */
export async function logDirectoriesBelow(directory: string): Promise<string[]> {
  const names = await filesBelow(directory);
  const roots = new Set<string>();
  for (const name of names) {
    const kind = kindOf(name);
    if (kind === undefined || kind === 'script') continue;
    const folder = name.split('/').slice(0, -1);
    if (folder.at(-1) === 'anaconda') folder.pop();
    roots.add(folder.join('/') || '.');
  }
  // A run's own folders are part of it.
  return [...roots].filter((root) => ![...roots].some((other) => other !== root && isBelow(root, other))).toSorted();
}

const isBelow = (path: string, folder: string): boolean => folder === '.' || path.startsWith(`${folder}/`);

function kindOf(name: string): LogKind | 'script' | 'any-program' | undefined {
  const base = (name.split('/').at(-1) ?? '').replace(/\.(?:tail|txt)$/u, '');
  return NAMES.find(([pattern]) => pattern.test(base))?.[1];
}

/** Plain files below a directory, as paths with `/`, sorted. */
async function filesBelow(directory: string): Promise<string[]> {
  const names: string[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(join(directory, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (depth === 0) throw error;
      return [] as Dirent[];
    });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (names.length >= MAX_ENTRIES) return;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isFile()) names.push(path);
      else if (entry.isDirectory() && depth < MAX_DEPTH) await visit(path, depth + 1);
    }
  };
  await visit('', 0);
  return names;
}

/** lorax and anaconda both have a program.log, of different forms. */
async function programKind(path: string, name: string): Promise<LogKind> {
  if (/(?:^|\/)anaconda\/[^/]+$/u.test(name)) return 'installer-program';
  const head = await readPart(path, 4096).catch(() => '');
  return /^\d{2}:\d{2}:\d{2},\d{3} /mu.test(head) ? 'installer-program' : 'program';
}

async function readKickstart(directory: string, names: readonly string[]): Promise<LogDirectory['kickstart']> {
  for (const pattern of KICKSTARTS) {
    const matching = names.filter((name) => pattern.test(name.split('/').at(-1) ?? ''));
    const [name] = matching;
    // Of several of the same kind it is unknown which one it was.
    if (name === undefined || matching.length > 1) continue;
    const text = await readPart(join(directory, name), MAX_KICKSTART_BYTES).catch(() => undefined);
    if (text !== undefined) return { name, text };
  }
  return undefined;
}

async function readPart(path: string, bytes: number): Promise<string> {
  const { handle } = await openPlainFile(path);
  await using _ = handle;
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await handle.read(buffer, 0, bytes, 0);
  return buffer.toString('utf8', 0, bytesRead);
}
