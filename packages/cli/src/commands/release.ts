import { join } from 'node:path';
import { temporaryDirectory } from '@phyllome/host';
import { readPlainFile } from '@phyllome/host/plain-file';
import { flatten } from '@phyllome/flattener';
import { diffKickstarts } from '@phyllome/flattener/diff';
import { distOf, editionOf, flatPath, isLive, leafOfEdition } from '@phyllome/pipeline';
import { configOf } from '@phyllome/pipeline/config/load';
import type { Workspace } from '@phyllome/pipeline';
import { fetchRelease, publish, readBuild, readPreviousReleases } from '@phyllome/release';
import { openSigners } from '@phyllome/signing';
import type { Build, ReleasedBuild } from '@phyllome/release';
import { type Command, InvalidArgumentError } from 'commander';
import type { Context, Example } from '../command.ts';
import { editionFacts } from '../editions/edition.ts';
import { formatOption, jsonOption } from '../options/format.ts';
import { printJson, printNote } from '../print.ts';
import { say } from '../render.ts';
import { renderKickstartDiff } from './diff.ts';

export const examples: readonly Example[] = [
  ['phyllome release 44.1', 'lay out every accepted edition in dist/ as release/44.1'],
  [
    'phyllome release 44.2 dhi l --previous https://images.example/44.1 --base-url https://images.example/44.2',
    'two editions, with what changed since the last release, zsync and torrent files',
  ],
];

interface Flags {
  output?: string;
  previous?: string;
  baseUrl?: string;
  split?: number;
  evenUnjudged: boolean;
  format: 'human' | 'json';
}

export function define(command: Command, context: Context): void {
  command
    .argument('<tag>', 'the name of the release, as 44.1')
    .argument('[edition...]', 'editions, as dhi; every one that is built when none is named')
    .option('-o, --output <directory>', 'the new directory (default: release/<tag>)')
    .option('--previous <directory>', 'the last release, to say what changed; or the address at which it is served')
    .option('--base-url <url>', 'where it will be served: for zsync and torrent files')
    .option('--split <size>', 'cut larger ISOs into parts, as 2047M', parseSize)
    .option('--even-unjudged', 'also editions that were not accepted', false)
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action((tag: string, editions: string[], flags: Flags) => releaseCommand(context, tag, editions, flags));
}

/**
 * `phyllome release TAG [edition…]`: a directory that any web server can serve.
 *
 * @throws {ReleaseError} NOT_ACCEPTED, RELEASE_EXISTS, NOTHING_TO_RELEASE, BUILD_DAMAGED, BAD_TAG, PREVIOUS_UNREACHABLE
 * @throws {SigningError} when a key is named that cannot sign
 */
async function releaseCommand(context: Context, tag: string, editions: string[], flags: Flags): Promise<void> {
  const workspace = context.open();
  const { output = join(workspace.root, 'release', tag), baseUrl, split, evenUnjudged } = flags;
  await using downloads = new AsyncDisposableStack();
  const previous = isAddress(flags.previous)
    ? await fetched(flags.previous, downloads, context.signal)
    : flags.previous;
  const named = editions.length > 0 ? editions : workspace.leaves.filter(isLive).map(editionOf);
  const builds: ReleasedBuild[] = [];
  for (const edition of named) {
    const build = await builtEdition(workspace, edition, editions.length > 0);
    if (build) builds.push(await released(workspace, build, previous));
  }
  const profile = builds.some(({ build }) => build.profile === 'release') ? 'release' : 'draft';
  const { checksum } = await openSigners(context.env, { profile, publishes: true, signal: context.signal });
  const {
    directory,
    notes,
    signed,
    editions: published,
  } = await publish({
    tag,
    project: configOf(workspace).title,
    date: new Date().toISOString(),
    builds,
    destination: output,
    splitBytes: split,
    baseUrl,
    previousReleases: previous === undefined ? undefined : await readPreviousReleases(previous),
    evenUnjudged,
    sign: checksum && ((text) => checksum.sign(text)),
    signal: context.signal,
  });
  if (flags.format === 'json') {
    printJson(
      { version: 1, directory, signed, notes, isos: published.map(({ iso, parts }) => ({ ...iso, parts })) },
      2,
    );
    return;
  }
  say(directory);
  for (const { iso, parts } of published) say(`  ${iso.path}${parts.length > 0 ? `, in ${parts.length} parts` : ''}`);
  for (const note of notes) printNote(`note: ${note}`);
  if (builds.some(({ build }) => build.rehearsal)) {
    say(
      `  This is a REHEARSAL of a release: its images are made of Debian packages. They are not ${configOf(workspace).title}.`,
    );
  }
}

const isAddress = (text: string | undefined): text is string => /^https?:\/\//u.test(text ?? '');

/** The directory with what is compared of a release that is served. */
async function fetched(url: string, downloads: AsyncDisposableStack, signal: AbortSignal): Promise<string> {
  const { path } = downloads.use(await temporaryDirectory('previous-'));
  await fetchRelease(url, path, signal);
  return path;
}

/** Without its ISO, or never built: left out, unless it was asked for by name. */
async function builtEdition(workspace: Workspace, edition: string, required: boolean): Promise<Build | undefined> {
  leafOfEdition(workspace, edition);
  try {
    return await readBuild(distOf(workspace, edition));
  } catch (error) {
    if (!required && error instanceof Error && 'code' in error && error.code === 'NOT_A_BUILD') return undefined;
    throw error;
  }
}

/** Bytes of a released kickstart at most. */
const largestKickstart = 16 * 2 ** 20;

async function released(workspace: Workspace, build: Build, last: string | undefined): Promise<ReleasedBuild> {
  const leaf = leafOfEdition(workspace, build.edition);
  const path = flatPath(leaf);
  const kickstart = workspace.readFile(path) ?? '';
  const before = last === undefined ? undefined : join(last, build.edition);
  const previous = before === undefined ? undefined : await readBuild(before).catch(() => undefined);
  const old =
    previous && before
      ? await readPlainFile(join(before, 'kickstart.cfg'), largestKickstart).then(String, () => undefined)
      : undefined;
  return {
    build,
    title: editionFacts(workspace, leaf).title,
    kickstart,
    kickstartChanges: old === undefined ? undefined : changesBetween(old, kickstart, path),
    previous,
  };
}

function changesBetween(old: string, now: string, path: string): string[] {
  const parse = (text: string): ReturnType<typeof flatten>['kickstart'] =>
    flatten(path, { readFile: (file) => (file === path ? text : undefined) }).kickstart;
  return renderKickstartDiff(diffKickstarts(parse(old), parse(now)), 'last release', 'this release').split('\n');
}

/** `2047M`, `2G`, or bytes. */
function parseSize(text: string): number {
  const [, digits = '', unit = ''] = /^([1-9]\d{0,12})([KMG]?)$/u.exec(text) ?? [];
  if (digits === '') throw new InvalidArgumentError('It is a number of bytes, or one with K, M or G at its end.');
  return Number(digits) * 1024 ** ['', 'K', 'M', 'G'].indexOf(unit);
}
