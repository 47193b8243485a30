import { InstallError } from '../../install/errors.ts';

/** A disk of the machine that is installed. */
export interface Disk {
  /** As the kernel calls it: `vda`. */
  name: string;
  bytes: number;
  readOnly: boolean;
  /** Partitions or file systems on it, by their names and what they are. None: nothing is known to be on it. */
  contents: readonly string[];
}

/** What the plan of the storage depends on, beside the kickstart. */
export interface MachineFacts {
  firmware: 'bios' | 'uefi';
  memoryMiB: number;
  /** Disks that may be installed on: the medium's own is not among them. */
  disks: readonly Disk[];
  /** Bytes that the system on the medium takes when it is unpacked. */
  payloadBytes: number;
}

/** lsblk(8)'s columns that {@link parseDisks} reads. */
export const lsblkArgv = [
  'lsblk',
  '--json',
  '--bytes',
  '--output',
  'NAME,TYPE,SIZE,RO,FSTYPE,PTTYPE,LABEL,MOUNTPOINTS',
] as const;

/** Kinds of devices that are not installed on: the medium's own loop devices, memory, floppies. */
const notDisks = /^(?:loop|zram|ram|fd|sr)\d/u;

/**
 * The disks that lsblk lists, but for the one that the medium is. Pure.
 *
 * @param mediumLabel volume id of the medium: written on a stick, it is a disk, too
 * @throws {InstallError} when it is not lsblk's JSON
 */
export function parseDisks(json: string, mediumLabel: string): Disk[] {
  const { blockdevices } = objectOf(parsed(json));
  if (!Array.isArray(blockdevices)) throw new InstallError('lsblk lists no block devices.');
  return blockdevices.map(objectOf).flatMap((device) => {
    const name = textOf(device['name']);
    const bytes = Number(device['size']);
    if (device['type'] !== 'disk' || notDisks.test(name) || !(bytes > 0)) return [];
    const parts = childrenOf(device);
    const labels = [device, ...parts].map((one) => one['label']);
    if (labels.includes(mediumLabel)) return [];
    return [
      {
        name,
        bytes,
        readOnly: device['ro'] === true,
        contents: [
          ...(parts.length === 0 && typeof device['fstype'] === 'string' ? [`${name} (${device['fstype']})`] : []),
          ...parts.map((part) => `${textOf(part['name'])} (${textOf(part['fstype'] ?? 'unknown')})`),
        ],
      },
    ];
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new InstallError('What lsblk lists cannot be read.', { cause: error });
  }
}

const childrenOf = (device: Record<string, unknown>): Record<string, unknown>[] =>
  Array.isArray(device['children']) ? device['children'].map(objectOf) : [];

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
