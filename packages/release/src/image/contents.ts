import { open } from 'node:fs/promises';
import { SECTOR_BYTES, findIsoFile, readIsoFile } from '@phyllome/medium';
import { execa } from 'execa';
import { ReleaseError } from '../errors.ts';

/** A file, directory or link of the root file system. */
export interface Entry {
  /** Bytes. */
  size: number;
  /** As `-rw-r--r--`. */
  mode: string;
  /** As `0/0`. */
  owner: string;
  /** Of a symbolic link. */
  target: string | undefined;
}

/** What is on a live medium, as far as it can be read without mounting it. */
export interface Contents {
  /** By absolute path. */
  files: Map<string, Entry>;
  /** Units that are enabled: `multi-user.target: sshd.service`. */
  services: string[];
  /** The file name of the kernel's version, as `6.12.8-200.fc44`, with the architecture. */
  kernels: string[];
  /** Of the menu's first entry, without what names the kernel. */
  bootArguments: string[];
}

const ROOT = 'LiveOS/squashfs.img';
const MENUS = ['boot/grub2/grub.cfg', 'EFI/BOOT/grub.cfg', 'boot/grub/grub.cfg'];
/** A listing of a desktop has 30 MB. */
const longestListing = 512 * 1024 * 1024;

/**
 * Lists a live ISO: the root file system by unsquashfs, which reads it in place, and the boot menu.
 *
 * @throws {ReleaseError} PROGRAM_MISSING without unsquashfs; ROOT_UNREADABLE when the root is missing, damaged, or not a
 * squashfs
 */
export async function readContents(iso: string, signal?: AbortSignal): Promise<Contents> {
  await using file = await open(iso);
  const root = await findIsoFile(file, ROOT);
  if (root === undefined) {
    throw new ReleaseError('ROOT_UNREADABLE', `${iso} has no ${ROOT}`, { hint: 'name a live ISO' });
  }
  const menus = await Promise.all(MENUS.map((path) => readIsoFile(file, path)));
  const menu = menus.find((text) => text !== undefined)?.toString('utf8') ?? '';
  const files = parseListing(await list(iso, root.sector * SECTOR_BYTES, signal));
  return { files, services: servicesOf(files), kernels: kernelsOf(files), bootArguments: bootArgumentsOf(menu) };
}

async function list(iso: string, offset: number, signal: AbortSignal | undefined): Promise<string> {
  const listed = await execa('unsquashfs', ['-o', String(offset), '-lln', '-no-progress', iso], {
    reject: false,
    maxBuffer: longestListing,
    env: { TZ: 'UTC', LC_ALL: 'C.UTF-8' },
    ...(signal && { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  if (listed.code === 'ENOENT') {
    throw new ReleaseError('PROGRAM_MISSING', 'unsquashfs is not installed', { hint: 'run ./setup' });
  }
  if (listed.failed) {
    const why = listed.stderr.trim().split('\n').at(-1) ?? '';
    throw new ReleaseError('ROOT_UNREADABLE', `the root file system of ${iso} cannot be listed: ${why}`, {
      hint: 'phyllome verify says whether the ISO is what was built',
    });
  }
  return listed.stdout;
}

/** Device nodes have two numbers in place of a size. */
const LISTED = /^([a-z-][\w-]{9}) (\S+) +(\d+|\d+, *\d+) \d{4}-\d\d-\d\d \d\d:\d\d squashfs-root(\/.*)?$/;

/** What `unsquashfs -lln` prints. */
export function parseListing(listing: string): Map<string, Entry> {
  const files = new Map<string, Entry>();
  for (const line of listing.split('\n')) {
    const [, mode = '', owner = '', size = '', named = '/'] = LISTED.exec(line) ?? [];
    if (mode === '') continue;
    const [path = named, target] = mode.startsWith('l') ? named.split(' -> ', 2) : [named];
    files.set(path, { mode, owner, size: mode.startsWith('-') ? Number(size) : 0, target });
  }
  return files;
}

const WANTED = /^\/(?:etc|usr\/lib)\/systemd\/system\/([^/]+)\.(?:wants|requires)\/([^/]+)$/;

function servicesOf(files: ReadonlyMap<string, Entry>): string[] {
  const enabled = [...files.keys()].flatMap((path) => {
    const [, target, unit] = WANTED.exec(path) ?? [];
    return target === undefined ? [] : [`${target}: ${unit}`];
  });
  return [...new Set(enabled)].toSorted();
}

function kernelsOf(files: ReadonlyMap<string, Entry>): string[] {
  return [...files.keys()].flatMap((path) => /^(?:\/usr)?\/lib\/modules\/([^/]+)$/.exec(path)?.[1] ?? []).toSorted();
}

/** Labels and identifiers differ from build to build without a meaning: `BOOT_IMAGE=` is not one of the menu's. */
function bootArgumentsOf(menu: string): string[] {
  const [, line = ''] = /^\s*linux(?:efi)?\s+\S+\s*(.*)$/m.exec(menu) ?? [];
  return line.split(/\s+/).filter(Boolean);
}
