import { type Workspace, leafOfEdition, leafPath, nxOf } from '@phyllome/pipeline';
import { obtainImage, type Obtained, type ObtainOptions } from '@phyllome/pipeline/obtain';
import { distPath } from '@phyllome/pipeline/leaves';
import { type Image, isOutdated } from '@phyllome/pipeline/record';
import { openBuildEngine } from '../build-engine.ts';
import { mediaIn } from '../installer-medium.ts';
import { cleanUpAfterExit } from '../clean-up-after-exit.ts';
import { printDiagnostics, say } from '../render.ts';
import { showBuild, viewFor } from '../render-build.ts';
import { printNote } from '../print.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { openStore } from '@phyllome/pipeline/store';
import { type BuildFlags, buildOptions, withBuildFlags } from '../options/build.ts';

export const examples: readonly Example[] = [
  ['phyllome image dhi', 'build the ISO of edition dhi'],
  ['phyllome image dhi --engine podman --timeout 90', 'build it with Podman, and give up after 90 minutes'],
];

export function define(command: Command, context: Context): void {
  withBuildFlags(command).action(async (edition: string, flags: BuildFlags) => {
    // First, since it also reads which builder this machine has.
    const workspace = context.open();
    const { env, signal } = context;
    await imageCommand(workspace, edition, { ...buildOptions(flags, env), store: openStore(env), signal });
  });
}

export interface ImageCommandOptions extends Omit<ObtainOptions, 'openEngine' | 'openInstaller'> {
  /** Standard output is for programs: events and the result, one JSON object a line. */
  json?: boolean;
}

/** `phyllome image EDITION`: the edition's image in the image store, as `obtainImage` says, and shows how. */
export async function imageCommand(
  workspace: Workspace,
  edition: string,
  { json = false, ...options }: ImageCommandOptions,
): Promise<Obtained> {
  cleanUpAfterExit(options.signal);
  const obtained = await obtainImage(
    workspace,
    edition,
    {
      ...options,
      openEngine: openBuildEngine,
      async openInstaller(installer, { onNote, signal }) {
        // All of deploy: only where it is wanted.
        const { knownIso } = await import('@phyllome/deploy');
        onNote(`The installer is ${installer.name}`);
        return await knownIso(installer, { cacheDir: mediaIn(options.store), signal });
      },
    },
    {
      diagnostics: (found) => printDiagnostics(found, workspace),
      note: (line) => {
        if (!json) say(line);
      },
      warning: printNote,
      events: (events) => showBuild(events, viewFor(json, options.env)),
      leafLines: (lines) => {
        for (const line of lines) printNote(line);
      },
    },
  );
  if (!json && obtained.how !== 'built') say(nothingToBuild(obtained.image, obtained.how));
  return obtained;
}

/** Why nothing is built, for people. */
export function nothingToBuild(image: Image, how: keyof typeof sources): string {
  return `${sources[how](image)}: nothing to build`;
}

const sources = {
  kept: ({ edition }) => `${distPath(edition)} is up to date`,
  store: ({ name }) => `The image store has ${name} of the same inputs`,
  remote: ({ name }) => `The remote store has ${name} of the same inputs`,
} as const satisfies Record<Exclude<Obtained['how'], 'built'>, (image: Image) => string>;

/** Says on stderr when the edition's leaf is another now than when its ISO was built: that one is what is booted. */
export function noteIfOutdated(workspace: Workspace, image: Image): void {
  if (!isOutdated(workspace, image)) return;
  printNote(
    `note: ${leafPath(leafOfEdition(workspace, image.edition))} or its blocks have changed since this ISO was built: ${nxCommand('build', image)}`,
  );
}

/** What makes Nx run a target for an edition in the profile that its ISO has, or shall have. */
export function nxCommand(
  target: 'build' | 'test-vm',
  { edition, profile }: Pick<Image, 'edition' | 'profile'>,
): string {
  return `${nxOf(target, edition)}${profile === 'draft' ? '' : ` --configuration=${profile}`}`;
}
