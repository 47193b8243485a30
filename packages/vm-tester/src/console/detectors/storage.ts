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
    pattern:
      /^SQUASHFS error: (?!.*(Can't find a SQUASHFS superblock|filesystem version|Filesystem uses|Xattrs in filesystem, these will be ignored))/,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    // Made by newer tools than the kernel, or by ones that were built otherwise.
    id: 'squashfs-unsupported',
    speaker: 'kernel',
    pattern:
      /^SQUASHFS error: .*(filesystem version|Filesystem uses)|^erofs\b.*(unidentified|unsupported)( [\w-]+){0,3} feature|^EXT4-fs \([^)]+\): couldn't mount because of unsupported optional features/,
    cause: 'root-not-found',
    severity: 'fail',
    until: 'userspace',
  },
  {
    id: 'erofs',
    speaker: 'kernel',
    pattern:
      /^erofs\b.*(corrupt|failed to (decompress|get|read)|bogus|invalid (?!option|mount)|unsupported (i_format|datalayout|i_mode)|decompression failed|readahead error|error -\d+)/i,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'ext4',
    speaker: 'kernel',
    pattern:
      /^EXT[234]-fs(:)? (error(?!: couldn't mount because of unsupported)|warning: .*(I\/O error|in need of filesystem check)|warning .*(I\/O error|Marking fs in need of filesystem check|checksum))|^EXT[234]-fs \([^)]+\): (Invalid checksum for backup superblock|.*\berror (count|loading|while|at time|to superblock)|error(?!: couldn't mount because of unsupported)[: ]|Delayed block allocation failed|This should not happen|failed to convert|group descriptors corrupted|Inode checksum|Remounting filesystem read-only|ext4_check_descriptors: |VFS: Found ext4 filesystem with invalid superblock checksum|get root inode failed|corrupt root inode|no journal found|bad geometry|unable to read superblock|failed to open journal|warning: mounting (fs|unchecked fs) with errors)|^JBD2: .*(error|corrupt|failed|invalid|no valid|checksum)|^jbd2_journal_bmap: |^Aborting journal on device/i,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  // Not here on purpose: `Torn write`, which its log recovers from after a power cut, and a shutdown that somebody asked for.
  {
    id: 'xfs',
    speaker: 'kernel',
    pattern:
      /^XFS: Assertion failed|^XFS \([^)]+\): (?!.*([Uu]ser.initiated|Torn write)).*(corrupt|metadata (crc|i\/o) error|log i\/o error|write i\/o error|i\/o error detected|internal error|force_shutdown|filesystem has been shut down|shutting down filesystem|xfs_repair|rectify the problem|failed verifier|(returned error|error:?) -(5|74|117)\b|log inconsistent|empty log check failed|validation failed for inode|failed to (read|recover|find|locate|verify)|writeback error|page discard|SB (validate|sanity) |superblock (?!magic)|dinode|log mount(\/recovery)? failed)/i,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  // What a scrub has repaired, and requests that were refused, are none of the medium's.
  {
    id: 'btrfs',
    speaker: 'kernel',
    pattern:
      /^BTRFS critical|^BTRFS:? error(?!.*(fixed up error|mount option|balance|quota|qgroup|swap ?file|\bsend\b|resize|errs: wr 0, rd 0, flush 0, corrupt 0))|^BTRFS:? .*(open_ctree failed|corrupt (leaf|node)|parent transid verify failed|(csum|checksum|level) (verify )?(failed|mismatch)|forced readonly|Transaction aborted|(failed to|couldn't) (read|recover|load) (the )?(chunk|tree|log|block|super)|bad tree block|unable to (find|read|fixup)|missing \d+ devices, max tolerance|errs: (wr [1-9]|wr \d+, rd [1-9]|wr \d+, rd \d+, flush [1-9]|wr \d+, rd \d+, flush \d+, corrupt [1-9]))/i,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'other-file-system',
    speaker: 'kernel',
    pattern:
      /^(F2FS-fs|FAT-fs|NTFS|ntfs3|NILFS|JFS|bcachefs|exFAT-fs|UDF-fs|HFS\+?-fs|hfsplus|UBIFS|ubifs|ZFS)\b(?!.*(not properly unmounted|No (VRS|partition|fileset) found)).*(corrupt|\berrors?\b|fatal|inconsisten|checksum|csum|set read-only|read failed|bread failed|bread\([^()]*\) failed|unable to read boot sector|failed to get valid|run fsck to fix)/i,
    cause: 'fs-corrupt',
    severity: 'fail',
  },
  {
    // Also when something looks for other systems on a disk, which is done long after the root was found.
    id: 'not-iso9660',
    speaker: 'kernel',
    pattern: /^ISOFS: Unable to identify CD-ROM format/,
    cause: 'fs-corrupt',
    severity: 'fail',
    until: 'userspace',
  },
  {
    id: 'iso9660',
    speaker: 'kernel',
    pattern:
      /^(isofs_fill_super: (bread|root inode|get root inode)|isofs_read_level3_size: |isofs: (corrupted|Invalid|unable)|ISOFS: changing to secondary root failed|Unable to read i-node|iso9660: (corrupted|inode)|rock: (corrupted directory entry|directory entry would overflow))/i,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'dm-verity',
    speaker: 'kernel',
    pattern:
      /^(device-mapper: )?(table: \S+ )?(dm-)?verity(-fec)?:? ?.*(is corrupted|corruption|device corrupted|checksum failed|has been corrupted|reading corrupted|root hash verification failed|invalid root digest|hash algorithm mismatch|reached maximum errors|failed to correct)|^device-mapper: (integrity|crypt): .*(checksum failed|INTEGRITY AEAD ERROR)|^fs-verity \(.*\): (FILE CORRUPTED|error -\d+ reading Merkle)/i,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'overlay',
    speaker: 'kernel',
    pattern:
      /^overlayfs: (failed to (resolve|verify|get|create|mount|whiteout|lookup|clone)|missing '(lowerdir|upperdir)'|workdir and upperdir|(upper|lower)(dir| fs) (is (in-use|not supported)|missing)|filesystem on .* (not supported|is read-only)|unrecognized mount option|empty lowerdir|too many lower|maximum fs stacking depth|no 'data' )/i,
    cause: 'root-not-found',
    severity: 'fail',
    until: 'userspace',
  },
  {
    id: 'io-error',
    speaker: 'kernel',
    pattern:
      /^(\S+: )?(Buffer |blk_update_request: |print_req_error: |end_request: )?((critical (medium|target|nexus|space allocation)|protection|timeout|(recoverable )?transport) error|I\/O error)(, dev| on dev)(?! fd)(?!.*\((DISCARD|WRITE_ZEROES|SECURE_ERASE)\))|^(sd|sr|scsi) \S+: (\[\w+\] )?rejecting I\/O to (offline|dead) device|^Buffer I\/O error on (dev )?(?!fd)\S+, logical block|^s[dr] \S+: (\[\w+\] )?(tag#\d+ )?(Sense Key : (Medium|Hardware) Error|Add\. Sense: .*(uncorrect|unrecovered))|^nvme\S*: (I\/O Cmd.*I\/O Error|Device not ready; aborting)|^ata\d+(\.\d+)?: error: \{.*UNC|^loop: Write error at|^md\/\S+: Disk failure/i,
    cause: 'io-error',
    severity: 'fatal',
  },
  {
    id: 'initramfs',
    speaker: ['kernel', 'loader', 'firmware'],
    pattern:
      /^Initramfs unpacking failed|^rootfs image is not initramfs \(.*(corrupt|invalid|junk|error)|^RAMDISK: (incomplete write|error)|^\s*-- System halted|^(XZ|ZSTD|LZMA|LZO|LZ4|Zstd|GZIP|crc)[- ]?\w* ?(data is corrupt|error)|^(Decoding|decompression) failed|^(uncompression error|ran out of input data|Unable to decompress kernel)|^Kernel panic.*initrd is corrupt/i,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'fsck',
    speaker: ['fsck', 'initramfs', 'init'],
    pattern:
      /^(?:\S+: )?UNEXPECTED INCONSISTENCY|^fsck died with exit status [4-9]|^(?:\[FAIL\] )?An automatic file system check \(fsck\) of the \w+ file ?systems? failed|^\s*\* Filesystems? couldn't be fixed|fsck failed with exit status|^fsck exited with status code [4-9]|^The root filesystem on \S+ requires a manual fsck|File system check of the root filesystem failed|^Failed to .*fsck/,
    cause: 'fs-corrupt',
    severity: 'fail',
  },
];
