import { join } from 'node:path';
import { type Builder, type LoraxBase, hostSystem, isolationOf, loraxBuilder } from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { configOf } from '../config/load.ts';
import { distributions, tagOf, targetName } from '../distributions.ts';
import { PipelineError } from '../errors.ts';
import type { Profile } from '../profile.ts';
import { type Release, baseReference, readRelease, releasePath } from '../release.ts';
import type { Workspace } from '../workspace.ts';

/**
 * The name of the builder that `PHYLLOME_BUILDER` says, or the configuration where that is not set: `rehearsal`, or lorax's,
 * which is called like the distribution that leaves are for.
 *
 * @throws {PipelineError} BAD_OPTION for any other; RELEASE_INVALID, CONFIG_INVALID
 */
export function builderName(workspace: Pick<Workspace, 'root' | 'readFile'>, env: NodeJS.ProcessEnv): string {
  const name = env['PHYLLOME_BUILDER'] || configOf(workspace).builder.default;
  if (name === 'rehearsal') return name;
  const { distribution } = readRelease(workspace);
  if (name === undefined || name === distribution) return distribution;
  const where = env['PHYLLOME_BUILDER'] ? 'PHYLLOME_BUILDER' : 'builder.default of the configuration';
  throw new PipelineError('BAD_OPTION', `${where} is "${name}"`, { hint: `set it to ${distribution} or rehearsal` });
}

/** The folder of lorax's builder, below `containers/`. */
export const builderFolder = (workspace: Pick<Workspace, 'root' | 'readFile'>): string =>
  configOf(workspace).builder.folder ?? readRelease(workspace).distribution;

/**
 * The builder of {@link builderName}.
 *
 * @throws {PipelineError} BAD_OPTION for any other name; RELEASE_NEEDS_FEDORA for a release by the rehearsal builder;
 * RELEASE_INVALID, CONFIG_INVALID; BASE_NOT_PINNED when lorax's builder has no base yet, BASE_OTHER_RELEASE when that is not
 * of the release that the leaves are for.
 */
export function chooseBuilder(
  workspace: Pick<Workspace, 'root' | 'readFile'>,
  profile: Profile,
  env: NodeJS.ProcessEnv,
): Builder {
  const containers = join(workspace.root, 'containers');
  if (builderName(workspace, env) !== 'rehearsal') {
    if (networkOf(env) === 'none') {
      throw new PipelineError('BAD_OPTION', "lorax's builder cannot keep a kickstart's scripts from the network", {
        hint: 'rehearse with PHYLLOME_BUILDER=rehearsal, or build without PHYLLOME_NETWORK=none (--network none)',
      });
    }
    return loraxBuilder(containers, { ...baseOf(readRelease(workspace)), folder: builderFolder(workspace) });
  }
  if (profile === 'release') {
    const { distribution } = readRelease(workspace);
    const { name } = distributions[distribution];
    throw new PipelineError(
      'RELEASE_NEEDS_FEDORA',
      `a release is built of ${name} packages, and the builder is rehearsal`,
      {
        hint: `set PHYLLOME_BUILDER=${distribution} where ${name} can be reached, or build the draft profile`,
      },
    );
  }
  return rehearsalBuilder(containers, { exact: lockIsExact(env), network: networkOf(env), ...scriptTimeout(env) });
}

/** anaconda and the system it installs belong together: a base of another release fails in the middle of a build. */
function baseOf(release: Release): LoraxBase {
  const { base, distribution, version } = release;
  const hint = 'phyllome builder pin';
  if (base === undefined) {
    const { image } = distributions[distribution];
    const message = `which image of ${image} the builder is made of is not in ${releasePath} yet`;
    throw new PipelineError('BASE_NOT_PINNED', message, { hint });
  }
  if (base.tag !== tagOf(release)) {
    const message = `the leaves are for ${targetName(release)}, and the builder's base is ${base.image}:${base.tag}`;
    throw new PipelineError('BASE_OTHER_RELEASE', message, { hint });
  }
  return { distribution, release: String(version), base: baseReference(base) };
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
 * Where the environment has a builder run: `container`, of its image, also where a virtual machine boots that; or `host`,
 * with the digest of this machine's system, see {@link hostSystem}.
 *
 * @throws {IsoBuildError} OPTION_INVALID
 */
export const executorOf = async (env: NodeJS.ProcessEnv): Promise<string> =>
  isolationOf(env) === 'host' ? `host ${await hostSystem(env)}` : 'container';

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
