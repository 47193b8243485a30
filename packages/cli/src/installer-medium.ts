import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { distOf, installerOf, nxOf, type Workspace } from '@phyllome/pipeline';
import { type Image, readImage } from '@phyllome/pipeline/record';
import { type ImageStore, placeIso } from '@phyllome/pipeline/store';
import { CliError } from './errors.ts';

/** Where distributions' installers are kept, beside the images. */
export const mediaIn = (store: ImageStore): string => join(store.root, 'media');

/** An installer medium of ours, ready to be booted. */
export interface InstallerMedium {
  image: Image;
  /** Absolute. */
  iso: string;
}

/**
 * The installer medium of an install leaf, in `dist/`; brought back from the image store when it is there only.
 *
 * @throws {CliError} NO_IMAGE when it was not built
 */
export async function installerMedium(workspace: Workspace, leaf: string, store: ImageStore): Promise<InstallerMedium> {
  const name = installerOf(leaf);
  const image = await readImage(workspace, name);
  const iso = image && join(distOf(workspace, name), image.name);
  if (iso && !existsSync(iso)) await placeIso(store, image, iso);
  if (iso && existsSync(iso)) return { image, iso };
  throw new CliError('NO_IMAGE', `there is no installer medium of ${leaf} in ${distOf(workspace, name)}`, {
    hint: `${nxOf('build', name)}; or name another installer by --source`,
  });
}

/**
 * The medium that a leaf is installed from where no other is named: the one that this builder made of it. Without one, a
 * distribution's installer comes from its tree.
 *
 * @throws {CliError} NO_IMAGE of a rehearsal, which has no other installer
 */
export async function mediumOfBuilder(
  workspace: Workspace,
  leaf: string,
  { builder, store }: { builder: string; store: ImageStore },
): Promise<InstallerMedium | undefined> {
  if (builder !== 'rehearsal' && (await readImage(workspace, installerOf(leaf)))?.builder !== builder) return undefined;
  return await installerMedium(workspace, leaf, store);
}
