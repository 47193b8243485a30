import { isDigest } from '@phyllome/host/names';
import * as z from 'zod';

/**
 * The OCI image layout, as far as the store needs it (image-spec 1.1: image-layout.md, manifest.md, descriptor.md): a
 * directory that skopeo, oras and every registry can read. An ISO is an artifact: a manifest whose layers are the ISO
 * and its evidence, and whose config is the empty document.
 */

/** `oci-layout`: what makes a directory an image layout. */
export const layoutSchema = z.looseObject({ imageLayoutVersion: z.literal('1.0.0') });

/** Media types of the specification, and of what an artifact of ours is made of. */
export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  /** Of the artifact: one ISO with its evidence. */
  artifact: 'application/vnd.phyllome.image.v1',
  /** As IANA registers it. */
  iso: 'application/vnd.efi.iso',
} as const;

/** Annotations of artifacts, in their manifest and again at their entry of the index, where they are looked up. */
export const annotationKeys = {
  /** Path of a layer in the result's directory; of an artifact, the ISO's name. What oras names files by. */
  title: 'org.opencontainers.image.title',
  created: 'org.opencontainers.image.created',
  /** What skopeo calls `oci:directory:NAME`. */
  refName: 'org.opencontainers.image.ref.name',
  /** Digest of the ISO. */
  iso: 'org.phyllome.iso',
  /** Digest of what decides the ISO: a build of the same looks it up by this. */
  inputs: 'org.phyllome.inputs',
  edition: 'org.phyllome.edition',
  profile: 'org.phyllome.profile',
  builder: 'org.phyllome.builder',
  /** The registry that an image came from unsigned. */
  source: 'org.phyllome.source',
} as const;

const digest = z.string().refine(isDigest, 'it is not a sha256 digest');
const annotations = z.record(z.string(), z.string());

/** What points at a blob. */
const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest,
  /** Bytes. */
  size: z.int().nonnegative(),
  annotations: annotations.optional(),
  artifactType: z.string().optional(),
});
export type Descriptor = z.infer<typeof descriptorSchema>;

/** `index.json`. Entries that are not ours are kept as they are. */
export const indexSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(mediaTypes.index).optional(),
  manifests: z.array(descriptorSchema),
});
export type Index = z.infer<typeof indexSchema>;

/** Any manifest: what another program put there may be the image of a container. */
export const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
});

/** The manifest of an ISO and its evidence. */
export const artifactSchema = manifestSchema.extend({
  mediaType: z.literal(mediaTypes.manifest),
  artifactType: z.literal(mediaTypes.artifact),
  layers: z.array(descriptorSchema).min(1),
  annotations: annotations.optional(),
});
export type Artifact = z.infer<typeof artifactSchema>;

/** Bytes of the empty document, the config of every artifact. */
export const emptyDocument = '{}';

/** The part of a digest that names its blob: `blobs/sha256/<hex>`. */
export function hexOf({ digest: text }: Pick<Descriptor, 'digest'>): string {
  return text.slice('sha256:'.length);
}

/** What a file of a result is, by its path: for those who download one layer of an artifact. */
export function mediaTypeOf(path: string): string {
  if (path.endsWith('.iso')) return mediaTypes.iso;
  if (path.endsWith('.spdx.json')) return 'application/spdx+json';
  if (path.endsWith('.intoto.json')) return 'application/vnd.in-toto+json';
  if (path.endsWith('.sigstore.json')) return 'application/vnd.dev.sigstore.bundle.v0.3+json';
  if (path.endsWith('.jsonl')) return 'application/jsonl';
  return path.endsWith('.json') ? 'application/json' : 'text/plain';
}
