import { IsoBuildError } from '../errors.ts';
import type { PreflightCheck } from '../preflight/check.ts';
import type { LivemediaProfile } from './livemedia-creator.ts';

/** What keeps a build apart from the machine that it runs on. */
export type Isolation = 'container' | 'host' | 'vm';

/** What each needs, and what a kickstart that means harm gets: the one place that says it, for people. */
export const isolations: Readonly<Record<Isolation, { readonly needs: readonly string[]; readonly gets: string }>> = {
  container: {
    needs: [
      'Docker 20.10 or Podman 4.3, here or elsewhere',
      'for the fedora builder: an engine of root, loop devices and the /dev of its machine, a kernel with ext4 and vfat',
      'for the rehearsal: nothing more, and no root',
    ],
    gets: 'the kernel of the machine; with the fedora builder, which has its devices, all of the machine',
  },
  vm: {
    needs: [
      'QEMU; without KVM (/dev/kvm) a rehearsal takes thirty times the processor time',
      'sqfstar, mkfs.ext4, xz',
      'an engine, with root or without, once for each version of a builder: its image is exported, and kept',
      'a builder with a kernel for it: fedora, the rehearsal',
    ],
    gets: "the virtual machine; of its host the network that this user's programs have",
  },
  host: {
    needs: ['Fedora with lorax-lmc-novirt', 'root', 'unshare, setpriv, mount, losetup'],
    gets: 'all of the machine',
  },
};

/**
 * What `PHYLLOME_ISOLATION` asks for; when it is unset, `host` where `PHYLLOME_ENGINE` is that, else `container`.
 *
 * @throws {IsoBuildError} OPTION_INVALID for anything else, or when the two contradict each other
 */
export function isolationOf(env: NodeJS.ProcessEnv): Isolation {
  const engine = env['PHYLLOME_ENGINE'] || undefined;
  const value = env['PHYLLOME_ISOLATION'] || (engine === 'host' ? 'host' : 'container');
  if (value !== 'container' && value !== 'host' && value !== 'vm')
    throw new IsoBuildError('OPTION_INVALID', `PHYLLOME_ISOLATION is "${value}"`, {
      hint: 'set it to container, vm or host',
    });
  if (engine !== undefined && (engine === 'host') !== (value === 'host'))
    throw new IsoBuildError('OPTION_INVALID', `PHYLLOME_ISOLATION is ${value}, and PHYLLOME_ENGINE is ${engine}`, {
      hint: 'set one of the two',
    });
  return value;
}

/** Naming one of these is a choice of where builds run. */
const choices = ['PHYLLOME_ISOLATION', 'PHYLLOME_ENGINE', 'DOCKER_HOST'] as const;

/** Whether the environment leaves it to the profile where a build runs. Pure. */
export const isLeftOpen = (env: NodeJS.ProcessEnv): boolean => choices.every((name) => !env[name]);

/**
 * What keeps a build apart: what the environment asks for; where it leaves that open, a release gets a virtual machine where
 * that does as well as a container, which is where all is there that it needs, and KVM works. Pure.
 *
 * @param checks of virtual machines here, for the builder; undefined where there is no QEMU
 * @throws {IsoBuildError} OPTION_INVALID
 */
export function chooseIsolation(
  env: NodeJS.ProcessEnv,
  profile: LivemediaProfile,
  checks: readonly Pick<PreflightCheck, 'status'>[] | undefined,
): Isolation {
  const asked = isolationOf(env);
  if (profile !== 'release' || !isLeftOpen(env)) return asked;
  const works = checks?.every(({ status }) => status === 'ok' || status === 'not-applicable') === true;
  return works ? 'vm' : asked;
}
