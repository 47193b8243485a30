import { resolve } from 'node:path';
import { type Workspace, writeIfChanged } from '@phyllome/pipeline';
import { chooseBuilder } from '@phyllome/pipeline/image';
import { printDocument } from '../print.ts';

/**
 * `phyllome builder`: which builder is chosen, the digest of what its image is made of, and what its container may do,
 * as JSON. Nx hashes it for every image, so that what only another builder reads is nothing to this one's.
 *
 * @param options `output`: a file to write instead of standard output
 */
export async function builderCommand(
  workspace: Workspace,
  { output, env }: { output?: string; env: NodeJS.ProcessEnv },
): Promise<void> {
  // Whether it may make a release is for the build to say.
  const { name, contextDigest, privileges } = chooseBuilder(workspace, 'draft', env);
  const text = `${JSON.stringify({ name, contextDigest, privileges }, null, 2)}\n`;
  if (output === undefined) {
    printDocument(text);
    return;
  }
  await writeIfChanged(workspace, resolve(output), text);
}
