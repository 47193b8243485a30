import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VmTesterError } from './errors.ts';

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
    for (const name of names.filter((name) => name.endsWith('.json')).toSorted()) {
      const text = await readFile(join(directory, name), 'utf8').catch(() => '');
      const ovmf = parseDescriptor(text);
      if (ovmf) found.push(ovmf);
    }
  }
  return found;
}

/** What a firmware descriptor offers, if it is plain UEFI for our machine. */
export function parseDescriptor(text: string): Ovmf | undefined {
  let descriptor: Descriptor;
  try {
    descriptor = JSON.parse(text) as Descriptor;
  } catch {
    return undefined;
  }
  const { mapping, features = [], targets = [] } = descriptor;
  const ours = targets.some(
    (target) => target.architecture === 'x86_64' && target.machines?.some((machine) => machine.startsWith('pc-q35')),
  );
  const usable =
    ours &&
    descriptor['interface-types']?.includes('uefi') &&
    mapping?.device === 'flash' &&
    mapping.mode !== 'stateless';
  // Secure Boot needs SMM and enrolled keys: another firmware than the one asked for here.
  if (!usable || features.some((feature) => feature === 'secure-boot' || feature.startsWith('requires-')))
    return undefined;
  const [code, vars] = [mapping.executable, mapping['nvram-template']];
  if (!code?.filename || !vars?.filename || code.format !== vars.format) return undefined;
  if (code.format !== 'raw' && code.format !== 'qcow2') return undefined;
  return { code: code.filename, vars: vars.filename, format: code.format };
}

interface Descriptor {
  'interface-types'?: string[];
  mapping?: {
    device?: string;
    mode?: string;
    executable?: { filename?: string; format?: string };
    'nvram-template'?: { filename?: string; format?: string };
  };
  targets?: { architecture?: string; machines?: string[] }[];
  features?: string[];
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
