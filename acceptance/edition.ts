import type { Firmware } from '@phyllome/vm-tester';

/** What the letters of an edition's name promise, and what the run is about. */
export interface Edition {
  name: string;
  iso: string;
  firmware: Firmware;
  artifactsDir: string;
  /** Made of Debian packages by the rehearsal builder. */
  rehearsal: boolean;
  cpus: number;
  /** The file with known faults that do not reject the edition for now. */
  allow: string | undefined;
  desktop: boolean;
  hypervisor: boolean;
  cpu: 'intel' | 'amd' | undefined;
}

/** @throws {Error} when `phyllome test-vm` has not set the environment */
export function editionUnderTest(env: NodeJS.ProcessEnv = process.env): Edition {
  const required = (name: string): string => {
    const value = env[name];
    if (!value) throw new Error(`${name} is not set: run these specs by pnpm nx test-vm iso-<edition>`);
    return value;
  };
  const name = required('PHYLLOME_EDITION');
  return {
    name,
    iso: required('PHYLLOME_ISO'),
    firmware: firmwareOf(required('PHYLLOME_FIRMWARE')),
    artifactsDir: required('PHYLLOME_ARTIFACTS'),
    rehearsal: env['PHYLLOME_REHEARSAL'] === '1',
    cpus: Number(env['PHYLLOME_CPUS'] || 2),
    allow: env['PHYLLOME_ALLOW'] || undefined,
    ...promises(name),
  };
}

function firmwareOf(name: string): Firmware {
  if (name === 'bios' || name === 'uefi' || name === 'uefi-secure') return name;
  throw new Error(`PHYLLOME_FIRMWARE is ${JSON.stringify(name)}`);
}

/** `dhi`: d desktop, h hypervisor, i Intel. `l` is the live base: a console and nothing more. */
export function promises(name: string): Pick<Edition, 'desktop' | 'hypervisor' | 'cpu'> {
  return {
    desktop: name.includes('d'),
    hypervisor: name.includes('h'),
    cpu: name.includes('i') ? 'intel' : name.includes('a') ? 'amd' : undefined,
  };
}
