import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { VmTesterError } from './errors.ts';
import { parseJson } from './json.ts';

export type Firmware = 'bios' | 'uefi';

/** OVMF: the code, shared and read-only, and the template of the variables each machine gets a copy of. */
export interface Ovmf {
  code: string;
  vars: string;
  format: 'raw' | 'qcow2';
}

/** Where distributions and administrators describe firmware (QEMU's docs/interop/firmware.json), best first. */
const DESCRIPTOR_DIRECTORIES = ['/etc/qemu/firmware', '/usr/share/qemu/firmware'];

/** For hosts without descriptors. */
const KNOWN_PLACES: Ovmf[] = [
  { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', vars: '/usr/share/OVMF/OVMF_VARS_4M.fd', format: 'raw' },
  { code: '/usr/share/OVMF/OVMF_CODE.fd', vars: '/usr/share/OVMF/OVMF_VARS.fd', format: 'raw' },
  { code: '/usr/share/edk2/ovmf/OVMF_CODE.fd', vars: '/usr/share/edk2/ovmf/OVMF_VARS.fd', format: 'raw' },
];

/**
 * OVMF without Secure Boot for x86_64 and q35.
 * @throws {VmTesterError} FIRMWARE_MISSING
 */
export async function findOvmf(): Promise<Ovmf> {
  for (const candidate of [...(await describedFirmware()), ...KNOWN_PLACES]) {
    if ((await exists(candidate.code)) && (await exists(candidate.vars))) return candidate;
  }
  throw new VmTesterError('FIRMWARE_MISSING', `no UEFI firmware for x86_64 in ${DESCRIPTOR_DIRECTORIES.join(' or ')}`, {
    hint: 'run ./setup, which installs OVMF',
  });
}

async function describedFirmware(): Promise<Ovmf[]> {
  const found: Ovmf[] = [];
  for (const directory of DESCRIPTOR_DIRECTORIES) {
    const names = await readdir(directory).catch(() => []);
    for (const name of names.filter((file) => file.endsWith('.json')).toSorted()) {
      const text = await readFile(join(directory, name), 'utf8').catch(() => '');
      const ovmf = parseDescriptor(text);
      if (ovmf) found.push(ovmf);
    }
  }
  return found;
}

const File = z.object({ filename: z.string(), format: z.enum(['raw', 'qcow2']) });

/** The part of a descriptor that makes it ours: UEFI in flash, with variables, for x86_64. */
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

/** What a firmware descriptor offers, if it is plain UEFI for our machine. */
export function parseDescriptor(text: string): Ovmf | undefined {
  const descriptor = parseJson(Descriptor, text);
  if (!descriptor) return undefined;
  const { mapping, features, targets } = descriptor;
  const ours = targets.some(
    ({ architecture, machines }) => architecture === 'x86_64' && machines.some((name) => name.startsWith('pc-q35')),
  );
  // Secure Boot needs SMM and enrolled keys: another firmware than the one asked for here.
  const plain = !features.some((feature) => feature === 'secure-boot' || feature.startsWith('requires-'));
  const { executable: code, 'nvram-template': vars } = mapping;
  if (!ours || !plain || code.format !== vars.format) return undefined;
  return { code: code.filename, vars: vars.filename, format: code.format };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
