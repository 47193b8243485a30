import { join, relative } from 'node:path';
import { openEngine } from '@phyllome/iso-builder';
import {
  distOf,
  editionOf,
  isLive,
  leafOfEdition,
  readRelease,
  requireFresh,
  type Workspace,
  writeIfChanged,
} from '@phyllome/pipeline';
import { buildDatePath, buildDateText, chooseBuilder } from '@phyllome/pipeline/image';
import { formatRecorded, parseRecorded, recordedPath, resolveRpms, wantedOf } from '@phyllome/pipeline/refresh';
import { diffPackages, type ImageDiff, type Package, readBuild } from '@phyllome/release';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { CliError } from '../errors.ts';
import { formatOption, jsonOption } from '../options/format.ts';
import { printJson } from '../print.ts';
import { parseLock } from '@phyllome/rehearsal';
import { offeredToday, putLocks } from '../rehearsal-locks.ts';
import { say } from '../render.ts';

export const examples: readonly Example[] = [
  [
    'phyllome refresh',
    'record the packages that every edition comes to today, and what that changes since it was built',
  ],
  ['phyllome refresh dhi --check', 'record nothing; fail when packages of dhi have changed'],
  ['phyllome refresh --since release/44.0', 'compare with a release instead'],
];

interface Flags {
  check: boolean;
  since?: string;
  format: 'human' | 'json';
}

export function define(command: Command, context: Context): void {
  command
    .argument('[edition...]', 'editions, as dhi; every one when none is named')
    .option('--check', 'record nothing; fail when packages have changed', false)
    .option('--since <directory>', 'a release to compare with, instead of what was built last')
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action((editions: string[], flags: Flags) => refreshCommand(context, editions, flags));
}

/** Packages of an edition, and where that is known from, for people. */
interface Known {
  packages: readonly Package[];
  source: string;
}

/** What of an edition has changed; `since` is undefined where nothing is known of before. */
interface Change {
  edition: string;
  since: string | undefined;
  packages: ImageDiff['packages'];
}

/**
 * `phyllome refresh [edition…]`: resolves what the chosen builder would install today, says what of that is otherwise than
 * when the edition was built, and records it: from then on it decides the image, and the next build is of today's packages.
 *
 * @throws {CliError} PACKAGES_CHANGED with `check`
 * @throws {PipelineError} PACKAGES_UNRESOLVED, UNKNOWN_EDITION, FLAT_STALE; {RehearsalError}; {IsoBuildError}
 */
async function refreshCommand(context: Context, named: readonly string[], flags: Flags): Promise<void> {
  const workspace = context.open();
  for (const edition of named) leafOfEdition(workspace, edition);
  const editions = named.length > 0 ? named : workspace.leaves.filter(isLive).map(editionOf);
  const { check, since, format } = flags;
  const builder = chooseBuilder(workspace, 'draft', context.env).name;
  const today = builder === 'rehearsal' ? await debianToday(context) : await rpmsToday(context, editions);
  const changes: Change[] = [];
  for (const edition of editions) {
    const now = today.packages.get(edition) ?? [];
    const before = await knownOf(workspace, edition, { builder, since, now });
    const packages = diffPackages(before?.packages ?? now, now);
    changes.push({ edition, since: before?.source, packages });
  }
  const written = check ? [] : await today.record();
  if (format === 'json') printJson({ version: 1, builder, editions: changes, written }, 2);
  else for (const line of changes.flatMap(renderChange)) say(line);
  if (format === 'human' && !check) say(written.length === 0 ? 'nothing to record' : `recorded: ${written.join(', ')}`);
  const other = changes.filter(({ packages }) => sizeOf(packages) > 0);
  if (check && other.length > 0) {
    throw new CliError(
      'PACKAGES_CHANGED',
      `packages of ${other.map(({ edition }) => edition).join(', ')} have changed`,
      {
        hint: 'phyllome refresh, then review and commit what it records, and build',
      },
    );
  }
}

interface Today {
  packages: Map<string, readonly Package[]>;
  /** Writes it into the checkout. Returns the files that have changed. */
  record(): Promise<string[]>;
}

async function debianToday(context: Context): Promise<Today> {
  const { env, signal } = context;
  const workspace = context.open();
  const { packages, locks } = await offeredToday(workspace, { env, signal });
  const live = workspace.leaves.filter(isLive).map(editionOf);
  return {
    packages: new Map(live.map((edition, index) => [edition, packages[index] ?? []])),
    async record() {
      const paths = Object.entries(locks)
        .filter(([name, text]) => workspace.readFile(`containers/rehearsal/${name}`) !== text)
        .map(([name]) => `containers/rehearsal/${name}`);
      await putLocks(workspace, locks, { check: false, quiet: true });
      return paths;
    },
  };
}

async function rpmsToday(context: Context, editions: readonly string[]): Promise<Today> {
  const { env, signal } = context;
  const workspace = context.open();
  const builder = chooseBuilder(workspace, 'draft', env);
  const release = String(readRelease(workspace).version);
  await using engine = await openEngine({ env, signal });
  const texts = new Map<string, string>();
  const packages = new Map<string, readonly Package[]>();
  for (const edition of editions) {
    const { kickstart } = requireFresh(workspace, leafOfEdition(workspace, edition));
    const found = await resolveRpms(wantedOf(kickstart, release), { engine, builder, signal });
    packages.set(edition, found);
    texts.set(recordedPath(edition, builder.name), formatRecorded(found));
  }
  return {
    packages,
    async record() {
      const paths = [...texts].filter(([path, text]) => workspace.readFile(path) !== text).map(([path]) => path);
      for (const path of paths) await writeIfChanged(workspace, path, texts.get(path) ?? '');
      if (paths.length > 0) await writeIfChanged(workspace, buildDatePath, buildDateText(new Date()));
      return paths;
    },
  };
}

/** What was built last by this builder, or what was recorded; undefined: neither. */
async function knownOf(
  workspace: Workspace,
  edition: string,
  { builder, since, now }: { builder: string; since: string | undefined; now: readonly Package[] },
): Promise<Known | undefined> {
  const directory = since === undefined ? distOf(workspace, edition) : join(since, edition);
  try {
    const build = await readBuild(directory);
    if (build.builder === builder)
      return { packages: comparable(build.packages, builder), source: relative(workspace.root, directory) };
  } catch (error) {
    if (since !== undefined) throw error;
    if (!(error instanceof Error && 'code' in error && error.code === 'NOT_A_BUILD')) throw error;
  }
  return recorded(workspace, edition, { builder, now });
}

/** apt names no architecture where it only says what it would do. */
const comparable = (packages: readonly Package[], builder: string): readonly Package[] =>
  builder === 'rehearsal' ? packages.map(({ name, version }) => ({ name, version })) : packages;

function recorded(
  workspace: Workspace,
  edition: string,
  { builder, now }: { builder: string; now: readonly Package[] },
): Known | undefined {
  const path = builder === 'rehearsal' ? 'containers/rehearsal/packages.lock' : recordedPath(edition, builder);
  const text = workspace.readFile(path);
  if (text === undefined) return undefined;
  if (builder !== 'rehearsal') return { packages: parseRecorded(text, path), source: path };
  // One lock for all editions: of what this one needs today.
  const names = new Set(now.map(({ name }) => name));
  const packages = comparable(parseLock(text), builder).filter(({ name }) => names.has(name));
  return { packages, source: path };
}

/** Packages that are listed of one edition. */
const shown = 40;

function renderChange({ edition, since, packages }: Change): string[] {
  const { updated, added, removed } = packages;
  if (since === undefined) return [`${edition}: nothing is known of an earlier build`];
  if (sizeOf(packages) === 0) return [`${edition}: the same packages as in ${since}`];
  const lines = [
    ...updated.map(({ name, from, to }) => `  ${name}  ${from} → ${to}`),
    ...added.map(({ name, version }) => `+ ${name}  ${version}`),
    ...removed.map(({ name, version }) => `- ${name}  ${version}`),
  ];
  const more = lines.length > shown ? [`    and ${lines.length - shown} more (--json has them)`] : [];
  return [
    `${edition}: ${updated.length} updated, ${added.length} added, ${removed.length} removed since ${since}`,
    ...lines.slice(0, shown).map((line) => `  ${line}`),
    ...more,
  ];
}

const sizeOf = ({ updated, added, removed }: ImageDiff['packages']): number =>
  updated.length + added.length + removed.length;
