import { join } from 'node:path';
import { KickstartError } from '@phyllome/flattener';
import { isName, isSha256, type NameKind } from '@phyllome/host/names';
import type { Manifest } from '@phyllome/iso-builder';
import * as z from 'zod';
import { readDocument } from './document.ts';
import { PipelineError } from './errors.ts';
import { compareFlat, kickstartDigest } from './flat.ts';
import { type Workspace, distOf, leafOfEdition } from './workspace.ts';

const name = (kind: NameKind) => z.string().refine((text) => isName(kind, text), 'it is not a name');
const sha256 = z.string().refine(isSha256, 'it is not a sha256');

/**
 * `image.json`: which ISO an edition is. Small, so that Nx can cache it and hash it; the ISO is in the store. It is also
 * input: a remote cache may have sent it. Its names become paths, so they are names and nothing else.
 */
export const imageSchema = z.object({
  schema: z.literal(1),
  /** `dhi`, or `install-dhi`: the installer medium of leaf dhi. */
  edition: name('edition'),
  /** File name of the ISO. */
  name: name('iso'),
  volid: name('volume id'),
  /** Bytes. */
  size: z.int().positive(),
  sha256,
  /** sha256 of the flat kickstart. */
  kickstart: sha256,
  builder: name('file'),
  /** True: made of Debian packages by the rehearsal builder, to prove the pipeline. It is not Phyllome OS. */
  rehearsal: z.boolean(),
  profile: z.enum(['draft', 'release']),
  /** Kernel arguments that were asked for beside the kickstart's. */
  extraBootArgs: z.string().max(4096).default(''),
  /** Of an installer medium: its menu does not wait for a person. */
  unattended: z.boolean().optional(),
});
export type Image = z.infer<typeof imageSchema>;

/** Its name beside the ISO. */
export const recordFile = 'image.json';

/** Bytes that it has at most. */
const recordLimit = 64 * 1024;

/** `dist/iso-<edition>/image.json`, absolute. */
export function recordPath(workspace: Pick<Workspace, 'root'>, edition: string): string {
  return join(distOf(workspace, edition), recordFile);
}

/**
 * The image that was built last for an edition, if `dist/` still has one. A damaged `image.json`, one of another edition,
 * and one that is not a plain file count as none.
 */
export async function readImage(workspace: Pick<Workspace, 'root'>, edition: string): Promise<Image | undefined> {
  const image = await readDocument(recordPath(workspace, edition), recordLimit, imageSchema);
  return image?.edition === edition ? image : undefined;
}

/**
 * What `image.json` says otherwise than the manifest beside it, and where the manifest contradicts itself about being a
 * rehearsal: to make Debian's packages pass for Phyllome OS, one has to change it at each of these places. Pure.
 *
 * @returns for each, the end of a sentence that begins with `image.json`
 */
export function recordContradictions(document: unknown, manifest: Manifest): string[] {
  const parsed = imageSchema.safeParse(document);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return [`is not what its schema says, at ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`];
  }
  const image = parsed.data;
  const { iso, labels, builder } = manifest;
  const rehearsal = builder.name === 'rehearsal';
  const pairs: [string, unknown, unknown][] = [
    ['edition', image.edition, labels['edition']],
    ['name', image.name, iso.name],
    ['volid', image.volid, iso.volid],
    ['size', image.size, iso.size],
    ['sha256', image.sha256, iso.sha256],
    ['kickstart', image.kickstart, manifest.kickstart.sha256],
    ['profile', image.profile, manifest.profile],
    ['builder', image.builder, builder.name],
    ['builder', image.builder, labels['builder']],
    ['rehearsal', String(image.rehearsal), labels['rehearsal']],
    ['rehearsal', image.rehearsal, rehearsal],
    ['rehearsal', image.rehearsal, /rehearsal/iu.test(iso.volid)],
    ['rehearsal', image.rehearsal, iso.name.includes('rehearsal')],
  ];
  const wrong = pairs.filter(([, mine, theirs]) => mine !== theirs).map(([key]) => key);
  return [...new Set(wrong)].map((key) => `contradicts manifest.json about ${key}`);
}

/** Whether the edition's leaf, flattened, is another now than when its ISO was built, or cannot be flattened. */
export function isOutdated(workspace: Workspace, { edition, kickstart }: Image): boolean {
  try {
    return kickstartDigest(compareFlat(workspace, leafOfEdition(workspace, edition)).flat) !== kickstart;
  } catch (error) {
    if (error instanceof KickstartError || error instanceof PipelineError) return true;
    throw error;
  }
}
