import type { Detector } from './detector.ts';

/** A system that is built for newer processors than the one it runs on. */
export const CPU_LEVEL = 'cpu-level';

/**
 * What the programs of an initramfs say when they cannot find or enter the root, each in its own words: dracut,
 * initramfs-tools, live-boot and casper, mkinitcpio and archiso, booster, Alpine, NixOS. Not here on purpose:
 * `Gave up waiting for suspend/resume device`, after which a boot goes on.
 */
export const INITRAMFS_DETECTORS: readonly Detector[] = [
  {
    // glibc's sysdeps/x86/dl-get-cpu-features.c: process 1 ends before it begins.
    id: CPU_LEVEL,
    speaker: ['initramfs', 'init'],
    pattern: /^(\S+: )?(Fatal glibc error: )?CPU (does not support x86-64-v\d|ISA level is lower than required)/,
    cause: 'bad-media',
    severity: 'fatal',
  },
  {
    id: 'dracut-fatal',
    speaker: 'initramfs',
    pattern:
      /^(dracut: |dracut-\S*: )?(FATAL|Refusing to continue)|^(dracut:? |dracut-\S*: )?(Warning: )?(Could not boot\.$|Can't mount root filesystem|Unable to find a filesystem image)/,
    cause: 'root-not-found',
    severity: 'fatal',
  },
  {
    id: 'media-check',
    speaker: ['initramfs', 'systemd'],
    pattern:
      /media check (failed|is complete, the result is: FAIL)|^One or more files are corrupted|^Check finished: errors found in \d+ files|^(ERROR: )?Verification of \S+ signature failed|^sha(256|512)sum: WARNING: \d+ computed checksums? did NOT match/i,
    cause: 'bad-media',
    severity: 'fatal',
  },
  {
    id: 'live-loop',
    speaker: 'initramfs',
    pattern:
      /^losetup: .*: failed to set ?up loop device|^mount: \S+: (failed to set ?up loop device|wrong fs type|unknown filesystem|can't read superblock|special device .* does not exist|mount\(2\) system call failed)/,
    cause: 'root-not-found',
    severity: 'fail',
    until: 'userspace',
  },
  {
    // initramfs-tools' cryptroot, and cryptsetup itself. What systemd says of it, it says in the journal alone.
    id: 'passphrase',
    speaker: 'initramfs',
    pattern: /^(cryptsetup: ERROR: .*bad password|No key available with this passphrase)/,
    cause: 'wrong-passphrase',
    severity: 'fail',
    until: 'userspace',
  },
  {
    id: 'root-mount',
    speaker: 'initramfs',
    pattern:
      /^mount: mounting \S+ on \/(root|sysroot|new_?root|mnt-root)(\/\S*)? failed|^mount: \/(root|sysroot|new_?root|mnt-root)\b\S*: (can't find|no valid filesystem|.* not found)|^Timed out waiting for device \S+, trying to mount anyway|^Volume group "\S+" not found|^cryptsetup: ERROR: .*(failed|exceeded)|^(Failed to import pool|Cannot find ZFS pool)/,
    cause: 'root-not-found',
    severity: 'fail',
    until: 'userspace',
  },
  {
    id: 'dracut-device',
    speaker: 'initramfs',
    // It says so of every device that it waited for, and then offers its shell.
    pattern:
      /^(dracut:? |dracut-\S*: )?Warning: (\/dev\/\S+ does not exist|Not all disks have been found|Processing: .* failed|Failed to mount)/,
    cause: 'root-not-found',
    severity: 'fail',
    until: 'userspace',
  },
  {
    id: 'initqueue-timeout',
    speaker: 'initramfs',
    pattern: /^(dracut-initqueue\S*: )?(Warning: )?dracut-initqueue.*timeout, still waiting/,
    cause: 'root-not-found',
    severity: 'warn',
  },
  {
    id: 'initramfs-tools',
    speaker: 'initramfs',
    pattern:
      /^Gave up waiting for (root|the root)|^ALERT! .*(does not exist|not found)|^Failed to mount \S+ as root file system/i,
    cause: 'root-not-found',
    severity: 'fatal',
  },
  {
    id: 'initramfs-no-init',
    speaker: 'initramfs',
    pattern:
      /^(Begin: )?No init found\. Try passing init=|^(dracut-\S*: )?(Warning: )?Cannot find init!|^run-init: .*(No such file|not found)|^Target filesystem doesn't have requested|^(:: )?(ERROR: )?Root device mounted successfully, but .* does not exist|^\S*\/init not found in new root\. Launching|^stage 2 init script \(.*\) not found/i,
    cause: 'no-init',
    severity: 'fatal',
    follows: true,
  },
  {
    id: 'booster',
    speaker: 'initramfs',
    pattern:
      /^(booster: )?(Timeout waiting for root filesystem|Linux kernel version mismatch\. This initramfs|specified root \S+ has type|unable to detect filesystem type for device)/,
    cause: 'root-not-found',
    severity: 'fatal',
  },
  {
    id: 'live-boot',
    speaker: 'initramfs',
    pattern:
      /^BOOT FAILED!|^Unable to find a (medium|live)|^(Could not|Unable to) find .*live (file system|image)|^Can not mount \S+ \(.*\) on |^This (Debian|Ubuntu|\w+) Live image failed to boot|^No (root device specified|supported filesystem images found)|^(Begin: )?Could not find the ISO |^overlay mount failed/i,
    cause: 'root-not-found',
    severity: 'fatal',
  },
  {
    id: 'mkinitcpio',
    speaker: 'initramfs',
    pattern:
      /^(:: )?(ERROR[:;] )?(Unable to find root device|device '.*' not found\. Skipping fsck|Failed to mount (the real root device|')|'.*' device did not show up after \d+ seconds)|^You are (now )?being dropped (in)?to (a recovery|an emergency|a rescue) shell|^Bailing out, you are on your own|^Falling back to interactive prompt/i,
    cause: 'root-not-found',
    severity: 'fatal',
    follows: true,
  },
  {
    id: 'alpine',
    speaker: 'initramfs',
    pattern: /^initramfs emergency recovery shell launched|^\s*(\* )?Mounting (boot media|root)[.: ]*failed/i,
    cause: 'root-not-found',
    severity: 'fatal',
    follows: true,
  },
  {
    id: 'nixos-stage-1',
    speaker: 'initramfs',
    pattern: /^An error occurred in stage 1 of the boot process/,
    cause: 'root-not-found',
    severity: 'fatal',
  },
  {
    id: 'genkernel',
    speaker: 'initramfs',
    pattern: /^!! +(Could not find the root|The root block device is unspecified|Block device .* is not a valid root)/i,
    cause: 'root-not-found',
    severity: 'fatal',
  },
  {
    id: 'dracut-shell',
    speaker: ['initramfs', 'systemd'],
    pattern:
      /^(\s*Starting |\[ {2}OK {2}\] Started )(\S*(emergency|rescue)\.service|(Dracut )?(Emergency|Rescue) Shell)|^\(or (press|type) Control-D to continue\)|^sulogin: |^(Press|Give root password|Press Enter|Give) .*(for (emergency shell|maintenance))|^Entering emergency mode\. Exit the shell to continue|^Generating "\/run\/initramfs\/rdsosreport\.txt"|^(dracut|switch_root)?:\/\S*# ?$/i,
    cause: 'emergency-mode',
    severity: 'fatal',
    follows: true,
  },
  {
    id: 'initramfs-prompt',
    speaker: 'initramfs',
    pattern: /^\(initramfs\) ?$|^\[rootfs [^\]]*\][#$] ?$|^~ # ?$/,
    cause: 'emergency-mode',
    severity: 'fatal',
    follows: true,
  },
];
