/** The architecture of editions, builders and guests, as `uname -m` and RPM call it. */
export const editionArchitecture = 'x86_64';

/**
 * What a machine of another architecture cannot do, and what it can; undefined where there is nothing to say.
 *
 * @param machine as `uname -m` calls it: `aarch64`
 */
export function foreignArchitecture(machine: string): { cannot: string; can: string } | undefined {
  if (machine === editionArchitecture) return undefined;
  return {
    cannot: `this machine is ${machine}, and editions are for ${editionArchitecture}`,
    can:
      'use a machine with an Intel or AMD processor to build editions and to run them as guests of KVM; this one can ' +
      'flatten, validate, lint and edit kickstarts, and boot images in an emulator, about ten times slower',
  };
}
