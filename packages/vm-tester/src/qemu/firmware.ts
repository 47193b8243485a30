import { type Architecture, editionArchitecture } from '@phyllome/host/architecture';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { VmTesterError } from '../errors.ts';
import { parseJson } from '../json.ts';

/** `uefi-secure`: Secure Boot is on, and the keys of its usual vendors are enrolled. */
export type Firmware = 'bios' | 'uefi' | 'uefi-secure';

/** OVMF: the code, shared and read-only, and the template of the variables each machine gets a copy of. */
export interface Ovmf {
  code: string;
  vars: string;
  format: 'raw' | 'qcow2';
  /** It enforces Secure Boot: that needs System Management Mode. */
  secure: boolean;
}

/** Where distributions and administrators describe firmware (QEMU's docs/interop/firmware.json), best first. */
const DESCRIPTOR_DIRECTORIES = ['/etc/qemu/firmware', '/usr/share/qemu/firmware'];

/** For hosts without descriptors: Debian's and Fedora's. */
const KNOWN_PLACES: [code: string, vars: string, secure: boolean][] = [
  ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd', false],
  ['/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_VARS.fd', false],
  ['/usr/share/edk2/ovmf/OVMF_CODE.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd', false],
  ['/usr/share/OVMF/OVMF_CODE_4M.ms.fd', '/usr/share/OVMF/OVMF_VARS_4M.ms.fd', true],
  ['/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd', '/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd', true],
];

/** For which machines a descriptor has to be. */
const machinesOf = ({ bios }: Architecture): string => (bios ? 'pc-q35' : 'virt');

/**
 * UEFI for a machine of ours, by default of editions' architecture, without Secure Boot or enforcing it.
 * @throws {VmTesterError} FIRMWARE_MISSING
 */
export async function findOvmf(secure = false, architecture: Architecture = editionArchitecture): Promise<Ovmf> {
  const places = architecture.bios ? KNOWN_PLACES : [];
  const known = places.map(([code, vars, locked]): Ovmf => ({ code, vars, format: 'raw', secure: locked }));
  for (const candidate of [...(await describedFirmware(architecture)), ...known]) {
    if (candidate.secure === secure && existsSync(candidate.code) && existsSync(candidate.vars)) return candidate;
  }
  const kind = secure ? 'UEFI firmware with Secure Boot and enrolled keys' : 'UEFI firmware';
  throw new VmTesterError(
    'FIRMWARE_MISSING',
    `no ${kind} for ${architecture.name} in ${DESCRIPTOR_DIRECTORIES.join(' or ')}`,
    {
      hint: architecture.bios
        ? 'run ./setup, which installs OVMF'
        : `install the package of UEFI firmware for it, as qemu-efi-${architecture.name}`,
    },
  );
}

async function describedFirmware(architecture: Architecture): Promise<Ovmf[]> {
  const found: Ovmf[] = [];
  for (const directory of DESCRIPTOR_DIRECTORIES) {
    const names = await readdir(directory).catch(() => []);
    for (const name of names.filter((file) => file.endsWith('.json')).toSorted()) {
      const text = await readFile(join(directory, name), 'utf8').catch(() => '');
      const ovmf = parseDescriptor(text, architecture);
      if (ovmf) found.push(ovmf);
    }
  }
  return found;
}

const File = z.object({ filename: z.string(), format: z.enum(['raw', 'qcow2']) });

/** The part of a descriptor that makes it ours: UEFI in flash, with variables. */
const Descriptor = z.object({
  'interface-types': z.array(z.string()).refine((types) => types.includes('uefi')),
  mapping: z.object({
    device: z.literal('flash'),
    mode: z.literal('split').optional(),
    executable: File,
    'nvram-template': File,
  }),
  targets: z.array(z.object({ architecture: z.string(), machines: z.array(z.string()) })),
  features: z.array(z.string()),
});

/** What a firmware descriptor offers, if it is plain UEFI for our machine, or one that enforces Secure Boot. */
export function parseDescriptor(text: string, wanted: Architecture = editionArchitecture): Ovmf | undefined {
  const descriptor = parseJson(Descriptor, text);
  if (!descriptor) return undefined;
  const { mapping, features, targets } = descriptor;
  const ours = targets.some(
    ({ architecture, machines }) =>
      architecture === wanted.name && machines.some((name) => name.startsWith(machinesOf(wanted))),
  );
  const plain = !features.some((feature) => feature === 'secure-boot' || feature.startsWith('requires-'));
  // Without keys the firmware is in setup mode, and lets everything through.
  const secure = ['secure-boot', 'enrolled-keys', 'requires-smm'].every((feature) => features.includes(feature));
  const { executable: code, 'nvram-template': vars } = mapping;
  if (!ours || (!plain && !secure) || code.format !== vars.format) return undefined;
  return { code: code.filename, vars: vars.filename, format: code.format, secure };
}
