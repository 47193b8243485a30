import type { Builder } from '@phyllome/iso-builder';
import { type FlatLeaf, kickstartDigest, requireFresh } from '../flat.ts';
import type { Profile } from '../profile.ts';
import { type FedoraRelease, readRelease } from '../release.ts';
import { volidOf } from '../volid.ts';
import { type Workspace, leafOfEdition } from '../workspace.ts';
import { buildDate } from './build-date.ts';
import { chooseBuilder, executorOf, networkOf } from './builders.ts';
import { inputsDigest } from './inputs.ts';

/** How an ISO is asked for. */
export interface ImageRequest {
  profile: Profile;
  /** More kernel arguments, after the kickstart's own. */
  extraBootArgs?: string;
  env: NodeJS.ProcessEnv;
}

/** What will be built, and of what: all that is known before it is. */
export interface ImagePlan {
  flat: FlatLeaf;
  builder: Builder;
  release: FedoraRelease;
  volid: string;
  /** Seconds since the epoch. */
  sourceDateEpoch: number;
  /** Digest of what decides the ISO: see {@link inputsDigest}. */
  inputs: string;
}

/**
 * What an edition's ISO is built of now.
 *
 * @throws {PipelineError} UNKNOWN_EDITION, FLAT_STALE, RELEASE_NEEDS_FEDORA, BAD_OPTION, BUILD_DATE_INVALID and those of
 * {@link chooseBuilder}
 */
export function planImage(
  workspace: Workspace,
  edition: string,
  { profile, extraBootArgs = '', env }: ImageRequest,
): ImagePlan {
  const flat = requireFresh(workspace, leafOfEdition(workspace, edition));
  const builder = chooseBuilder(workspace, profile, env);
  const release = readRelease(workspace);
  const volid = volidOf(edition, release, builder.name === 'rehearsal');
  const sourceDateEpoch = buildDate(workspace, env);
  const inputs = inputsDigest({
    kickstart: kickstartDigest(flat),
    builder,
    executor: executorOf(env),
    network: networkOf(env),
    profile,
    volid,
    extraBootArgs,
    sourceDateEpoch,
  });
  return { flat, builder, release, volid, sourceDateEpoch, inputs };
}
