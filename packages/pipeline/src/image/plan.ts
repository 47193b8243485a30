import { optionValue } from '@phyllome/flattener';
import type { Builder } from '@phyllome/iso-builder';
import { type FlatLeaf, kickstartDigest, requireFresh } from '../flat.ts';
import { configOf } from '../config/load.ts';
import { distributions } from '../distributions.ts';
import type { Profile } from '../profile.ts';
import { installedBy } from '../leaves.ts';
import { PipelineError } from '../errors.ts';
import { type PinnedInstaller, type Release, readRelease, releasePath } from '../release.ts';
import { volidOf } from '../volid.ts';
import { type Workspace, leafOfEdition } from '../workspace.ts';
import { buildDate } from './build-date.ts';
import { chooseBuilder, executorOf, networkOf } from './builders.ts';
import { inputsDigest } from './inputs.ts';
import { recordedFor, type RecordedPackage } from './recorded-packages.ts';

/** How an ISO is asked for. */
export interface ImageRequest {
  profile: Profile;
  /** Of an installer medium: its menu does not wait for a person. */
  unattended?: boolean;
  /** More kernel arguments, after the kickstart's own. */
  extraBootArgs?: string;
  env: NodeJS.ProcessEnv;
}

/** Bytes to have free: where the engine builds, in `dist/`, and in the image store. */
export interface NeededBytes {
  engine: number;
  destination: number;
  store: number;
}

/** What will be built, and of what: all that is known before it is. */
export interface ImagePlan {
  edition: string;
  flat: FlatLeaf;
  builder: Builder;
  release: Release;
  /** The distribution's installer, where the medium is made of it. */
  installer: PinnedInstaller | undefined;
  volid: string;
  /** The product's name. */
  project: string;
  /** Seconds since the epoch. */
  sourceDateEpoch: number;
  neededBytes: NeededBytes;
  /** What `phyllome refresh` recorded for it, if it did. */
  recorded: readonly RecordedPackage[] | undefined;
  /** Digest of what decides the ISO: see {@link inputsDigest}. */
  inputs: string;
}

/**
 * What an edition's ISO is built of now.
 *
 * @throws {PipelineError} UNKNOWN_EDITION, FLAT_STALE, RELEASE_NEEDS_FEDORA, BAD_OPTION, BUILD_DATE_INVALID, RECORD_INVALID, INSTALLER_NOT_MADE, CONFIG_INVALID and those of
 * {@link chooseBuilder}
 */
export async function planImage(
  workspace: Workspace,
  edition: string,
  { profile, unattended = false, extraBootArgs = '', env }: ImageRequest,
): Promise<ImagePlan> {
  const flat = requireFresh(workspace, leafOfEdition(workspace, edition));
  const builder = chooseBuilder(workspace, profile, env);
  const release = readRelease(workspace);
  const { title: project, volumeId } = configOf(workspace);
  const volid = volidOf(edition, { ...release, volumeId }, builder.name === 'rehearsal');
  const sourceDateEpoch = buildDate(workspace, env);
  const recorded = recordedFor(workspace, edition, builder);
  const installer = builder.name === 'rehearsal' || installedBy(edition) === undefined ? undefined : pinnedIn(release);
  const inputs = inputsDigest({
    kickstart: kickstartDigest(flat),
    builder,
    executor: await executorOf(env),
    network: networkOf(env),
    profile,
    volid,
    project,
    extraBootArgs,
    unattended,
    sourceDateEpoch,
    installer: installer?.sha256,
    recorded: recorded?.sha256,
  });
  const neededBytes = spaceNeeded(flat, builder.name === 'rehearsal');
  return {
    edition,
    flat,
    builder,
    release,
    installer,
    volid,
    project,
    sourceDateEpoch,
    neededBytes,
    recorded: recorded?.packages,
    inputs,
  };
}

/** lorax makes no installers of kickstarts: mkksiso puts one into the distribution's own. */
function pinnedIn({ installer, distribution }: Release): PinnedInstaller {
  if (installer !== undefined) return installer;
  const { name } = distributions[distribution];
  throw new PipelineError(
    'INSTALLER_NOT_MADE',
    `which installer of ${name} a medium is made of is not in ${releasePath}`,
    {
      hint: 'name its netinst or DVD ISO: phyllome builder pin --installer FILE; or rehearse with PHYLLOME_BUILDER=rehearsal',
    },
  );
}

/** Where no size of `/` is given: `autopart`, a volume group. */
const usualRootMiB = 4096;

/**
 * Bytes to have free before anything slow starts, by the size that the kickstart gives `/`. lorax fills an image of
 * that size, then makes a squashfs and an ISO of about a quarter of it each, the ISO twice for a moment; the rehearsal
 * builder makes no image.
 */
function spaceNeeded(flat: FlatLeaf, rehearsal: boolean): NeededBytes {
  const root = flat.kickstart.commands.findLast(
    (command) =>
      command.name.startsWith('part') &&
      command.arguments.some((arg) => arg.kind === 'positional' && arg.value === '/'),
  );
  const rootBytes = (Number(root && optionValue(root, '--size')) || usualRootMiB) * 2 ** 20;
  return { engine: rootBytes * (rehearsal ? 0.75 : 1.75), destination: rootBytes * 0.5, store: rootBytes * 0.25 };
}
