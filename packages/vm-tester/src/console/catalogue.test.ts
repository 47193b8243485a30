import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { parseJournalLine } from '../guest/journal.ts';
import { BootMonitor } from '../verdict/boot-monitor.ts';
import { checkConsole } from './check-console.ts';

const recorded = (name: string) => join(import.meta.dirname, '../../test/recorded', name);

const rejects = (...lines: string[]) => checkConsole(Buffer.from(lines.join('\n'))).rejection?.cause;

const EXPECTED: Record<string, string | undefined> = {
  'bad-btrfs.log': 'fs-corrupt',
  'bad-gdm-loop.log': 'failed-unit',
  'bad-grub-file.log': 'bad-media',
  'bad-initramfs-tools.log': 'root-not-found',
  'bad-kasan.log': 'oops',
  'bad-liveboot.log': 'root-not-found',
  'bad-nx.log': 'oops',
  'bad-xfs.log': 'fs-corrupt',
  'ok-grubline.log': undefined,
  'ok-kdump.log': undefined,
  'ok-motd.log': undefined,
  'ok-rsyslog.log': undefined,
  'pub-dracut1342.log': 'root-not-found',
  'pub-dracut1621.log': 'emergency-mode',
  'pub-mkosi2436.log': 'no-bootable-device',
};

test('every recorded excerpt is in the table', () => {
  expect(readdirSync(recorded('console'))).toEqual(Object.keys(EXPECTED));
});

test.each(Object.entries(EXPECTED))('%s: %s', (name, cause) => {
  expect(checkConsole(readFileSync(recorded(`console/${name}`))).rejection?.cause).toBe(cause);
});

const Case = z.object({
  case: z.string(),
  verdict: z.enum(['accepted', 'rejected']),
  journal: z.array(z.object({ identifier: z.string(), message: z.string() })).default([]),
  serial: z.array(z.string()).default([]),
});
type Case = z.infer<typeof Case>;

/** A machine that has booted, settled, and is told to power off where the case is about that. */
function judged(one: Case): 'accepted' | 'rejected' {
  const monitor = new BootMonitor({ timeScale: 1 });
  monitor.enter('checks', 1_000);
  if (/shutting down|at the end/.test(one.case)) {
    monitor.enter('shutdown', 2_000);
    monitor.expectPowerOff();
  }
  for (const { identifier, message } of one.journal) say(monitor, { SYSLOG_IDENTIFIER: identifier, MESSAGE: message });
  for (const text of one.serial) monitor.console('serial', Buffer.from(text), 3_000);
  return monitor.rejection ? 'rejected' : 'accepted';
}

function say(monitor: BootMonitor, fields: Record<string, string>, atMs = 3_000): void {
  const entry = parseJournalLine(JSON.stringify(fields));
  if (entry) monitor.journal(entry, atMs);
}

const CASES = z.array(Case).parse(JSON.parse(readFileSync(recorded('journal-and-console-cases.json'), 'utf8')));
test.each(CASES)('$case: $verdict', (one) => {
  expect(judged(one)).toBe(one.verdict);
});

/** Lines of the kernel, each of which rejects an image. */
const KERNEL_LINES = [
  'Kernel panic - not syncing: Fatal exception',
  'Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)',
  'Kernel panic - not syncing: No working init found.',
  'Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b',
  'Kernel panic - not syncing: System is deadlocked on memory',
  'Oops: 0000 [#1] PREEMPT SMP NOPTI',
  'Oops: general protection fault, probably for non-canonical address 0xdead: 0000 [#1]',
  'BUG: unable to handle page fault for address: ffffffffdeadbeef',
  'BUG: kernel NULL pointer dereference, address: 0000000000000008',
  'BUG: KASAN: slab-out-of-bounds in foo+0x1/0x2',
  'BUG: KFENCE: use-after-free read in foo+0x1/0x2',
  'BUG: Bad page map in process swapper/0',
  'BUG: Bad rss-counter state mm:00000000 type:MM_ANONPAGES val:1',
  'BUG: scheduling while atomic: swapper/0/1/0x00000002',
  'kernel BUG at mm/slub.c:4023!',
  'int3: 0000 [#1] PREEMPT SMP NOPTI',
  'invalid opcode: 0000 [#1] PREEMPT SMP',
  'divide error: 0000 [#1] SMP',
  'double fault: 0000 [#1] SMP',
  'general protection fault: 0000 [#1] SMP PTI',
  'Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010',
  'Internal error: Oops: 96000004 [#1] SMP',
  'Kernel stack is corrupted in: 0xffffffff81000000',
  'list_add corruption. prev->next should be next',
  'kernel tried to execute NX-protected page - exploit attempt? (uid: 0)',
  'EXT4-fs error (device vda2): ext4_lookup:1855: inode #2: comm ls: deleted inode referenced: 12',
  'JBD2: Detected IO errors while flushing file data on vda2-8 error',
  'Aborting journal on device vda2-8.',
  'XFS (vda2): Metadata corruption detected at xfs_inode_buf_verify+0x9c/0xd0 [xfs], xfs_inode block 0x80',
  'XFS (vda2): Corruption of in-memory data (0x8) detected at xfs_defer_finish. Shutting down filesystem.',
  'XFS (dm-0): Internal error XFS_WANT_CORRUPTED_GOTO at line 1653 of file fs/xfs/libxfs/xfs_alloc.c.',
  'XFS (vda2): log mount/recovery failed: error -117',
  'BTRFS error (device vda3): parent transid verify failed on logical 30425088 mirror 1 wanted 10 found 7',
  'BTRFS critical (device vda3): corrupt leaf: root=1 block=30408704 slot=0, invalid key order',
  'BTRFS warning (device vda3): csum failed root 5 ino 257 off 0 csum 0x1 expected csum 0x2 mirror 1',
  'BTRFS error (device vda3 state EA): forced readonly',
  'BTRFS: open_ctree failed',
  'SQUASHFS error: xz decompression failed, data probably corrupt',
  'erofs (device loop0): failed to decompress -22 in[4096, 0] out[16384]',
  'erofs: (device loop0): bogus i_mode (0) @ nid 36',
  'device-mapper: verity: 254:0: data block 12 is corrupted',
  'device-mapper: verity: 7:0: metadata block 3 is corrupted',
  'ISOFS: unable to read i-node block',
  'isofs_fill_super: bread failed, dev=sr0, iso_blknum=17, block=34',
  'F2FS-fs (vda1): Mismatch valid blocks, corrupted',
  'loop0: rw=0, sector=8, nr_sectors = 8 attempt to access beyond end of device',
  'I/O error, dev vda, sector 2048 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2',
  'Buffer I/O error on dev sr0, logical block 12, async page read',
  'blk_update_request: critical medium error, dev sr0, sector 64 op 0x0:(READ)',
  'Out of memory: Killed process 812 (gnome-shell) total-vm:1024kB',
  'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom',
  'gdm[812]: segfault at 8 ip 00007f sp 00007f error 4 in libc.so.6',
  'audit: type=1400 audit(1732900000.1:4): avc:  denied  { read } for  pid=9 comm="x" permissive=0',
  'Initramfs unpacking failed: invalid magic at start of compressed archive',
];

/** A machine whose journal is read and in which user space is up. */
function settled(): BootMonitor {
  const monitor = new BootMonitor({ timeScale: 1 });
  monitor.console('serial', Buffer.from('[    0.000000] Linux version 6.12\n'), 1);
  say(
    monitor,
    { _TRANSPORT: 'journal', _PID: '1', _UID: '0', SYSLOG_IDENTIFIER: 'systemd', MESSAGE: 'Switching root.' },
    2,
  );
  monitor.enter('checks', 3);
  return monitor;
}

describe('who says it decides', () => {
  const kernel = { _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', SYSLOG_IDENTIFIER: 'kernel' };
  /** Everybody can say anything; the fields with an underscore are journald's own. */
  const others: [who: string, fields: Record<string, string>][] = [
    [
      'sshd, of a peer',
      { _TRANSPORT: 'syslog', SYSLOG_IDENTIFIER: 'sshd', _PID: '700', _UID: '0', _SYSTEMD_UNIT: 'sshd.service' },
    ],
    [
      'a user who calls himself kernel',
      { _TRANSPORT: 'syslog', SYSLOG_IDENTIFIER: 'kernel', SYSLOG_FACILITY: '0', _PID: '701', _UID: '1000' },
    ],
    [
      'a service on its standard output',
      { _TRANSPORT: 'stdout', SYSLOG_IDENTIFIER: 'systemd', _PID: '702', _UID: '0', _SYSTEMD_UNIT: 'x.service' },
    ],
    ['root on /dev/kmsg', { _TRANSPORT: 'kernel', SYSLOG_IDENTIFIER: 'unknown', SYSLOG_FACILITY: '1' }],
    [
      'root who calls himself dracut on /dev/kmsg',
      { _TRANSPORT: 'kernel', SYSLOG_IDENTIFIER: 'dracut', SYSLOG_FACILITY: '3' },
    ],
    ['an audit record that a process sent', { _TRANSPORT: 'audit', SYSLOG_IDENTIFIER: 'audit', _AUDIT_TYPE: '1107' }],
  ];

  test.each(KERNEL_LINES)('%s', (text) => {
    for (const speak of [
      (monitor: BootMonitor) => say(monitor, { ...kernel, MESSAGE: text }),
      (monitor: BootMonitor) => monitor.console('serial', Buffer.from(`[   12.345678] ${text}\n`), 9_000),
    ]) {
      const monitor = settled();
      speak(monitor);
      expect(monitor.rejection).toBeDefined();
    }
    for (const [who, fields] of others) {
      const monitor = settled();
      say(monitor, { ...fields, MESSAGE: text });
      expect(monitor.rejection, who).toBeUndefined();
    }
    for (const line of [
      text,
      `motd[812]: ${text}`,
      `[   20.123456] kdumpctl[800]: will dump on ${text}`,
      `[   20.123456] x: watching for ${text}`,
      `Invalid user ${text} from 10.0.2.2 port 1`,
      `phyllome login: ${text}`,
    ]) {
      const monitor = settled();
      monitor.console('serial', Buffer.from(`${line}\n`), 4_000);
      expect(monitor.rejection, line).toBeUndefined();
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
