import type { Detector } from './detector.ts';

/**
 * Process 1's words. Not here on purpose: `Failed to start`, as a unit may be restarted (failed units and crash loops
 * are asked for at the end); systemd-ssh-generator, which fails in every machine without a vsock device, as ours is.
 */
export const SYSTEMD_DETECTORS: readonly Detector[] = [
  {
    id: 'emergency',
    speaker: ['systemd', 'initramfs'],
    pattern:
      /^(You are in|Welcome to) (emergency|rescue) mode|^(\[ {2}OK {2}\] )?Reached target (\S+ - )?(Emergency|Rescue) Mode|^(\[ {2}OK {2}\] )?Reached target (emergency|rescue)\.target|^(\[ {2}OK {2}\] )?Started (emergency|rescue)\.service|^Failed to load default target\b|^(Trying to load|Falling back to) rescue[. ]target|^Cannot open access to console, the root account is locked/i,
    cause: 'emergency-mode',
    severity: 'fatal',
    follows: true,
  },
  {
    id: 'local-fs',
    speaker: 'systemd',
    pattern: /^(\[DEPEND\] )?Dependency failed for (local-fs\.target|Local File Systems)/,
    cause: 'emergency-mode',
    severity: 'fail',
  },
  {
    id: 'fsck-unit',
    speaker: 'systemd',
    pattern: /^(\[FAILED\] )?Failed to start (systemd-fsck\S*( - .*)?|File System Check .*)$/,
    cause: 'fs-corrupt',
    severity: 'fail',
  },
  {
    id: 'root-device',
    speaker: 'systemd',
    pattern:
      /^(\[DEPEND\] )?Dependency failed for (initrd-root-device\.target|sysroot\.mount|initrd-root-fs\.target|\/sysroot|Initrd Root|Root Device)|^(\[FAILED\] )?Failed to start (dracut-(initqueue|mount)\.service|dracut (initqueue|mount) hook)/i,
    cause: 'root-not-found',
    severity: 'fail',
    until: 'userspace',
  },
  {
    id: 'sysroot',
    speaker: 'systemd',
    pattern: /^(\[FAILED\] )?Failed to mount (sysroot\.mount|\/sysroot)/i,
    cause: 'root-not-found',
    severity: 'fail',
    until: 'userspace',
  },
  {
    id: 'switch-root',
    speaker: ['systemd', 'initramfs'],
    pattern:
      /^(\[(!!!!!!|FAILED)\] )?(Failed to switch root|Failed to start (initrd-switch-root\.service|Switch Root)|switch_root: failed|Switch root target contains no usable init)|^switch_root: (failed|can't execute|not rootfs)/i,
    cause: 'no-init',
    severity: 'fatal',
  },
  // systemd leaves the initramfs for a root without it: then a shell becomes process 1, and nothing starts for ever.
  {
    id: 'no-sbin-init',
    speaker: 'systemd',
    pattern: /^No \/sbin\/init, trying fallback|^(\[ {2}!! {2}\] )?Failed to execute \/(sbin\/init|bin\/sh, giving up)/,
    cause: 'no-init',
    severity: 'fatal',
  },
  // Its last words, when it cannot go on: nothing is started any more, though the kernel lives.
  {
    id: 'freezing',
    speaker: 'systemd',
    pattern:
      /^.*\bFreezing( execution)?\.?$|^\[!!!!!!\] |^Caught <[A-Z]+>|^Failed to (isolate default target|start default target|load rescue target)/,
    cause: 'no-init',
    severity: 'fatal',
  },
  {
    id: 'ordering-cycle',
    speaker: 'systemd',
    pattern:
      /\bFound ordering cycle|^(\[ ?[A-Z]+ ?\] )?Ordering cycle found|\bdeleted to break ordering cycle|^Breaking ordering cycle/,
    cause: 'failed-unit',
    severity: 'fail',
  },
  {
    id: 'generator',
    speaker: 'systemd',
    pattern:
      /\/system-generators\/(?!systemd-ssh-generator )[^\s/]+ (failed with (exit status|error)|terminated by signal|failed due to unknown reason)/,
    cause: 'failed-unit',
    severity: 'fail',
  },
  {
    id: 'start-limit',
    speaker: 'systemd',
    pattern: /^\S+:? [Ss]tart request repeated too quickly/,
    cause: 'failed-unit',
    severity: 'fail',
  },
  // Not of units that hold nothing: dracut's clean-up, and compressed swap in memory, whose device may still be busy.
  {
    id: 'failed-at-shutdown',
    speaker: 'systemd',
    pattern: /^(?!dracut-shutdown\.service|systemd-zram-setup@)\S+: Failed with result '(?!oom-kill'|success')[\w-]+'/,
    cause: 'failed-unit',
    severity: 'fail',
    from: 'shutdown',
  },
  // Loop and device-mapper devices of a live medium stay busy to the end and hold nothing that could be lost.
  {
    id: 'not-unmounted',
    speaker: 'systemd',
    pattern:
      /^Failed to finalize\b.*\bfile systems|^Unable to finalize remaining file systems|^Remounting '[^']*' read-only .* failed|^Failed to (unmount|remount) (?!\/run\/initramfs|\/oldroot\/run)\S+: (?!Device or resource busy)/i,
    cause: 'unclean-shutdown',
    severity: 'fail',
  },
  // Whatever still used it is killed afterwards, and systemd-shutdown tries again.
  {
    id: 'unmount-later',
    speaker: 'systemd',
    pattern: /^(\[FAILED\] )?Failed unmounting /,
    cause: 'unclean-shutdown',
    severity: 'warn',
  },
  {
    id: 'not-detached',
    speaker: 'systemd',
    pattern: /^(Could not detach|Failed to finalize)\b/,
    cause: 'unclean-shutdown',
    severity: 'warn',
  },
  {
    id: 'disk-full',
    speaker: ['systemd', 'journald', 'kernel'],
    pattern: /^(?=(.*\bNo space left on device))\1(?!.*\b(resumed|ignoring)\b)/,
    cause: 'disk-full',
    severity: 'fail',
  },
  {
    id: 'coredump',
    // Without a core dump, only signals that no process sends: process 1 aborts what misses its watchdog on a busy host.
    speaker: ['systemd', 'coredump'],
    pattern:
      /^(\[🡕\] )?Process \d+ \(.*\) of user \d+ (dumped core|terminated abnormally)|: Failed with result 'core-dump'|code=(dumped, status=|killed, status=\d+\/(SEGV|BUS|ILL|FPE|TRAP|SYS)\b)/,
    cause: 'coredump',
    severity: 'fail',
  },
];
