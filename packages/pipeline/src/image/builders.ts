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
      return rehearsalBuilder(containers, { exact: lockIsExact(env) });
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
