import type { Firmware, Image } from '@phyllome/vm-tester';

/** What the run is about: `phyllome test-vm` says it in the environment. */
export interface Edition {
  /** As `dhi`. */
  name: string;
  /** What its name stands for: `live` or `install`, `desktop`, `hypervisor`, `intel`, … */
  traits: ReadonlySet<string>;
  /** Ids of the checks that apply, of catalogue.json. */
  checks: ReadonlySet<string>;
  image: Image;
  firmware: Firmware;
  artifactsDir: string;
  /** Made of Debian packages by the rehearsal builder. */
  rehearsal: boolean;
  /** What is typed when the boot asks for the passphrase of an encrypted disk. */
  passphrase: string | undefined;
  cpus: number;
  /** QEMU's model of them, instead of the tester's own choice. */
  cpu: string | undefined;
  /** Hypervisors are booted by UEFI as guests of libvirt: where their own default network would be. */
  network: 'user' | 'libvirt';
  /** The file with known faults that do not reject the edition for now. */
  allow: string | undefined;
}

/** @throws {Error} when `phyllome test-vm` has not set the environment */
export function editionUnderTest(env: NodeJS.ProcessEnv = process.env): Edition {
  const required = (name: string): string => {
    const value = env[name];
    if (!value) throw new Error(`${name} is not set: run these specs by pnpm nx test-vm iso-<edition>`);
    return value;
  };
  const words = (name: string): Set<string> => new Set(required(name).split(','));
  const [traits, firmware] = [words('PHYLLOME_TRAITS'), firmwareOf(required('PHYLLOME_FIRMWARE'))];
  return {
    name: required('PHYLLOME_EDITION'),
    traits,
    checks: words('PHYLLOME_CHECKS'),
    image: env['PHYLLOME_DISK'] ? { disk: env['PHYLLOME_DISK'], format: 'raw' } : { iso: required('PHYLLOME_ISO') },
    firmware,
    artifactsDir: required('PHYLLOME_ARTIFACTS'),
    rehearsal: env['PHYLLOME_REHEARSAL'] === '1',
    network: traits.has('hypervisor') && firmware !== 'bios' ? 'libvirt' : 'user',
    passphrase: env['PHYLLOME_PASSPHRASE'] || undefined,
    cpus: Number(env['PHYLLOME_CPUS'] || 2),
    cpu: env['PHYLLOME_CPU'] || undefined,
    allow: env['PHYLLOME_ALLOW'] || undefined,
  };
}

function firmwareOf(name: string): Firmware {
  if (name === 'bios' || name === 'uefi' || name === 'uefi-secure') return name;
  throw new Error(`PHYLLOME_FIRMWARE is ${JSON.stringify(name)}`);
}
