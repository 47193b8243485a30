import { join } from 'node:path';
import { type Builder, type FedoraBase, fedoraBuilder, hostSystem } from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { configOf } from '../config/load.ts';
import { PipelineError } from '../errors.ts';
import type { Profile } from '../profile.ts';
import { baseReference, readRelease } from '../release.ts';
import type { Workspace } from '../workspace.ts';

/**
 * The builder that `PHYLLOME_BUILDER` names, `fedora` or `rehearsal`; when it is unset, that of the configuration.
 *
 * @throws {PipelineError} BAD_OPTION for any other name; RELEASE_NEEDS_FEDORA for a release by the rehearsal builder;
 * RELEASE_INVALID, CONFIG_INVALID, and BASE_OTHER_RELEASE when the Fedora builder's base is not of the release that the leaves are for.
 */
export function chooseBuilder(
  workspace: Pick<Workspace, 'root' | 'readFile'>,
  profile: Profile,
  env: NodeJS.ProcessEnv,
): Builder {
  const containers = join(workspace.root, 'containers');
  const { builder } = configOf(workspace);
  const name = env['PHYLLOME_BUILDER'] || builder.default;
  switch (name) {
    case 'fedora':
      if (networkOf(env) === 'none') {
        throw new PipelineError('BAD_OPTION', "the Fedora builder cannot keep a kickstart's scripts from the network", {
          hint: 'rehearse with PHYLLOME_BUILDER=rehearsal, or build without PHYLLOME_NETWORK=none (--network none)',
        });
      }
      return fedoraBuilder(containers, { ...baseOf(workspace), folder: builder.fedora });
    case 'rehearsal':
      if (profile === 'release') {
        throw new PipelineError(
          'RELEASE_NEEDS_FEDORA',
          'a release is built of Fedora packages, and the builder is rehearsal',
          {
            hint: 'set PHYLLOME_BUILDER=fedora where Fedora can be reached, or build the draft profile',
          },
        );
      }
      return rehearsalBuilder(containers, { exact: lockIsExact(env), network: networkOf(env), ...scriptTimeout(env) });
    default:
      throw new PipelineError('BAD_OPTION', `PHYLLOME_BUILDER is "${name}"`, { hint: 'set it to fedora or rehearsal' });
  }
}

/** anaconda and the system it installs belong together: a base of another release fails in the middle of a build. */
function baseOf(workspace: Pick<Workspace, 'readFile'>): FedoraBase {
  const release = readRelease(workspace);
  if (release.base.tag !== String(release.fedora)) {
    throw new PipelineError(
      'BASE_OTHER_RELEASE',
      `the leaves are for Fedora ${release.fedora}, and the builder's base is ${release.base.image}:${release.base.tag}`,
      { hint: 'phyllome builder pin' },
    );
  }
  return { release: String(release.fedora), base: baseReference(release) };
}

/**
 * Whether `PHYLLOME_LOCK` is `exact`: a rehearsal in which a package is not the locked one fails. Otherwise that is
 * reported, for security updates move versions every week.
 *
 * @throws {PipelineError} BAD_OPTION for any other value than `exact` and `prefer`.
 */
function lockIsExact(env: NodeJS.ProcessEnv): boolean {
  const value = env['PHYLLOME_LOCK'] || 'prefer';
  if (value === 'exact' || value === 'prefer') return value === 'exact';
  throw new PipelineError('BAD_OPTION', `PHYLLOME_LOCK is "${value}"`, { hint: 'set it to exact or prefer' });
}

/**
 * What the scripts of a kickstart reach: `PHYLLOME_NETWORK`, `full` or `none`. A live kickstart's scripts may download;
 * those of a stranger's pull request should not.
 *
 * @throws {PipelineError} BAD_OPTION for any other value.
 */
export function networkOf(env: NodeJS.ProcessEnv): 'full' | 'none' {
  const value = env['PHYLLOME_NETWORK'] || 'full';
  if (value === 'full' || value === 'none') return value;
  throw new PipelineError('BAD_OPTION', `PHYLLOME_NETWORK is "${value}"`, { hint: 'set it to full or none' });
}

/**
 * Where `PHYLLOME_ENGINE` has a builder run: `container`, of its image; or `host`, with the digest of this machine's system,
 * see {@link hostSystem}.
 */
export const executorOf = async (env: NodeJS.ProcessEnv): Promise<string> =>
  env['PHYLLOME_ENGINE'] === 'host' ? `host ${await hostSystem(env)}` : 'container';

/**
 * How long each script of a rehearsal may run: `PHYLLOME_SCRIPT_TIMEOUT`, in seconds.
 *
 * @throws {PipelineError} BAD_OPTION for anything else than a number.
 */
function scriptTimeout(env: NodeJS.ProcessEnv): { scriptTimeoutSeconds?: number } {
  const value = env['PHYLLOME_SCRIPT_TIMEOUT'] || undefined;
  if (value === undefined) return {};
  if (/^[1-9]\d{0,5}$/u.test(value)) return { scriptTimeoutSeconds: Number(value) };
  throw new PipelineError('BAD_OPTION', `PHYLLOME_SCRIPT_TIMEOUT is "${value}"`, {
    hint: 'set it to a number of seconds, at most 999999',
  });
}
