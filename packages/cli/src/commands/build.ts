import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { CliError } from '../errors.ts';
import { say } from '../render.ts';
import { distOf, type Workspace } from '@phyllome/pipeline';
import { keepImage, planImage, restoreImage, signResult, verifyResult } from '@phyllome/pipeline/image';
import { readManifest } from '@phyllome/iso-builder';
import { openSigners, type Signers } from '@phyllome/signing';
import { type Image, readImage } from '@phyllome/pipeline/record';
import { placeIso, type StoreOptions } from '@phyllome/pipeline/store';
import { printJson, printNote } from '../print.ts';
import { type ImageCommandOptions, imageCommand, nxCommand } from './image.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { openStore } from '@phyllome/pipeline/store';
import { type BuildFlags, buildOptions, withBuildFlags } from '../options/build.ts';

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
 * `phyllome build EDITION`: the edition's ISO in `dist/iso-<edition>/`, linked from the image store. Builds it when
 * there is none yet, or when the store lost it (Nx may have restored `image.json` from a cache that outlived it). Signs it
 * where the environment says with what.
 */
export async function buildCommand(workspace: Workspace, edition: string, options: ImageCommandOptions): Promise<void> {
  const { inputs } = planImage(workspace, edition, options);
  const signers = await openSigners(options.env, options);
  const dist = distOf(workspace, edition);
  const known = await readImage(workspace, edition);
  const current = known !== undefined && (await isCurrent(dist, known, inputs, options));
  const image =
    (current && (await isPlaced(known, dist, options)) && known) ||
    (await restore(dist, edition, inputs, options)) ||
    (await buildAgain(workspace, edition, { lost: current ? known : undefined }, options));

  await sign(dist, { image, inputs, signers }, options);

  const iso = join(dist, image.name);
  await removeOtherIsos(dist, image);
  if (options.json) printJson({ type: 'result', iso, ...image });
  else say(summary(workspace, image, iso));
}

async function isPlaced(image: Image, dist: string, options: ImageCommandOptions): Promise<boolean> {
  return (await placeIso(options.store, image, join(dist, image.name), storeOptions(options))) !== undefined;
}

/** The store's notes are printed where standard output is for people. */
function storeOptions({ json = false, signal }: ImageCommandOptions): StoreOptions {
  return { signal, onNote: json ? undefined : (message) => say(`note: ${message}`) };
}

/** Another clone, or an earlier build, may have left the same in the store. */
async function restore(
  directory: string,
  edition: string,
  inputs: string,
  options: ImageCommandOptions,
): Promise<Image | undefined> {
  const image = await restoreImage(options.store, { directory, edition, inputs }, storeOptions(options));
  if (image === undefined || !(await isPlaced(image, directory, options))) return undefined;
  if (!options.json) say(`The image store has ${image.name} of the same inputs: nothing to build`);
  return image;
}

/**
 * Signs what lies in `dist/`, after all of it was checked once more, the ISO included: caches may have brought it. The
 * signatures go into the store with it.
 */
async function sign(
  directory: string,
  { image, inputs, signers }: { image: Image; inputs: string; signers: Signers },
  options: ImageCommandOptions,
): Promise<void> {
  if (signers.provenance === undefined && signers.checksum === undefined) return;
  const { checks } = await verifyResult(directory, { additions: false, signal: options.signal });
  const problem = checks.find(({ name, problems }) => name !== 'signature' && problems.length > 0)?.problems[0];
  if (problem !== undefined) throw problem;
  const signed = await signResult(directory, signers);
  const manifest = await readManifest(directory);
  if (signed.length === 0 || manifest === undefined) return;
  await keepImage(options.store, { directory, image, manifest, inputs }, storeOptions(options));
  if (!options.json) say(`Signed: ${signed.join(', ')}`);
}

async function buildAgain(
  workspace: Workspace,
  edition: string,
  { lost }: { lost: Image | undefined },
  options: ImageCommandOptions,
): Promise<Image> {
  if (lost !== undefined && !options.json) say(`The image store does not have ${lost.name}: building it`);
  const image = await imageCommand(workspace, edition, options);
  if (await isPlaced(image, distOf(workspace, edition), options)) return image;
  throw new CliError('NO_IMAGE', `the image store lost ${image.name} while it was linked`, {
    hint: `phyllome store verify, then phyllome build ${edition}`,
  });
}

/**
 * Is this what would be built now, and is its evidence whole? Nx has seen to the first, but brings evidence from caches
 * that others may write.
 */
async function isCurrent(
  directory: string,
  image: Image,
  inputs: string,
  { signal }: ImageCommandOptions,
): Promise<boolean> {
  const { manifest, checks } = await verifyResult(directory, { iso: false, additions: false, signal });
  const problem = checks.find(({ problems }) => problems.length > 0)?.problems[0];
  if (problem !== undefined) printNote(`note: the evidence in dist/ is not used: ${problem.message}`);
  return problem === undefined && manifest?.iso.sha256 === image.sha256 && manifest.labels['inputs'] === inputs;
}

/**
 * An edition's folder holds one ISO of ours: a rehearsal must not lie beside the Fedora build that replaced it. Others
 * are somebody's own, and stay.
 */
async function removeOtherIsos(dist: string, image: Image): Promise<void> {
  const plain = image.name.replace(/(-rehearsal)?\.iso$/, '');
  const ours = [`${plain}.iso`, `${plain}-rehearsal.iso`];
  for (const name of ours.filter((other) => other !== image.name))
    for (const file of [name, `${name}.sha256`]) await rm(join(dist, file), { force: true });
}

function summary(workspace: Workspace, image: Image, iso: string): string {
  const lines = [
    relative(process.cwd(), iso),
    `  ${(image.size / 2 ** 20).toFixed(0)} MiB, volume ${image.volid}, sha256 ${image.sha256}`,
    `  evidence beside it: manifest.json, logs/`,
  ];
  if (image.rehearsal) {
    lines.push('  This is a REHEARSAL: made of Debian packages to prove the pipeline. It is not Phyllome OS.');
  }
  lines.push(`  test it: ${nxCommand('test-vm', image)}`);
  return lines.join('\n').replaceAll(workspace.root + '/', '');
}
