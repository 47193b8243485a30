import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@phyllome/host';
import { parseJson } from '@phyllome/host/json';
import { digestOfPlainFile, readPlainFile } from '@phyllome/host/plain-file';
import {
  annotationKeys,
  type Descriptor,
  hexOf,
  indexSchema,
  layoutSchema,
  manifestSchema,
  mediaTypes,
} from '@phyllome/pipeline/store/layout';
import { CliError } from './errors.ts';

/** Of a document of a layout: what is larger is none. */
const MOST_BYTES = 4 * 2 ** 20;
/** What a layer with a bootable image is called; tools name files by their layer's title. */
const IMAGE_NAME = /\.(?:iso|qcow2|raw|img)(?:\.(?:gz|xz|zst))?$/iu;
/** A layer with the files of a container holds no image as it is. */
const FILES = /\btar\b/u;

/** Is it a directory as skopeo, oras and the image store write artifacts to? */
export function isLayout(path: string): boolean {
  return existsSync(join(path, 'oci-layout'));
}

/**
 * The file with the one bootable image of an OCI image layout, proven by its digest: the layer that is an ISO by its
 * media type or an image by its title, or the only layer that there is.
 * @throws {CliError} ISO_NOT_FOUND when there is none, or several, or it is not what the manifest says
 */
export async function imageInLayout(directory: string, signal: AbortSignal): Promise<string> {
  try {
    layoutSchema.parse(parseJson(String(await readPlainFile(join(directory, 'oci-layout'), MOST_BYTES))));
    const index = indexSchema.parse(parseJson(String(await readPlainFile(join(directory, 'index.json'), MOST_BYTES))));
    const manifests = index.manifests.filter(({ mediaType }) => mediaType === mediaTypes.manifest);
    const images: Descriptor[] = [];
    for (const manifest of manifests) {
      const path = await provenBlob(directory, manifest, signal);
      images.push(...imagesOf(manifestSchema.parse(parseJson(String(await readPlainFile(path, MOST_BYTES)))).layers));
    }
    const [image, ...others] = images;
    if (image === undefined || others.length > 0) throw new Error(`it has ${images.length} bootable images`);
    return await provenBlob(directory, image, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new CliError(
      'ISO_NOT_FOUND',
      `${directory} is an OCI image layout without one image to boot: ${messageOf(cause)}`,
      {
        hint: 'name the file itself, below its blobs/sha256',
        cause,
      },
    );
  }
}

function imagesOf(layers: readonly Descriptor[]): Descriptor[] {
  const named = layers.filter(
    ({ mediaType, annotations }) =>
      mediaType === mediaTypes.iso || IMAGE_NAME.test(annotations?.[annotationKeys.title] ?? ''),
  );
  if (named.length > 0) return named;
  return layers.length === 1 ? layers.filter(({ mediaType }) => !FILES.test(mediaType)) : [];
}

/** The path of a blob whose bytes are what its descriptor says. */
async function provenBlob(directory: string, descriptor: Descriptor, signal: AbortSignal): Promise<string> {
  const path = join(directory, 'blobs', 'sha256', hexOf(descriptor));
  const { size, sha256 } = await digestOfPlainFile(path, { signal });
  if (size !== descriptor.size || sha256 !== hexOf(descriptor)) throw new Error(`${path} is damaged`);
  return path;
}
