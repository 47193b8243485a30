/**
 * Recorded inputs with the verdicts they must get: for the unit tests of the catalogue, and for the table that
 * `pnpm tester:table` prints.
 */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { Console } from './known-messages.ts';
import type { Cause } from '../src/verdict/verdict.ts';
import { parseJournalLine } from '../src/guest/journal.ts';
import { checkConsole } from '../src/console/check-console.ts';
import { BootMonitor } from '../src/verdict/boot-monitor.ts';

/** Excerpts of consoles in recorded/console/, each with the cause that rejects it, if one does. */
export const CONSOLES: Record<string, string | undefined> = {
  'bad-btrfs.log': 'fs-corrupt',
  'bad-gdm-loop.log': 'failed-unit',
  'bad-grub-file.log': 'bad-media',
  'bad-initramfs-tools.log': 'root-not-found',
  'bad-kasan.log': 'oops',
  'bad-liveboot.log': 'root-not-found',
  'bad-nx.log': 'oops',
  'bad-wrong-passphrase.log': 'wrong-passphrase',
  'bad-xfs.log': 'fs-corrupt',
  'ok-grubline.log': undefined,
  'ok-kdump.log': undefined,
  'ok-motd.log': undefined,
  'ok-rsyslog.log': undefined,
  'pub-dracut1342.log': 'root-not-found',
  'pub-dracut1621.log': 'emergency-mode',
  'pub-mkosi2436.log': 'no-bootable-device',
};

/** A recorded case: what a journal and a serial console said, and what such a machine is worth. */
const Case = z.object({
  case: z.string(),
  verdict: z.enum(['accepted', 'rejected']),
  journal: z.array(z.object({ identifier: z.string(), message: z.string() })).default([]),
  serial: z.array(z.string()).default([]),
});
export type Case = z.infer<typeof Case>;

/** The verdict on a machine that has booted, settled, and is told to power off where the case is about that. */
export function judged(one: Case): 'accepted' | 'rejected' {
  const monitor = new BootMonitor({ timeScale: 1 });
  monitor.enter('checks', 1_000);
  if (/shutting down|at the end/.test(one.case)) {
    monitor.enter('shutdown', 2_000);
    monitor.expectPowerOff();
  }
  for (const { identifier, message } of one.journal) say(monitor, { SYSLOG_IDENTIFIER: identifier, MESSAGE: message });
  for (const text of one.serial) monitor.console('serial', Buffer.from(text), 3_000);
  monitor.quiet(4_000);
  // No guest is there that could be asked.
  monitor.endOfLog(4_000);
  return monitor.rejection ? 'rejected' : 'accepted';
}

/** What rejects a machine whose console has this, if anything does. */
export const causeOf = (console: Console): Cause | undefined =>
  checkConsole(Buffer.from([console].flat().join('\n'))).rejection?.cause;

/** An entry of the journal with these fields. */
export function say(monitor: BootMonitor, fields: Record<string, string>, atMs = 3_000): void {
  const entry = parseJournalLine(JSON.stringify(fields));
  if (entry) monitor.journal(entry, atMs);
}

export function readCases(path: string): Case[] {
  return z.array(Case).parse(JSON.parse(readFileSync(path, 'utf8')));
}

/** Lines of the kernel, each of which rejects an image. */
export const KERNEL_LINES = [
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
export function settled(): BootMonitor {
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

/** Somebody who says a line, and how it comes to the tester. */
export interface Saying {
  by: string;
  say: (monitor: BootMonitor, text: string) => void;
}

const kernelFields = { _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', SYSLOG_IDENTIFIER: 'kernel' };

/** The kernel, whose lines these are. */
export const KERNEL: readonly Saying[] = [
  { by: 'the kernel in the journal', say: (monitor, text) => say(monitor, { ...kernelFields, MESSAGE: text }) },
  {
    by: 'the kernel on the serial console',
    say: (monitor, text) => void monitor.console('serial', Buffer.from(`[   12.345678] ${text}\n`), 9_000),
  },
];

/** Everybody can say anything; the fields with an underscore are journald's own. */
const IN_JOURNAL: [who: string, fields: Record<string, string>][] = [
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

/** Lines that hold a line of the kernel's, on the serial console of a machine that is up. */
const ON_SERIAL: [who: string, line: (text: string) => string][] = [
  ['somebody on the serial console', (text) => text],
  ['the message of the day', (text) => `motd[812]: ${text}`],
  ['a service that watches for it', (text) => `[   20.123456] kdumpctl[800]: will dump on ${text}`],
  ['a service with no number', (text) => `[   20.123456] x: watching for ${text}`],
  ['a service that shows an old log', (text) => `Nov 29 10:00:01 host kernel: ${text}`],
  ['a service that calls itself process 1', (text) => `systemd[1]: ${text}`],
  ['a service that calls itself the collector of core dumps', (text) => `systemd-coredump[99]: ${text}`],
  ['a peer, by its user name', (text) => `Invalid user ${text} from 10.0.2.2 port 1`],
  ['somebody who types it at the login prompt', (text) => `phyllome login: ${text}`],
];

/** Ordinary speakers, who reject nothing. */
export const OTHERS: readonly Saying[] = [
  ...IN_JOURNAL.map(([by, fields]) => ({
    by,
    say: (monitor: BootMonitor, text: string) => say(monitor, { ...fields, MESSAGE: text }),
  })),
  ...ON_SERIAL.map(([by, line]) => ({
    by,
    say: (monitor: BootMonitor, text: string) => void monitor.console('serial', Buffer.from(`${line(text)}\n`), 4_000),
  })),
];
