import type { Detector } from './detector.ts';

/**
 * What the kernel says of media and file systems; before the panics that follow from them. Not here on purpose: a
 * probe that did not find its own file system (`Can't find ext4 filesystem`), which every mount without a type tries.
 * Sources of the words: the file systems' own messages (fs/ext4/super.c, fs/xfs/xfs_error.c, fs/btrfs/messages.c …).
 */
export const STORAGE_DETECTORS: readonly Detector[] = [
  {
    id: 'beyond-end',
    speaker: 'kernel',
    pattern: /^(\S+: )?(rw=[^:]*)?attempt to access beyond end of device/,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'squashfs',
    speaker: 'kernel',
    pattern: /^SQUASHFS error: (?!.*(Can't find a SQUASHFS superblock|filesystem version|Filesystem uses))/,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'erofs',
    speaker: 'kernel',
    pattern: /^erofs\b.*(corrupt|failed to decompress|bogus|invalid (?!option|mount)|decompression failed|error -\d+)/i,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'ext4',
    speaker: 'kernel',
    pattern:
      /^EXT[234]-fs error|^EXT[234]-fs \([^)]+\): (Delayed block allocation failed|error |failed to convert|group descriptors corrupted|Inode checksum)|^JBD2: .*(error|corrupt)|^Aborting journal on device/i,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'xfs',
    speaker: 'kernel',
    pattern:
      /^XFS \([^)]+\): (Metadata (corruption|CRC error|I\/O [Ee]rror)|Corruption |Internal error|Log I\/O [Ee]rror|log mount\/recovery failed|Unmount and run xfs_repair|[Ff]ailed to (read|recover)|[Ff]ilesystem has been shut down|[Ss]hutting down [Ff]ilesystem|SB (validate|sanity) |Superblock |dinode|xfs_\w+: .*corrupt)/,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'btrfs',
    speaker: 'kernel',
    pattern:
      /^BTRFS(:| )(critical|error|warning)? ?.*(open_ctree failed|corrupt (leaf|node)|parent transid verify failed|(csum|checksum|level) (verify )?(failed|mismatch)|forced readonly|Transaction aborted|failed to (read|recover|load) (the )?(chunk|tree|log|block|super)|bad tree block|unable to (find|read)|errs: wr \d+, rd \d+, flush \d+, corrupt [1-9])|^BTRFS critical/i,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'other-file-system',
    speaker: 'kernel',
    pattern:
      /^(F2FS-fs|FAT-fs|NTFS|ntfs3|NILFS|JFS|bcachefs|exFAT-fs|UDF-fs|HFS\+?-fs|hfsplus)\b(?!.*not properly unmounted).*(corrupt|error,|fatal|inconsisten|checksum|csum)/i,
    cause: 'fs-corrupt',
    severity: 'fail',
  },
  {
    id: 'iso9660',
    speaker: 'kernel',
    pattern:
      /^(isofs_fill_super: (bread|root inode)|isofs: (corrupted|Invalid|unable)|ISOFS: (unable|changing to secondary root failed)|Unable to (identify CD-ROM format|read i-node)|iso9660: (corrupted|inode))/i,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'dm-verity',
    speaker: 'kernel',
    pattern:
      /^(device-mapper: )?(dm-)?verity:? ?.*(is corrupted|corruption|checksum failed|has been corrupted|reading corrupted|root hash verification failed)|^device-mapper: (integrity|crypt): .*(checksum failed|INTEGRITY AEAD ERROR)/i,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'overlay',
    speaker: 'kernel',
    pattern:
      /^overlayfs: (failed to (resolve|verify|get|create|mount|whiteout|lookup)|missing '(lowerdir|upperdir)'|workdir and upperdir|upper(dir| fs) (does not|is (in-use|not supported))|maximum fs stacking depth|no 'data' )/i,
    cause: 'root-not-found',
    severity: 'fail',
    until: 'userspace',
  },
  {
    id: 'io-error',
    speaker: 'kernel',
    pattern:
      /^(\S+: )?(Buffer |blk_update_request: |print_req_error: |end_request: )?(critical (medium|target|space allocation) error|I\/O error)(, dev| on dev)(?! fd)|^(sd|sr|scsi) \S+: (\[\w+\] )?rejecting I\/O to (offline|dead) device|^Buffer I\/O error on (dev )?(?!fd)\S+, logical block/,
    cause: 'io-error',
    severity: 'fatal',
  },
  {
    id: 'initramfs',
    speaker: ['kernel', 'loader', 'firmware'],
    pattern:
      /^Initramfs unpacking failed|^-- System halted|^(XZ|ZSTD|LZMA|LZO|LZ4|Zstd|GZIP|crc)[- ]?\w* ?(data is corrupt|error)|^(Decoding|decompression) failed|^Kernel panic.*initrd is corrupt/i,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'fsck',
    speaker: 'fsck',
    pattern: /UNEXPECTED INCONSISTENCY|fsck failed with exit status|Failed to .*fsck/,
    cause: 'fs-corrupt',
    severity: 'fail',
  },
];
