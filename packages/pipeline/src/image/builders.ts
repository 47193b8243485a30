import { join } from 'node:path';
import { type Builder, fedoraBuilder } from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { PipelineError } from '../errors.ts';
import type { Profile } from '../profile.ts';
import { fedoraRelease } from '../volid.ts';

/**
 * The builder that `PHYLLOME_BUILDER` names: `fedora`, also when it is unset, or `rehearsal`.
 *
 * @throws {PipelineError} BAD_OPTION for any other name; RELEASE_NEEDS_FEDORA for a release by the rehearsal builder.
 */
export function chooseBuilder(root: string, profile: Profile, env: NodeJS.ProcessEnv): Builder {
  const containers = join(root, 'containers');
  const name = env['PHYLLOME_BUILDER'] || 'fedora';
  switch (name) {
    case 'fedora':
      if (networkOf(env) === 'none') {
        throw new PipelineError('BAD_OPTION', "the Fedora builder cannot keep a kickstart's scripts from the network", {
          hint: 'rehearse with PHYLLOME_BUILDER=rehearsal, or build without PHYLLOME_NETWORK=none (--network none)',
        });
      }
      return fedoraBuilder(containers, fedoraRelease);
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
function networkOf(env: NodeJS.ProcessEnv): 'full' | 'none' {
  const value = env['PHYLLOME_NETWORK'] || 'full';
  if (value === 'full' || value === 'none') return value;
  throw new PipelineError('BAD_OPTION', `PHYLLOME_NETWORK is "${value}"`, { hint: 'set it to full or none' });
}

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
