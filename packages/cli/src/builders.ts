import { join } from 'node:path';
import { type Builder, fedoraBuilder } from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { CliError } from './errors.ts';
import type { Profile } from './options.ts';
import { fedoraRelease } from './volid.ts';

/** Which builder `PHYLLOME_BUILDER` asks for. */
export const builderName = (env: NodeJS.ProcessEnv): string => env['PHYLLOME_BUILDER'] || 'fedora';

/**
 * The builder that `PHYLLOME_BUILDER` names: `fedora`, also when it is unset, or `rehearsal`.
 *
 * @throws {CliError} BAD_OPTION for any other name; RELEASE_NEEDS_FEDORA for a release by the rehearsal builder.
 */
export function chooseBuilder(root: string, profile: Profile, env: NodeJS.ProcessEnv): Builder {
  const containers = join(root, 'containers');
  const name = builderName(env);
  switch (name) {
    case 'fedora':
      return fedoraBuilder(containers, fedoraRelease);
    case 'rehearsal':
      if (profile === 'release') {
        throw new CliError(
          'RELEASE_NEEDS_FEDORA',
          'a release is built of Fedora packages, and the builder is rehearsal',
          {
            hint: 'set PHYLLOME_BUILDER=fedora where Fedora can be reached, or build the draft profile',
          },
        );
      }
      return rehearsalBuilder(containers);
    default:
      throw new CliError('BAD_OPTION', `PHYLLOME_BUILDER is "${name}"`, { hint: 'set it to fedora or rehearsal' });
  }
}
