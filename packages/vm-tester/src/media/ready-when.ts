import { open } from 'node:fs/promises';
import type { ReadyWhen } from '../machine/options.ts';
import { PC_KERNEL } from './kernels.ts';

/** What shows that a medium without an operating system is up, as its own bytes say. */
export interface KnownTool {
  /** For messages: `Memtest86+`. */
  name: string;
  readyWhen: Extract<ReadyWhen, { text: RegExp }>;
}

/** What is larger holds more than a tool. */
const MOST_BYTES = 32 * 2 ** 20;

const SECTOR = 512;
/** Linux' Documentation/arch/x86/boot.rst: what else a kernel's set-up code has, and where it says what version it is. */
const BOOT_FLAG = { at: 0x1fe, value: 0xaa55 };
const VERSION = { at: 0x20e, from: 0x200, bytes: 64 };
/** `6.12.118+deb13-amd64 (debian-kernel@… `: who built it stands in brackets. */
const LINUX = /^\d+\.\d+\S* \(/;
/** Compressed root file systems begin so: squashfs, at a sector. */
const ROOT = 'hsqs';

/**
 * Tools that need no operating system, by what only they have in them. A boot loader is none: one that finds nothing to
 * boot is a bad medium, unless its user says what it is to show.
 */
const TOOLS: readonly (KnownTool & { isOn: (bytes: Buffer, kernels: readonly string[]) => boolean })[] = [
  {
    name: 'Memtest86+',
    // It is built like a kernel, and its version is its name. Its title shows when its tests are about to begin.
    isOn: (_, kernels) => kernels.some((version) => version.startsWith('Memtest86+')),
    readyWhen: { text: /Memtest86\+ v?\d+\.\d+/u, fromStart: true },
  },
  {
    name: 'iPXE',
    // Its BIOS part is compressed: the volume or its UEFI part names it. A machine without a network has nothing for it.
    isOn: (bytes) =>
      /iPXE \S* ?-- Open Source|IPXE {2}- OPEN SOURCE|http:\/\/ipxe\.org\//u.test(bytes.toString('latin1')),
    readyWhen: { text: /iPXE \S+ .*Open Source Network Boot Firmware|^No more network devices/mu, fromStart: true },
  },
];

/**
 * Which tool a medium is, if it is one and has no operating system beside it; undefined for everything else, and for what
 * cannot be read, which is for others to refuse. A media check that such a medium passes says that it starts: nothing of
 * what it does after that is looked at.
 */
export async function knownTool(path: string): Promise<KnownTool | undefined> {
  await using file = await open(path, 'r').catch(() => undefined);
  const stats = await file?.stat();
  // A block device says that it has no bytes, however many it has.
  if (!file || !stats?.isFile() || stats.size > MOST_BYTES) return undefined;
  return toolIn(await file.readFile());
}

/** {@link knownTool} of a medium's bytes. */
export function toolIn(bytes: Buffer): KnownTool | undefined {
  const kernels = kernelVersions(bytes);
  if (kernels.some((version) => LINUX.test(version)) || hasRoot(bytes)) return undefined;
  return TOOLS.find(({ isOn }) => isOn(bytes, kernels));
}

/** The versions of everything in it that is built like a Linux kernel and begins at a sector. */
function kernelVersions(bytes: Buffer): string[] {
  const { offset, magic } = PC_KERNEL;
  const versions: string[] = [];
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    const start = at - offset;
    if (start < 0 || start % SECTOR !== 0 || bytes.readUInt16LE(start + BOOT_FLAG.at) !== BOOT_FLAG.value) continue;
    if (start + VERSION.at + 2 > bytes.length) continue;
    const version = start + VERSION.from + bytes.readUInt16LE(start + VERSION.at);
    versions.push(bytes.toString('latin1', version, version + VERSION.bytes).replace(/\0.*/su, ''));
  }
  return versions;
}

function hasRoot(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(ROOT); at >= 0; at = bytes.indexOf(ROOT, at + 1)) if (at % SECTOR === 0) return true;
  return false;
}
