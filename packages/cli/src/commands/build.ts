import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { hostSystemFiles, isolationOf, readManifest } from '@phyllome/iso-builder';
import { distOf, flatPath, installedBy, leafOfEdition, requireFresh, type Workspace } from '@phyllome/pipeline';
import { configOf, configPlaces } from '@phyllome/pipeline/config/load';
import { codePlaces } from '@phyllome/pipeline/code';
import { envFile } from '@phyllome/pipeline/env-file';
import { keepImage, type Obtained, signResult, verifyResult } from '@phyllome/pipeline/obtain';
import { imageInputs } from '@phyllome/pipeline/image-inputs';
import type { Image } from '@phyllome/pipeline/record';
import { isShared, openRemote, pushImage, type Remote, RemoteError } from '@phyllome/pipeline/remote';
import { blobPath, findImage, openStore, placeIso, type StoreOptions } from '@phyllome/pipeline/store';
import { noteUpToDate, treeOf } from '@phyllome/pipeline/up-to-date';
import { openSigners, type Signers } from '@phyllome/signing';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { CliError } from '../errors.ts';
import { type BuildFlags, buildOptions, withBuildFlags } from '../options/build.ts';
import { printJson, printNote } from '../print.ts';
import { pushedText } from '../pushed-text.ts';
import { linksTo } from '../hyperlinks.ts';
import { clock, say } from '../render.ts';
import { type ImageCommandOptions, imageCommand, nothingToBuild, nxCommand } from './image.ts';

export const examples: readonly Example[] = [
  ['phyllome build dhi', 'put the ISO of edition dhi into dist/iso-dhi'],
  ['phyllome build dhi --profile release --json', 'build it small, and print events as JSON'],
];

export function define(command: Command, context: Context): void {
  withBuildFlags(command).action(async (edition: string, flags: BuildFlags) => {
    const workspace = context.open();
    const { env, signal } = context;
    await buildCommand(workspace, edition, { ...buildOptions(flags, env), store: openStore(env), signal });
  });
}

/**
 * `phyllome build EDITION`: the edition's ISO in `dist/iso-<edition>/`, linked from the image store. Signs it where the
 * environment says with what, and pushes it where the remote store is writable.
 */
export async function buildCommand(workspace: Workspace, edition: string, options: ImageCommandOptions): Promise<void> {
  const since = performance.now();
  const signers = await openSigners(options.env, options);
  const remote = openRemote(options.env);
  const { image, inputs, how } = await imageCommand(workspace, edition, options);
  const dist = distOf(workspace, edition);
  const iso = join(dist, image.name);
  if ((await placeIso(options.store, image, iso, storeOptions(options))) === undefined)
    throw new CliError('NO_IMAGE', `the image store lost ${image.name} while it was linked`, {
      hint: `phyllome store verify, then phyllome build ${edition}`,
    });
  await removeOtherIsos(dist, image);
  await sign(workspace, { image, signers, inputs }, options);
  if (remote?.mode === 'write') await share(inputs, remote, options);

  const durationMs = Math.round(performance.now() - since);
  if (options.json) return printJson({ type: 'result', iso, how, durationMs, ...image });
  const { title } = configOf(workspace);
  const path = relative(process.cwd(), iso);
  const built = await builtBy(dist);
  const text = (ms: number): string => buildSummary(image, path, { how, title, durationMs: ms, built });
  say(text(durationMs), linksTo([path]));
  const passive = signers.provenance === undefined && signers.checksum === undefined && remote?.mode !== 'write';
  if (how === 'kept' && passive)
    await noteNothingToDo(workspace, { image, inputs }, `${nothingToBuild(image, how)}\n${text(0)}`, options);
}

/** For the next time: see `do-at-once.ts`, which asks for the note before anything is loaded. */
async function noteNothingToDo(
  workspace: Workspace,
  { image, inputs }: { image: Image; inputs: string },
  text: string,
  { store, env }: ImageCommandOptions,
): Promise<void> {
  const now = Date.now();
  const stored = await findImage(store, inputs, {});
  if (stored === undefined) return;
  const { root } = workspace;
  const leaf = leafOfEdition(workspace, image.edition);
  const code = codePlaces(imageInputs.code);
  const files = [...requireFresh(workspace, leaf).files, ...imageInputs.files, envFile];
  const dist = distOf(workspace, image.edition);
  noteUpToDate(
    { store, root, words: process.argv.slice(2), env },
    {
      states: [
        ...treeOf(...code.trees, join(root, 'containers')),
        ...code.files,
        ...files.map((path) => join(root, path)),
        ...configPlaces(root),
        ...(isolationOf(env) === 'host' ? hostSystemFiles(env) : []),
        ...[stored.iso, ...stored.evidence].map(({ sha256 }) => blobPath(store, sha256)),
        ...[image.name, ...otherIsos(image)].map((name) => join(dist, name)),
      ],
      // What Nx puts back.
      contents: [join(root, flatPath(leaf)), ...stored.evidence.map(({ path }) => join(dist, path))],
    },
    text,
    now,
  );
}

/** Others need not build it again. That they cannot have it does not fail this build. */
async function share(inputs: string, remote: Remote, options: ImageCommandOptions): Promise<void> {
  const { store, signal, json = false } = options;
  const image = await findImage(store, inputs, { ...storeOptions(options), ownOnly: true });
  if (image === undefined || (await isShared(store, image, remote))) return;
  try {
    if (!json) say(`Pushing ${image.iso.path} to ${remote.repository}`);
    const pushed = await pushImage(store, image, remote, { signal });
    if (!json) say(pushedText[pushed]);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RemoteError)) throw error;
    printNote(`warning[${error.code}] ${error.message}\n  hint: ${error.hint}`);
  }
}

/** The store's notes are printed where standard output is for people. */
function storeOptions({ json = false, signal }: ImageCommandOptions): StoreOptions {
  return { signal, onNote: json ? undefined : (message) => say(`note: ${message}`) };
}

/**
 * Signs what is in `dist/`, after all of it was checked once more, the ISO included: caches may have brought it. The
 * signatures go into the store with it.
 */
async function sign(
  workspace: Workspace,
  { image, signers, inputs }: { image: Image; signers: Signers; inputs: string },
  options: ImageCommandOptions,
): Promise<void> {
  if (signers.provenance === undefined && signers.checksum === undefined) return;
  const directory = distOf(workspace, image.edition);
  const { checks } = await verifyResult(directory, { additions: false, signal: options.signal });
  const problem = checks.find(({ name, problems }) => name !== 'signature' && problems.length > 0)?.problems[0];
  if (problem !== undefined) throw problem;
  const signed = await signResult(directory, signers);
  const manifest = await readManifest(directory);
  if (signed.length === 0 || manifest === undefined) return;
  await keepImage(options.store, { directory, image, manifest, inputs }, storeOptions(options));
  if (!options.json) say(`Signed: ${signed.join(', ')}`);
}

/**
 * An edition's folder holds one ISO of ours: a rehearsal must not be beside the Fedora build that replaced it. Others
 * are somebody's own, and stay.
 */
async function removeOtherIsos(dist: string, image: Image): Promise<void> {
  for (const name of otherIsos(image))
    for (const file of [name, `${name}.sha256`]) await rm(join(dist, file), { force: true });
}

function otherIsos({ name }: Image): string[] {
  const plain = name.replace(/(-rehearsal)?\.iso$/, '');
  return [`${plain}.iso`, `${plain}-rehearsal.iso`].filter((other) => other !== name);
}

/** When an ISO was built, and how long that took: its manifest says so. */
async function builtBy(dist: string): Promise<BuiltBy | undefined> {
  const manifest = await readManifest(dist);
  if (manifest === undefined) return undefined;
  const at = new Date(manifest.finishedAt);
  return { at, durationMs: at.getTime() - new Date(manifest.startedAt).getTime() };
}

interface BuiltBy {
  at: Date;
  /** Of the build. */
  durationMs: number;
}

interface SummaryFacts extends Pick<Obtained, 'how'> {
  title: string;
  /** Of this command. */
  durationMs: number;
  built: BuiltBy | undefined;
}

/** What there is now, where, how it came there, when it was built and how long that took, and what to do with it. Pure. */
export function buildSummary(image: Image, path: string, { how, title, durationMs, built }: SummaryFacts): string {
  const builtAt = built === undefined ? '' : `, built ${timeText(built.at)} in ${clock(built.durationMs)}`;
  const lines = [
    path,
    `  ${(image.size / 2 ** 20).toFixed(0)} MiB, volume ${image.volid}`,
    `  sha256 ${image.sha256}`,
    `  ${hows[how]} in ${clock(durationMs)}${how === 'built' ? '' : builtAt}`,
    `  evidence: manifest.json, logs/`,
  ];
  if (image.rehearsal) {
    lines.push(`  This is a REHEARSAL: made of Debian packages to prove the pipeline. It is not ${title}.`);
  }
  lines.push(
    `  ${installedBy(image.edition) === undefined ? 'test it' : 'install it into a virtual machine, and test that'}: ${nxCommand('test-vm', image)}`,
  );
  return lines.join('\n');
}

/** In UTC: what a cache prints again is true in any time zone. */
const timeText = (at: Date): string =>
  at
    .toISOString()
    .replace('T', ' ')
    .replace(/:\d\d\.\d+Z$/u, ' UTC');

const hows: Readonly<Record<Obtained['how'], string>> = {
  built: 'built',
  kept: 'up to date: checked',
  store: 'linked from the image store',
  remote: 'fetched from the remote store',
};
