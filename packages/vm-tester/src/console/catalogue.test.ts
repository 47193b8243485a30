import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  CONSOLES,
  causeOf,
  KERNEL,
  KERNEL_LINES,
  OTHERS,
  judged,
  readCases,
  say,
  settled,
} from '../../test/recorded-inputs.ts';
import { FAILURES, HARMLESS } from '../../test/known-messages.ts';
import { BootMonitor } from '../verdict/boot-monitor.ts';
import { checkConsole } from './check-console.ts';
import { DETECTORS } from './detectors/index.ts';

const recorded = (name: string) => join(import.meta.dirname, '../../test/recorded', name);

const rejects = (...lines: string[]) => causeOf(lines);

test('every recorded excerpt is in the table', () => {
  expect(readdirSync(recorded('console'))).toEqual(Object.keys(CONSOLES));
});

test.each(Object.entries(CONSOLES))('%s: %s', (name, cause) => {
  expect(checkConsole(readFileSync(recorded(`console/${name}`))).rejection?.cause).toBe(cause);
});

test.each(readCases(recorded('journal-and-console-cases.json')))('$case: $verdict', (one) => {
  expect(judged(one)).toBe(one.verdict);
});

describe('who says it decides', () => {
  test.each(KERNEL_LINES)('%s', (text) => {
    for (const { by, say: speak } of KERNEL) {
      const monitor = settled();
      speak(monitor, text);
      expect(monitor.rejection, by).toBeDefined();
    }
    for (const { by, say: speak } of OTHERS) {
      const monitor = settled();
      speak(monitor, text);
      expect(monitor.rejection, by).toBeUndefined();
    }
  });

  test('a fatal line on the serial console is refuted by a journal that says whose it was', () => {
    const text = 'Kernel panic - not syncing: for fun';
    const monitor = settled();
    monitor.console('serial', Buffer.from(`[   20.000001] ${text}\n`), 5_000);
    say(monitor, { _TRANSPORT: 'kernel', SYSLOG_FACILITY: '1', SYSLOG_IDENTIFIER: 'unknown', MESSAGE: text }, 5_020);
    monitor.quiet(7_000);
    expect([monitor.fatal, monitor.rejection]).toEqual([undefined, undefined]);
    expect(monitor.findings).toMatchObject([{ severity: 'warn' }]);
  });

  test('and believed when the journal says nothing more', () => {
    const monitor = settled();
    monitor.console('serial', Buffer.from('[   20.000001] Kernel panic - not syncing: real\n'), 5_000);
    monitor.quiet(5_900);
    expect(monitor.fatal).toMatchObject({ cause: 'kernel-panic' });
  });
});

describe('known messages of many versions', () => {
  test.each(Object.entries(FAILURES))('%s', (expected, consoles) => {
    expect(consoles.filter((one) => causeOf(one) !== expected)).toEqual([]);
  });

  test('and what machines say that are well', () => {
    expect(HARMLESS.filter((one) => causeOf(one) !== undefined)).toEqual([]);
  });
});

test.each([
  'systemd[1]: Reached target emergency.target - Emergency Mode.',
  'systemd[1]: x.service: Start request repeated too quickly.',
  'systemd-coredump[99]: Process 98 (gdm) of user 0 dumped core.',
  'systemd-fsck[400]: /dev/vda2: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.',
  '[FAILED] Failed to mount sysroot.mount - Root Partition.',
  'Nov 29 10:00:01 host systemd[1]: Freezing execution.',
])('where the journal is read, anybody can print this on the serial console: %s', (line) => {
  const monitor = settled();
  monitor.console('serial', Buffer.from(`${line}\n`), 4_000);
  expect(monitor.findings).toEqual([]);
  expect(rejects(line)).toBeDefined();
});

describe('what a saved console shows of others', () => {
  const boot = ['[    0.000000] Linux version 6.12', '[   18.102030] systemd[1]: Reached target Multi-User System.'];
  const panic = 'Kernel panic - not syncing: Fatal exception';
  test.each([
    ['a log of before, in a shell', 'host login: root (automatic login)', `[    4.112233] ${panic}`],
    ['a log of before, while it starts', `[    4.112233] ${panic}`],
    ['an entry of an old journal', `Nov 29 10:00:01 host kernel: ${panic}`],
    ['the same with another stamp', `2026-11-29T10:00:01.5+00:00 host kernel: [    5.1] ${panic}`],
    ['what somebody types who logged in', 'host login: liveuser', 'You are in emergency mode'],
    ['what a user reads', 'root@host:~# cat boot.log', '[FAILED] Failed to start x.service - X.'],
    ['what root reads', '[root@host ~]# cat boot.log', '[  OK  ] Reached target rescue.target - Rescue Mode.'],
    ['the message of the day', 'Last login: Mon Nov 30 10:00:00 on ttyS0', 'Give root password for maintenance'],
    ['a word to all', 'Broadcast message from root@host (Mon Nov 30):', '', 'You are in emergency mode, says a joke'],
    ['a script of a system that systemd runs', '[FAIL] a test that is to fail'],
  ])('%s', (_, ...lines) => {
    expect(rejects(...boot, ...lines)).toBeUndefined();
  });

  test.each([
    ['a panic at its own time', ...boot, 'host login: root (automatic login)', `[   33.1] ${panic}`],
    ['a clock that differs between CPUs', ...boot, `[   17.902030] ${panic}`],
    ['a second boot', ...boot, '[   33.1] reboot: Restarting system', `[    4.112233] ${panic}`],
    ['a second boot that says little', ...boot, 'BdsDxe: starting Boot0002 "UEFI X"', `[    4.112233] ${panic}`],
    [
      'a saved journal',
      'Nov 29 10:00:01 host systemd[1]: Startup finished in 1s (kernel).',
      `Nov 29 10:00:02 host kernel: ${panic}`,
    ],
    ['a saved journal with its head', '-- Boot 1234 --', `Nov 29 10:00:02 host kernel: ${panic}`],
    [
      'a saved journal with monotonic times',
      '[    0.000000] host kernel: Linux version 6.12',
      `[    4.1] host kernel: ${panic}`,
    ],
  ])('but not %s', (_, ...lines) => {
    expect(rejects(...lines)).toBe('kernel-panic');
  });

  test('and what process 1 says in a journal with monotonic times', () => {
    expect(rejects('[  102.917623] localhost systemd[1]: Dependency failed for /sysroot.')).toBe('root-not-found');
  });
});

describe('the kernel interrupts', () => {
  const panic = '[   33.123456] Kernel panic - not syncing: Fatal exception';
  test.each([
    ['a login prompt', `host login: ${panic}`],
    ['a shell', `root@host:~# ${panic}`],
    ['a message', `Begin: Mounting root file system ... ${panic}`],
    ['a start', ` * Starting sshd ... ${panic}`],
  ])('%s', (_, line) => {
    expect(rejects('[    0.000000] Linux version 6.12', line)).toBe('kernel-panic');
    const monitor = new BootMonitor({ timeScale: 1 });
    const [open = ''] = line.split('[');
    monitor.console('serial', Buffer.from(`[    0.000000] Linux version 6.12\n${open}`), 1_000);
    monitor.quiet(2_000);
    monitor.console('serial', Buffer.from(`${panic}\n`), 33_000);
    expect(monitor.fatal).toMatchObject({ cause: 'kernel-panic', evidence: { line: panic } });
  });

  test.each([
    ['a peer, by its user name', `[   34.000000] sshd[812]: Invalid user x... ${panic}`],
    ['a service that shows an old panic', `x[812]: ... ${panic}`],
    ['a search', `kern.log:${panic}`],
    ['a shell that shows a panic of before', `root@host:~# [    3.123456] Kernel panic - not syncing: x`],
  ])('but not %s', (_, line) => {
    expect(rejects('[    0.000000] Linux version 6.12', '[   20.000000] x', line)).toBeUndefined();
  });
});

test.each([
  ['with a time of the future', '[1764500000.123] a daemon counts from 1970\n', 5_000],
  ['that says when it was asked', 'host login: \n[  300.000000] it is late\n', 290_000],
])('no line %s makes the kernel’s own an old one', (_, line, atMs) => {
  const monitor = new BootMonitor({ timeScale: 1 });
  monitor.console('serial', Buffer.from('[    0.000000] Linux version 6.12\n'), 1_000);
  monitor.console('serial', Buffer.from(line), atMs);
  monitor.console('serial', Buffer.from('[   33.000000] Kernel panic - not syncing: x\n'), 300_000);
  expect(monitor.fatal).toMatchObject({ cause: 'kernel-panic' });
});

test('an initramfs has no words in a journal when the checks have begun', () => {
  expect(
    judged({
      case: 'x',
      verdict: 'accepted',
      journal: [{ identifier: 'dracut', message: 'FATAL: what a service tries' }],
      serial: [],
    }),
  ).toBe('accepted');
});

test('a line without a time is nobody’s when the checks have begun, though no other line had one', () => {
  const monitor = new BootMonitor({ timeScale: 1 });
  monitor.enter('checks', 1_000);
  monitor.console('serial', Buffer.from('Kernel panic - not syncing: is the name of our band\n'), 3_000);
  expect(monitor.findings).toEqual([]);
});

test('a machine that is set back has its clock set back, too', () => {
  const monitor = settled();
  const mark = monitor.mark();
  monitor.console('serial', Buffer.from('[  100.000000] x\n'), 5_000);
  monitor.rollback(mark, 6_000);
  monitor.console('serial', Buffer.from('[   30.000000] Kernel panic - not syncing: x\n'), 7_000);
  expect(monitor.findings).toMatchObject([{ cause: 'kernel-panic' }]);
});

test('what an initramfs says when the boot has long gone on is only reported, as the probes of a container engine are', () => {
  const text = "overlayfs: missing 'lowerdir'";
  const monitor = settled();
  say(monitor, { _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', SYSLOG_IDENTIFIER: 'kernel', MESSAGE: text });
  expect(monitor.findings).toMatchObject([{ severity: 'warn' }]);
  expect(rejects(`[    5.0] ${text}`)).toBe('root-not-found');
});

describe('at the end of a saved console', () => {
  test.each([
    ['failed-unit', ['[FAILED] Failed to start x.service - X.', '[  OK  ] Reached target Multi-User System.']],
    [undefined, ['[FAILED] Failed to start x.service - X.', '[  OK  ] Started x.service - X.']],
    [undefined, ['[FAILED] Failed to start X.', '[  OK  ] Finished X.']],
    [undefined, ['systemd[1]: Shutting down.', "systemd[1]: x.service: Failed with result 'exit-code'."]],
    ['lockup', ['[    9.0] rcu: INFO: rcu_preempt self-detected stall on CPU']],
    [
      undefined,
      ['[    9.0] rcu: INFO: rcu_preempt self-detected stall on CPU', '[  OK  ] Reached target Multi-User System.'],
    ],
    [undefined, ['[    9.0] watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [x:1]', 'host login: ']],
  ])('%s: %j', (expected, lines) => {
    expect(rejects(...lines)).toBe(expected);
  });
});

test('the prompt that an image is to show rejects nothing', () => {
  for (const [expected, cause] of [
    [undefined, 'emergency-mode'],
    [/^~ # /, undefined],
  ] as const) {
    const monitor = new BootMonitor({ timeScale: 1, ...(expected && { expected }) });
    monitor.console('serial', Buffer.from('[    1.000000] Run /init as init process\n~ # '), 1_000);
    monitor.quiet(2_000);
    expect(monitor.rejection?.cause).toBe(cause);
  }
});

test('a daemon that ends with another status than 0 when it is told to is no loss; a unit that cannot stop is', () => {
  const processOne = { _TRANSPORT: 'journal', _PID: '1', _UID: '0', SYSLOG_IDENTIFIER: 'systemd' };
  const failed = { ...processOne, MESSAGE: "x.service: Failed with result 'exit-code'." };
  for (const [first, verdict] of [
    ['x.service: Main process exited, code=exited, status=1/FAILURE', undefined],
    ['x.service: Control process exited, code=exited, status=1/FAILURE', 'failed-unit'],
  ] as const) {
    const monitor = settled();
    monitor.enter('shutdown', 4_000);
    monitor.expectPowerOff();
    say(monitor, { ...processOne, MESSAGE: first }, 4_100);
    say(monitor, failed, 4_200);
    expect(monitor.rejection?.cause).toBe(verdict);
  }
});

describe('other programs of a boot, each in its own words', () => {
  test.each([
    ['bad-media', "error: file `/boot/vmlinuz-6.12' not found."],
    ['bad-media', "error: ../../grub-core/fs/fshelp.c:257:file `/live/initrd.img' not found."],
    ['bad-media', 'error: no such device: 1234-ABCD.'],
    ['bad-media', 'error: unknown filesystem.', 'Entering rescue mode...'],
    ['bad-media', 'grub> '],
    ['bad-media', 'isolinux.bin missing or corrupt.'],
    ['bad-media', 'Could not find kernel image: linux'],
    ['bad-media', 'Failed to load ldlinux.c32'],
    ['bad-media', 'No loader found. Configuration files in \\loader\\entries\\*.conf are needed.'],
    ['bad-media', 'This kernel requires an x86-64 CPU, but only detected an i686 CPU.'],
    ['no-bootable-device', 'No more network devices'],
    ['secure-boot-violation', 'Verifying shim SBAT data failed: Security Policy Violation'],
    ['root-not-found', 'ALERT!  /dev/disk/by-label/x does not exist.  Dropping to a shell!'],
    ['root-not-found', ' Gave up waiting for root device.  Common problems:'.trim()],
    [
      'root-not-found',
      "ERROR: device 'UUID=1' not found. Skipping fsck.",
      "ERROR: Unable to find root device 'UUID=1'.",
    ],
    ['root-not-found', "ERROR: '/dev/disk/by-label/ARCH' device did not show up after 30 seconds..."],
    ['root-not-found', 'Mounting boot media: failed. ', 'initramfs emergency recovery shell launched.'],
    ['root-not-found', 'An error occurred in stage 1 of the boot process, which must mount the'],
    ['root-not-found', '[DEPEND] Dependency failed for initrd-root-device.target - Initrd Root Device.'],
    ['root-not-found', '[FAILED] Failed to mount sysroot.mount - Root Partition.'],
    ['emergency-mode', 'Generating "/run/initramfs/rdsosreport.txt"'],
    ['emergency-mode', '[  OK  ] Reached target rescue.target - Rescue Mode.'],
    ['failed-unit', 'systemd[1]: x.service: Start request repeated too quickly.'],
    ['failed-unit', 'Nov 29 10:00:01 host systemd[1]: x.service: Scheduled restart job, restart counter is at 2.'],
    ['kernel-panic', 'Nov 29 10:00:01 host kernel: Kernel panic - not syncing: hung_task: blocked tasks'],
    ['kernel-panic', '2026-11-29T10:00:01.5+00:00 host kernel: [   12.1] Kernel panic - not syncing: softlockup'],
    ['coredump', 'Nov 29 10:00:01 host systemd-coredump[99]: Process 98 (gdm) of user 0 dumped core.'],
    ['fs-corrupt', 'systemd-fsck[400]: /dev/vda2: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.'],
  ])('%s: %s', (cause, ...lines) => {
    expect(rejects(...lines)).toBe(cause);
  });

  test.each([
    ["error: file `/boot/grub2/fonts/unicode.pf2' not found."],
    ["error: can't find command `hwmatch'."],
    ['error: no suitable video mode found.', 'Booting in blind mode'],
    ["error: file `/boot/vmlinuz-old' not found.", '[    0.000000] Linux version 6.12'],
    ['BdsDxe: failed to load Boot0001 "UEFI X" from PciRoot(0x0): Not Found', 'BdsDxe: starting Boot0002 "UEFI Y"'],
    ['Gave up waiting for suspend/resume device'],
    ["[    5.0] EXT4-fs (vda1): VFS: Can't find ext4 filesystem"],
    ['[    5.0] FAT-fs (vda1): Volume was not properly unmounted. Some data may be corrupt. Please run fsck.'],
    ['[    5.0] BTRFS info (device vda3): using crc32c (crc32c-intel) checksum algorithm'],
    ['[    5.0] XFS (vda2): Ending clean mount'],
    ['[    5.0] Memory cgroup out of memory: Killed process 812 (stress)'],
    [
      '[    5.0] stress invoked oom-killer: gfp_mask=0xcc0',
      '[    5.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)',
    ],
    ['[    5.0] zfs: module license taints kernel.'],
    ['[    5.0] mce: [Hardware Error]: Machine check events logged'],
    ['[    5.0] systemd-shutdown[1]: Could not detach loopback /dev/loop0: Device or resource busy'],
    ['Nov 29 10:00:01 host kernel[812]: Kernel panic - not syncing: by logger'],
    ['Nov 29 10:00:01 host sshd[1]: Invalid user Oops: from 10.0.2.2 port 1'],
    ['systemd[1]: x.service: Scheduled restart job, restart counter is at 1.'],
    ['host login: ', 'You are in emergency mode, says the message of the day'],
    ['[    0.000000] Linux version 6.12', 'cp: error writing /tmp/x: No space left on device'],
    ["[    9.0] audit: type=1107 audit(1.1:2): pid=1 uid=0 msg='avc:  denied  { start } for scontext=x'"],
  ])('not for: %s', (...lines) => {
    expect(rejects(...lines)).toBeUndefined();
  });
});

// The guest chooses them, as it chooses how many there are. What takes the square of a length does not end in a test's time.
test.each([
  ['Failed to load image ', ' '],
  ['error: file `/boot/', 'initrd'],
  ['error: ', 'a:'],
  ['erofs (device loop0): ', 'unsupported'],
  ['FAT-fs (vda1): ', 'bread('],
  ['Failed to execute /', 'init'],
  ["can't run '/", 'rcS'],
  ["Remounting '", "' read-only "],
  ['', 'No space left on device ', 'resumed'],
  ['', '/system-generators/x'],
])('a long line of like words is judged: %s%s', (before, word, after = '') => {
  const line = `${before}${word.repeat(2 ** 20 / word.length)}${after}`;
  expect(DETECTORS.filter(({ pattern }) => pattern.test(line)).map(({ id }) => id)).toEqual([]);
});
