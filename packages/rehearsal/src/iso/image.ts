import { editionArchitecture } from '@phyllome/host/architecture';
import { lutimes, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_VOLUME_ID_LENGTH } from '@phyllome/installer/live-rules';
import { biosImage, efiImage } from './grub.ts';

/** GRUB's own boot sector for a medium that is a disk as well as a CD-ROM. */
const hybridSector = '/usr/lib/grub/i386-pc/boot_hybrid.img';

/**
 * An ISO that BIOS and UEFI boot, from a CD-ROM or as a disk: two El Torito entries and a GPT, as lorax's template
 * makes it (share/templates.d/99-generic/x86.tmpl).
 */
export const xorrisoArgv = (tree: string, iso: string, volid: string): string[] => [
  'xorriso',
  // The container's disk is gone with it: the client that fetches the ISO syncs its own.
  '-stdio_sync',
  'off',
  '-as',
  'mkisofs',
  '-o',
  iso,
  '-V',
  volid,
  '-J',
  '-R',
  '-joliet-long',
  '-b',
  biosImage,
  '-c',
  'boot.cat',
  '-no-emul-boot',
  '-boot-load-size',
  '4',
  '-boot-info-table',
  '--grub2-boot-info',
  '--grub2-mbr',
  hybridSector,
  '-eltorito-alt-boot',
  '-append_partition',
  '2',
  '0xef',
  join(tree, efiImage),
  '-appended_part_as_gpt',
  '-e',
  '--interval:appended_partition_2:all::',
  '-no-emul-boot',
  tree,
];

/** Sets the time of everything below `tree`: the ISO's directory records carry it. */
export async function setTimes(tree: string, epochSeconds: number): Promise<void> {
  for (const entry of await readdir(tree, { withFileTypes: true })) {
    const path = join(tree, entry.name);
    if (entry.isDirectory()) await setTimes(path, epochSeconds);
    await lutimes(path, epochSeconds, epochSeconds);
  }
  await lutimes(tree, epochSeconds, epochSeconds);
}

/** lorax's template replaces what ISO 9660 does not like; without `--volid` the name is cut to what fits. */
export const volumeId = (volid: string | undefined, project: string, releasever: string): string =>
  (volid ?? `${project}-${releasever}-${editionArchitecture.name}`.slice(0, MAX_VOLUME_ID_LENGTH)).replaceAll(
    /[^A-Za-z0-9_-]/gu,
    '-',
  );
