import { type Workspace, leafOfEdition, leafPath } from '@phyllome/pipeline';
import { type ImageOptions, buildImage } from '@phyllome/pipeline/image';
import { type Image, isOutdated } from '@phyllome/pipeline/record';
import { makeLastWill } from '../last-will.ts';
import { printDiagnostics, say } from '../render.ts';
import { showBuild, viewFor } from '../render-build.ts';
import { printNote } from '../print.ts';

export interface ImageCommandOptions extends ImageOptions {
  /** Standard output is for programs: events and the result, one JSON object a line. */
  json?: boolean;
}

/** `phyllome image EDITION`: builds the ISO, as `buildImage` says, and shows how. */
export async function imageCommand(
  workspace: Workspace,
  edition: string,
  { json = false, ...options }: ImageCommandOptions,
): Promise<Image> {
  makeLastWill(options.signal);
  return await buildImage(workspace, edition, options, {
    diagnostics: (found) => printDiagnostics(found, workspace),
    note: (line) => {
      if (!json) say(line);
    },
    events: (events) => showBuild(events, viewFor(json, options.env)),
    leafLines: (lines) => {
      for (const line of lines) printNote(line);
    },
  });
}

/** Says on stderr when the edition's leaf is another now than when its ISO was built: that one is what is booted. */
export function noteIfOutdated(workspace: Workspace, image: Image): void {
  if (!isOutdated(workspace, image)) return;
  printNote(
    `note: ${leafPath(leafOfEdition(workspace, image.edition))} or its blocks have changed since this ISO was built: pnpm nx build iso-${image.edition}`,
  );
}
