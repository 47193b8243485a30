import { join } from 'node:path';
import * as z from 'zod';
import { readDocument } from './document.ts';
import { installationOf, type Workspace } from './workspace.ts';
import { writeIfChanged } from './write.ts';

/** `installation.json` beside a disk: what was installed on it. */
const installationSchema = z.object({
  schema: z.literal(1),
  leaf: z.string(),
  /** Absolute path of the disk. */
  disk: z.string(),
  /** Made of Debian packages. It is not Phyllome OS. */
  rehearsal: z.boolean(),
  /** What it was installed by, and boots by. */
  firmware: z.enum(['bios', 'uefi']),
});
export type Installation = z.infer<typeof installationSchema>;

const maxBytes = 64 * 1024;

const recordPath = (workspace: Workspace, leaf: string): string =>
  join(installationOf(workspace, leaf).directory, 'installation.json');

/** Records what was installed, for what judges it later. */
export async function recordInstallation(
  workspace: Workspace,
  leaf: string,
  { disk, rehearsal, firmware }: Pick<Installation, 'disk' | 'rehearsal' | 'firmware'>,
): Promise<void> {
  const record: Installation = { schema: 1, leaf, disk, rehearsal, firmware };
  await writeIfChanged(workspace, recordPath(workspace, leaf), `${JSON.stringify(record, null, 2)}\n`);
}

/** What was installed last by a leaf; undefined when nothing says so. */
export async function readInstallation(workspace: Workspace, leaf: string): Promise<Installation | undefined> {
  const found = await readDocument(recordPath(workspace, leaf), maxBytes, installationSchema);
  return found?.leaf === leaf ? found : undefined;
}
