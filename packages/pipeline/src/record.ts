import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KickstartError } from '@phyllome/flattener';
import * as z from 'zod';
import { PipelineError } from './errors.ts';
import { compareFlat, kickstartDigest } from './flat.ts';
import { type Workspace, distOf, leafOfEdition } from './workspace.ts';

/** `image.json`: which ISO an edition is. Small, so that Nx can cache it and hash it; the ISO is in the store. */
const imageSchema = z.object({
  schema: z.literal(1),
  edition: z.string(),
  /** File name of the ISO. */
  name: z.string(),
  volid: z.string(),
  /** Bytes. */
  size: z.number(),
  sha256: z.string(),
  /** sha256 of the flat kickstart. */
  kickstart: z.string(),
  builder: z.string(),
  /** True: made of Debian packages by the rehearsal builder, to prove the pipeline. It is not Phyllome OS. */
  rehearsal: z.boolean(),
  profile: z.enum(['draft', 'release']),
  /** Kernel arguments that were asked for beside the kickstart's. */
  extraBootArgs: z.string().default(''),
});
export type Image = z.infer<typeof imageSchema>;

/** `dist/iso-<edition>/image.json`, absolute. */
export function recordPath(workspace: Workspace, edition: string): string {
  return join(distOf(workspace, edition), 'image.json');
}

/** The image that was built last for an edition, if `dist/` still has one; a damaged `image.json` counts as none. */
export async function readImage(workspace: Workspace, edition: string): Promise<Image | undefined> {
  const text = await readFile(recordPath(workspace, edition), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return imageSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
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
