import type { Cause } from '../verdict/verdict.ts';

export type LineSource = 'serial' | 'debugcon' | 'journal';

/** A line that tells about the image. A new failure becomes a recording, then a row here. */
export interface Detector {
  id: string;
  pattern: RegExp;
  cause: Cause;
  /** `fatal` ends the boot at once; `fail` lets it go on and rejects it; `warn` is only reported. */
  severity: 'fatal' | 'fail' | 'warn';
}

/**
 * The order is that of precedence on one line. Not here on purpose: SeaBIOS's `Boot failed:`, which good boots
 * print on the way; systemd-ssh-generator, which fails in every machine without a vsock device, as ours is;
 * `[FAILED] Failed to start`, as a unit may be restarted (failed units are asked for at the end).
 */
export const DETECTORS: readonly Detector[] = [
  // Firmware and boot loader
  {
    id: 'no-bootable-device',
    pattern: /No bootable device|BdsDxe: No bootable option or device/,
    cause: 'no-bootable-device',
    severity: 'fatal',
  },
  { id: 'uefi-shell', pattern: /UEFI Interactive Shell/, cause: 'no-bootable-device', severity: 'fatal' },
  {
    id: 'secure-boot',
    pattern:
      /BdsDxe: failed to load .*: (Security Violation|Access Denied)|Verification failed: .*Security Violation|bad shim signature/i,
    cause: 'secure-boot-violation',
    severity: 'fatal',
  },
  {
    id: 'grub-rescue',
    pattern: /Entering rescue mode\.\.\.|grub rescue>|Minimal BASH-like line editing/,
    cause: 'bad-media',
    severity: 'fatal',
  },
  {
    id: 'grub-kernel',
    pattern: /error: (\S+: ?)?you need to load the kernel first/,
    cause: 'bad-media',
    severity: 'fatal',
  },
  {
    id: 'isolinux',
    pattern: /isolinux: (Disk error|Image checksum error|.*not found)|^Boot failed: please change disks/,
    cause: 'bad-media',
    severity: 'fatal',
  },
  // Media and file systems: before the panics that follow from them
  { id: 'beyond-end', pattern: /attempt to access beyond end of device/, cause: 'fs-corrupt', severity: 'fatal' },
  { id: 'squashfs', pattern: /SQUASHFS error:/, cause: 'fs-corrupt', severity: 'fatal' },
  { id: 'erofs', pattern: /erofs: .*(corrupt|failed to decompress)/i, cause: 'fs-corrupt', severity: 'fatal' },
  {
    id: 'ext4',
    pattern: /EXT4-fs error|EXT4-fs \([^)]+\): (Delayed block allocation failed|error )/,
    cause: 'fs-corrupt',
    severity: 'fatal',
  },
  {
    id: 'io-error',
    pattern: /\bI\/O error(, dev| on dev)(?! fd)|rejecting I\/O to offline device/,
    cause: 'io-error',
    severity: 'fatal',
  },
  { id: 'initramfs', pattern: /Initramfs unpacking failed|-- System halted/, cause: 'fs-corrupt', severity: 'fatal' },
  // Kernel
  {
    id: 'no-root',
    pattern: /Kernel panic - not syncing: VFS: Unable to mount root fs/,
    cause: 'root-not-found',
    severity: 'fatal',
  },
  {
    id: 'no-init',
    pattern: /Kernel panic - not syncing: (No working init found|Requested init .* failed)/,
    cause: 'no-init',
    severity: 'fatal',
  },
  {
    id: 'panic-oom',
    pattern: /Kernel panic - not syncing: (Out of memory|System is deadlocked on memory)/,
    cause: 'oom',
    severity: 'fatal',
  },
  {
    id: 'panic',
    pattern: /Kernel panic - not syncing|Attempted to kill init!/,
    cause: 'kernel-panic',
    severity: 'fatal',
  },
  {
    id: 'oops',
    pattern:
      /\bOops: |BUG: unable to handle|kernel BUG at|general protection fault(, probably|: [0-9a-f]{4} )|Kernel stack is corrupted/,
    cause: 'oops',
    severity: 'fatal',
  },
  // On a busy host these tell about the host; a guest that does not recover misses its deadline.
  {
    id: 'lockup',
    pattern:
      /BUG: (soft|workqueue) lockup|watchdog: BUG|rcu:? .*(stall|self-detected)|blocked for more than \d+ seconds/,
    cause: 'lockup',
    severity: 'warn',
  },
  { id: 'kernel-warning', pattern: /WARNING: CPU: \d+ PID: \d+ at /, cause: 'oops', severity: 'warn' },
  { id: 'oom', pattern: /invoked oom-killer|Out of memory: Killed process/, cause: 'oom', severity: 'fail' },
  // dracut and systemd
  {
    id: 'dracut-fatal',
    pattern: /dracut: (FATAL|Refusing to continue)|dracut-initqueue.*: Could not boot\./,
    cause: 'root-not-found',
    severity: 'fatal',
  },
  {
    id: 'media-check',
    pattern: /media check (failed|is complete, the result is: FAIL)|The media check is complete, the result is: FAIL/i,
    cause: 'bad-media',
    severity: 'fatal',
  },
  {
    id: 'dracut-shell',
    pattern: /Starting (Dracut )?Emergency Shell|Press Enter for (emergency shell|maintenance)/i,
    cause: 'emergency-mode',
    severity: 'fatal',
  },
  {
    id: 'emergency',
    pattern:
      /You are in (emergency|rescue) mode|Reached target (\S+ - )?Emergency Mode|Cannot open access to console, the root account is locked/,
    cause: 'emergency-mode',
    severity: 'fatal',
  },
  {
    id: 'switch-root',
    pattern: /Failed to switch root|switch_root: failed|Switch root target contains no usable init/,
    cause: 'no-init',
    severity: 'fatal',
  },
  // systemd leaves the initramfs for a root without it: then a shell becomes process 1, and nothing starts for ever.
  {
    id: 'no-sbin-init',
    pattern: /No \/sbin\/init, trying fallback|Failed to execute \/(sbin\/init|bin\/sh, giving up)/,
    cause: 'no-init',
    severity: 'fatal',
  },
  { id: 'grub-heap', pattern: /(alloc|free) magic (is )?broken/, cause: 'bad-media', severity: 'fatal' },
  // Its last words, when it cannot go on: nothing is started any more, though the kernel lives.
  { id: 'freezing', pattern: /systemd\[1\]: .*Freezing execution|^\[!!!!!!\] /, cause: 'no-init', severity: 'fatal' },
  {
    id: 'initqueue-timeout',
    pattern: /dracut-initqueue.*timeout, still waiting/,
    cause: 'root-not-found',
    severity: 'warn',
  },
  {
    id: 'ordering-cycle',
    pattern: /Found ordering cycle|Ordering cycle found/,
    cause: 'failed-unit',
    severity: 'fail',
  },
  {
    id: 'generator',
    pattern:
      /\/system-generators\/(?!systemd-ssh-generator )\S+ (failed with exit status|terminated by signal|failed due to unknown reason)/,
    cause: 'failed-unit',
    severity: 'fail',
  },
  // User space
  { id: 'disk-full', pattern: /No space left on device/, cause: 'disk-full', severity: 'fail' },
  {
    id: 'coredump',
    // Without a core dump, only signals that nobody sends: process 1 aborts what misses its watchdog on a busy host.
    pattern:
      /\) of user \d+ dumped core|code=(dumped, status=|killed, status=\d+\/(SEGV|BUS|ILL|FPE|TRAP|SYS)\b)|\]: segfault at [0-9a-f]+ ip/,
    cause: 'coredump',
    severity: 'fail',
  },
  { id: 'avc', pattern: /avc:\s+denied/, cause: 'selinux-denial', severity: 'fail' },
];

/** The first detector that the line matches. */
export function detect(line: string, detectors: readonly Detector[] = DETECTORS): Detector | undefined {
  return detectors.find((detector) => detector.pattern.test(line));
}
