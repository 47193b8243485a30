import { readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readManifest } from '@phyllome/iso-builder';
import { say } from '../render.ts';
import {
  distOf,
  kickstartDigest,
  leafOfEdition,
  requireFresh,
  type Workspace,
  writeIfChanged,
} from '@phyllome/pipeline';
import { buildDate, chooseBuilder } from '@phyllome/pipeline/image';
import { type Image, readImage } from '@phyllome/pipeline/record';
import { hasIso, linkIso } from '@phyllome/pipeline/store';
import { printJson } from '../print.ts';
import { type ImageCommandOptions, imageCommand } from './image.ts';

/**
 * `phyllome build EDITION`: the edition's ISO in `dist/iso-<edition>/`, linked from the image store. Builds it when
 * there is none yet, or when the store lost it (Nx may have restored `image.json` from a cache that outlived it).
 */
export async function buildCommand(workspace: Workspace, edition: string, options: ImageCommandOptions): Promise<void> {
  const leaf = leafOfEdition(workspace, edition);
  const dist = distOf(workspace, edition);
  const known = await readImage(workspace, edition);
  const current = known !== undefined && (await isCurrent(workspace, leaf, known, options));
  const stored = current && (await hasIso(options.store, known));
  if (current && !stored && !options.json) say(`The image store no longer has ${known.name}: building it again`);
  const image = stored ? known : await imageCommand(workspace, edition, options);

  const iso = join(dist, image.name);
  await linkIso(options.store, image, iso);
  await writeIfChanged(workspace, `${iso}.sha256`, `${image.sha256}  ${image.name}\n`);
  await removeOtherIsos(dist, image);
  if (options.json) printJson({ type: 'result', iso, ...image });
  else say(summary(workspace, image, iso));
}

/** Is this what would be built now? Nx has seen to that; whoever runs the command without Nx has only this. */
async function isCurrent(
  workspace: Workspace,
  leaf: string,
  image: Image,
  { profile, extraBootArgs = '', env }: ImageCommandOptions,
): Promise<boolean> {
  const builder = chooseBuilder(workspace.root, profile, env);
  const manifest = await readManifest(distOf(workspace, image.edition));
  return (
    image.kickstart === kickstartDigest(requireFresh(workspace, leaf)) &&
    image.profile === profile &&
    image.extraBootArgs === extraBootArgs &&
    manifest?.iso.sha256 === image.sha256 &&
    manifest.sourceDateEpoch === buildDate(workspace, env) &&
    manifest.builder.name === builder.name &&
    manifest.builder.contextDigest === builder.contextDigest
  );
}

/** An edition's folder holds one ISO: a rehearsal must not lie beside the Fedora build that replaced it. */
async function removeOtherIsos(dist: string, image: Image): Promise<void> {
  const others = (await readdir(dist)).filter((name) => /\.iso(\.sha256)?$/.test(name) && !name.startsWith(image.name));
  await Promise.all(others.map((name) => rm(join(dist, name), { force: true })));
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
  lines.push(`  test it: pnpm nx test-vm iso-${image.edition}`);
  return lines.join('\n').replaceAll(workspace.root + '/', '');
}
