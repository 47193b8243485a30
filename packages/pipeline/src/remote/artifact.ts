import { hash } from 'node:crypto';
import { parseJson } from '@phyllome/host/json';
import { isPlainPath } from '../store/images.ts';
import { annotationKeys, type Artifact, artifactSchema, type Descriptor, hexOf } from '../store/layout.ts';

/**
 * An image as registries have it: the artifact of the store, but a large ISO in parts, each a layer of its own. What a
 * registry has of an upload that was interrupted is the layers that were complete; with one layer of gigabytes, that is
 * nothing. Some registries also limit the size of a layer, or the time of an upload.
 */

/** Bytes of a part. */
export const partBytes = 256 * 2 ** 20;

/** Layers of an artifact at most: a few dozen files of evidence, and an ISO of 256 GiB. */
const mostLayers = 1200;

/** Which part of the ISO a layer is, from 1 on: `2/13`. */
const partKey = 'org.phyllome.part';

/** A file of an image, and the layers that it is made of. */
export interface RemoteFile {
  path: string;
  parts: Descriptor[];
}

/** The artifact with the ISO in parts. @param parts of the ISO, in order; one: it is the ISO itself */
export function withParts(artifact: Artifact, parts: readonly { sha256: string; size: number }[]): Artifact {
  if (parts.length < 2) return artifact;
  const layers = artifact.layers.flatMap((layer) =>
    isIso(layer)
      ? parts.map((part, at) => ({
          ...layer,
          digest: `sha256:${part.sha256}`,
          size: part.size,
          annotations: { ...layer.annotations, [partKey]: `${at + 1}/${parts.length}` },
        }))
      : [layer],
  );
  return { ...artifact, layers };
}

/**
 * What a registry sent as the manifest of an image. Pure.
 *
 * @returns its files; or why it is none of ours, as the end of a sentence that begins with its name
 */
export function parseRemote(
  text: Buffer,
): { files: RemoteFile[]; artifact: Artifact; digest: string } | { problem: string } {
  const artifact = artifactSchema.safeParse(jsonOf(text)).data;
  if (artifact === undefined) return { problem: 'is not an image of this project' };
  if (artifact.layers.length > mostLayers) return { problem: `has ${artifact.layers.length} layers` };
  const files = new Map<string, Descriptor[]>();
  for (const layer of artifact.layers) {
    const path = titleOf(layer);
    if (!isPlainPath(path)) return { problem: 'names a file outside of itself' };
    const before = files.get(path);
    if (before === undefined) files.set(path, [layer]);
    else before.push(layer);
  }
  for (const [path, parts] of files) {
    const single = parts.length === 1 && parts[0]?.annotations?.[partKey] === undefined;
    const complete = parts.every(({ annotations }, at) => annotations?.[partKey] === `${at + 1}/${parts.length}`);
    if (!single && (!complete || !path.endsWith('.iso'))) return { problem: `does not have ${path} in one piece` };
    if ([...files.keys()].some((other) => other.startsWith(`${path}/`)))
      return { problem: `has ${path} as a file and as a directory` };
  }
  const digest = `sha256:${hash('sha256', text)}`;
  return { artifact, digest, files: [...files].map(([path, parts]) => ({ path, parts })) };
}

export function isIso(layer: Descriptor): boolean {
  const path = titleOf(layer);
  return path.endsWith('.iso') && !path.includes('/');
}

/** Bytes of all layers; one that is named twice is there once. */
export function bytesOf({ layers }: Artifact): number {
  return [...new Map(layers.map((layer) => [hexOf(layer), layer.size])).values()].reduce((sum, size) => sum + size, 0);
}

function titleOf({ annotations }: Descriptor): string {
  return annotations?.[annotationKeys.title] ?? '';
}

function jsonOf(text: Buffer): unknown {
  try {
    return parseJson(text.toString('utf8'));
  } catch {
    return undefined;
  }
}
