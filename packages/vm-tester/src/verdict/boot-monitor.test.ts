import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseJournalLine } from '../guest/journal.ts';
import type { Evidence } from './verdict.ts';
import { BootMonitor } from './boot-monitor.ts';
import type { Finding } from './boot-monitor.ts';

const TIME_SCALE = 10;

/** Judges a recorded serial.log: its lines at their times. */
function replay(name: string): { monitor: BootMonitor; endMs: number } {
  const monitor = new BootMonitor({ timeScale: TIME_SCALE });
  const log = readFileSync(join(import.meta.dirname, '../../test/recorded', `${name}.serial.log`), 'utf8');
  let endMs = 0;
  for (const line of log.split('\n')) {
    const [, seconds = '', text = ''] = /^\[ *([\d.]+)\] (.*)$/.exec(line) ?? [];
    if (seconds === '') continue;
    endMs = Math.round(Number(seconds) * 1000);
    monitor.console('serial', Buffer.from(`${text}\n`), endMs);
  }
  return { monitor, endMs };
}

const line = (text: string): Buffer => Buffer.from(`${text}\n`);

const event = (name: string, data: Record<string, unknown> = {}) => ({
  event: name,
  data,
  timestamp: { seconds: 0, microseconds: 0 },
});

function job(unit: string, type = 'start', result = 'done') {
  const fields = { MESSAGE: 'Ended.', SYSLOG_IDENTIFIER: 'systemd', UNIT: unit, JOB_TYPE: type, JOB_RESULT: result };
  const entry = parseJournalLine(JSON.stringify(fields));
  if (!entry) throw new Error('no entry');
  return entry;
}

const causes = ({ findings }: BootMonitor) => findings.map(({ severity, cause }) => `${severity} ${cause}`);

const overdue = (detector: string): Evidence => ({ source: 'host', atMs: 9_000, line: 'no progress', detector });

describe('recorded consoles', () => {
  test('a good boot has nothing against it, and shows its phases in order', () => {
    const { monitor } = replay('good-l-uefi');
    expect(monitor.rejection).toBeUndefined();
    const {
      firmware = -1,
      bootloader = -1,
      kernel = -1,
      initrd = -1,
      'switch-root': switchRoot = -1,
    } = monitor.milestones;
    expect([firmware, bootloader, kernel, initrd, switchRoot]).toEqual(
      [firmware, bootloader, kernel, initrd, switchRoot].toSorted((a, b) => a - b),
    );
    expect(switchRoot).toBeGreaterThan(initrd);
  });

  test('a truncated medium is a corrupt file system: the first cause, not what follows from it', () => {
    const { monitor } = replay('truncated-iso');
    expect(monitor.rejection).toMatchObject({
      cause: 'fs-corrupt',
      phase: 'initrd',
      evidence: { detector: 'beyond-end' },
    });
    expect(monitor.findings.map((finding) => finding.cause)).toContain('root-not-found');
  });

  test('a corrupt squashfs, and its thousand errors reported a few times', () => {
    const { monitor } = replay('corrupt-squashfs');
    expect(monitor.rejection).toMatchObject({ cause: 'fs-corrupt', evidence: { detector: 'squashfs' } });
    expect(monitor.findings.length).toBeLessThanOrEqual(10);
  });

  test('a root that never comes is no progress, whatever else is printed', () => {
    const { monitor } = replay('wrong-label');
    expect(monitor.fatal).toBeUndefined();
    expect(monitor.phase).toBe('initrd');
    const { initrd = 0 } = monitor.milestones;
    const dueMs = initrd + monitor.allowedMs();
    expect(monitor.overdue(dueMs - 1)).toBe(false);
    monitor.console('serial', line('[  436.000000] clocksource: a stray line'), dueMs - 1);
    expect(monitor.overdue(dueMs + 1)).toBe(true);
    expect(monitor.overdue(dueMs + 1, 2), 'what was denied to the machine does not count').toBe(false);
  });
});

test('a root without init is reported by process 1, the moment it freezes', () => {
  const { monitor } = replay('root-without-init');
  expect(monitor.rejection).toMatchObject({
    cause: 'no-init',
    phase: 'switch-root',
    evidence: { detector: 'switch-root', line: '[!!!!!!] Switch root target contains no usable init.' },
  });
  expect((monitor.rejection?.evidence.atMs ?? Infinity) - (monitor.milestones['switch-root'] ?? 0)).toBeLessThan(2_000);
});

test('a job that never ends is no progress, however often systemd reports it', () => {
  const { monitor, endMs } = replay('no-dracut-hooks');
  expect([monitor.rejection, monitor.phase]).toEqual([undefined, 'initrd']);
  const { initrd = Infinity } = monitor.milestones;
  expect(endMs).toBeGreaterThan(initrd + 10_000);
  expect(monitor.overdue(initrd + monitor.allowedMs() + 1)).toBe(true);
  expect(monitor.awaitedDevice).toBe('/dev/mapper/live-rw');
  monitor.enter('switch-root', endMs);
  expect(monitor.awaitedDevice).toBeUndefined();
});

test.each([
  ['[ ***  ] A start job is running for /dev/disk/by-uuid/1c-2d (14s / 1min 30s)', '/dev/disk/by-uuid/1c-2d'],
  [
    '[*     ] (1 of 2) Job dev-disk-by\\x2dlabel-a\\x20b.device/start running (5s / no limit)',
    '/dev/disk/by-label/a b',
  ],
  ['[*     ] A start job is running for Wait for Network (5s / no limit)', undefined],
  ['somebody: Job dev-sda.device/start running (5s / no limit)', undefined],
])('%s: a device is waited for, or none', (text, device) => {
  expect(shown(`${text}\r\n`).awaitedDevice).toBe(device);
});

/** What a console shows, a second after the other. */
function shown(...chunks: string[]): BootMonitor {
  const monitor = new BootMonitor({ timeScale: TIME_SCALE });
  monitor.console('serial', line('[    1.0] Linux version 6.12'), 1_000);
  monitor.console('serial', line('[    2.0] Run /init as init process'), 2_000);
  for (const [index, chunk] of chunks.entries()) {
    monitor.console('serial', Buffer.from(chunk), 3_000 + index * 1_000);
    monitor.quiet(3_900 + index * 1_000);
  }
  return monitor;
}

// What takes more than their length does not end in a test's time.
test('a guest prints long lines of what is looked for', () => {
  const monitor = new BootMonitor({ timeScale: TIME_SCALE });
  for (let index = 0; index < 60; index++)
    monitor.console('serial', line(`x: ${'Please enter for disk '.repeat(350)}`), index);
  const sender = { _TRANSPORT: 'journal', _PID: '1', _UID: '0' };
  const entry = parseJournalLine(JSON.stringify({ MESSAGE: "'".repeat(2 ** 20), ...sender }));
  if (entry) monitor.journal(entry, 100);
  expect(monitor.findings).toEqual([]);
});

describe('the passphrase of an encrypted disk', () => {
  const disk = 'QEMU_HARDDISK (luks-2b0d6c1e)';
  /** systemd 252's own bytes on a terminal: the hint is taken away by the first key. */
  const asks = (name = disk) =>
    `\u001B[0;1;39mPlease enter passphrase for disk ${name}: \u001B[0;38;5;245m(press TAB for no echo) \u001B[0m`;
  const typed = `${'\b \b'.repeat(23)}*****`;
  const gaveUp =
    '[FAILED] Failed to start systemd-cryptsetup@luks\\x2d2b0d6c1e.service - Cryptography Setup for luks-2b0d6c1e.\r\n';

  test('that is wrong is asked for again, until systemd gives up', () => {
    const again = shown(asks(), typed, '\r\n', asks());
    expect([causes(again), again.fatal]).toEqual([['fail wrong-passphrase'], undefined]);
    const ended = shown(asks(), typed, '\r\n', asks(), typed, '\r\n', gaveUp);
    expect(ended.fatal).toMatchObject({ cause: 'wrong-passphrase', evidence: { line: gaveUp.trim() } });
    expect(ended.rejection).toBe(ended.fatal);
  });

  test('is seen to be wrong in what a machine has shown, though the kernel spoke between', () => {
    const bytes = readFileSync(join(import.meta.dirname, '../../test/recorded/console/bad-wrong-passphrase.log'));
    const monitor = new BootMonitor({ timeScale: TIME_SCALE });
    monitor.console('serial', bytes, 1_000);
    expect(monitor.fatal).toMatchObject({ cause: 'wrong-passphrase', phase: 'initrd' });
    expect(monitor.rejection).toBe(monitor.fatal);
  });

  test('that is right, or was never typed, is none', () => {
    expect(causes(shown(asks(), typed, '\r\n', '[  OK  ] Reached target cryptsetup.target.\r\n'))).toEqual([]);
    expect(causes(shown(asks(), '\r\n', asks()))).toEqual([]);
    expect(causes(shown(asks(), typed, '\r\n', asks('another'), typed, '\r\n'))).toEqual([]);
  });

  test('is asked for a disk whose name has colons', () => {
    expect(shown(asks('a: b::')).unopened).toBe('a');
    expect(shown(asks('a:b')).unopened).toBe('a:b');
  });

  test('is not to blame for a disk that cannot be opened at all', () => {
    expect(causes(shown(asks(), typed, '\r\n', gaveUp))).toEqual([]);
  });

  test('that nobody types is told from one that was typed, echoed or not', () => {
    expect(shown(asks()).unopened).toBe(disk);
    expect(shown(asks(), typed, '\r\n').unopened).toBeUndefined();
    expect(shown(asks(), typed, '\r\n', asks('another')).unopened).toBe('another');
    const hidden = shown(asks());
    hidden.enter('ready', 20_000);
    expect(hidden.unopened).toBeUndefined();
  });

  test('that was mistyped once is forgiven when the machine comes up', () => {
    const monitor = shown(asks(), typed, '\r\n', asks(), typed, '\r\n');
    monitor.enter('ready', 20_000);
    expect([causes(monitor), monitor.rejection]).toEqual([['warn wrong-passphrase'], undefined]);
  });
});

describe('detectors', () => {
  test.each([
    ['[    5.1] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)', 'root-not-found'],
    ['[    5.1] Kernel panic - not syncing: No working init found.', 'no-init'],
    ['[    5.1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000087', 'kernel-panic'],
    ['[    5.1] Oops: general protection fault, probably for non-canonical address', 'oops'],
    ['[    5.1] BUG: unable to handle page fault for address: 0', 'oops'],
    ['You are in emergency mode. After logging in, type "journalctl -xb"', 'emergency-mode'],
    ['Press Enter for emergency shell or wait 5 minutes for reboot.', 'emergency-mode'],
    ['[  OK  ] Reached target emergency.target - Emergency Mode.', 'emergency-mode'],
    ['[   12.0] dracut: Refusing to continue', 'root-not-found'],
    ['[  337.0] dracut-initqueue[328]: Warning: Could not boot.', 'root-not-found'],
    ['[   12.0] SQUASHFS error: zstd decompression failed, data probably corrupt', 'fs-corrupt'],
    ['[   12.0] loop0: rw=0, attempt to access beyond end of device', 'fs-corrupt'],
    ['[   12.0] I/O error, dev vda, sector 156544 op 0x0:(READ)', 'io-error'],
    ['BdsDxe: No bootable option or device was found.', 'no-bootable-device'],
    ['BdsDxe: failed to load Boot0001 "UEFI Misc Device": Security Violation', 'secure-boot-violation'],
    [
      'BdsDxe: failed to load Boot0001 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x4,0x0): Access Denied',
      'secure-boot-violation',
    ],
    ['Entering rescue mode...', 'bad-media'],
    ['[   39.1] systemd[1]: No /sbin/init, trying fallback', 'no-init'],
    ['[  !!  ] Failed to execute /sbin/init', 'no-init'],
    ['error: bad shim signature.', 'secure-boot-violation'],
    ['Verification failed: (0x1A) Security Violation', 'secure-boot-violation'],
    ['error: you need to load the kernel first.', 'bad-media'],
    ['error: ../../grub-core/loader/i386/linux.c:1135:you need to load the kernel first.', 'bad-media'],
    ['systemd[1]: Freezing execution.', 'no-init'],
    ['[!!!!!!] Switch root target contains no usable init.', 'no-init'],
    ['\u001B[0m[\u001B[0;1;31m!!!!!!\u001B[0m] Failed to start up manager.', 'no-init'],
  ])('%s', (text, cause) => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.console('serial', line(text), 1);
    expect(monitor.fatal).toMatchObject({ cause });
  });

  test.each([
    ['disk-full', 'systemd[1]: Failed to create /run/x: No space left on device'],
    ['coredump', 'systemd-coredump[99]: Process 98 (gdm) of user 0 dumped core.'],
    ['coredump', 'systemd[1]: crash.service: Main process exited, code=killed, status=11/SEGV'],
    ['oom', 'Out of memory: Killed process 812 (gnome-shell) total-vm:1kB'],
    ['selinux-denial', 'audit: type=1400 audit(1.0:1): avc:  denied  { read } for  pid=1 comm="x"'],
    ['failed-unit', 'systemd[1]: sysinit.target: Found ordering cycle on a.service/start'],
  ])('%s rejects at the end', (cause, text) => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.console('serial', line(text), 1);
    expect([monitor.fatal, monitor.rejection?.cause]).toEqual([undefined, cause]);
  });

  test.each([
    'Boot failed: not a bootable disk',
    '[    0.000000] Kernel command line: root=live:CDLABEL=x rd.live.image rd.emergency=poweroff',
    '[    1.0] I/O error, dev fd0, sector 0 op 0x0:(READ)',
    '[FAILED] Failed to start something.service.',
    'systemd[1]: livesys.service: Main process exited, code=killed, status=15/TERM',
    'systemd[1]: systemd-journald.service: Main process exited, code=killed, status=6/ABRT',
    '[  OK  ] Started emergency-mode-docs.service.',
    '[  OK  ] Reached target initrd-switch-root.target - Switch Root.',
    '[  !!  ] This OS version (Fedora Linux 44) is past its end-of-support date',
    'motd[12]: [!!!!!!] Change the password of liveuser',
    'systemd-ssh-generator[565]: /usr/lib/systemd/system-generators/systemd-ssh-generator failed with exit status 1.',
    '[   40.0] watchdog: BUG: soft lockup - CPU#0 stuck for 22s!',
    'gdm-password: No credentials: panic button pressed',
  ])('does not reject for: %s', (text) => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.console('serial', line(text), 1);
    expect(monitor.rejection).toBeUndefined();
  });

  test('a line in pieces is found once, wherever it is cut', () => {
    const text = Buffer.from('\u001B[0m[    5.0] Kernel panic - not syncing: tést\r\n[    5.1] next\n');
    for (let size = 1; size <= text.length; size++) {
      const monitor = new BootMonitor({ timeScale: 1 });
      for (let at = 0; at < text.length; at += size) monitor.console('serial', text.subarray(at, at + size), at);
      expect(monitor.findings.map((finding) => finding.evidence.line)).toEqual([
        '[    5.0] Kernel panic - not syncing: tést',
      ]);
    }
  });

  test('a prompt that ends with no newline is found when the line stays open, and once', () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.console('serial', Buffer.from('Press Enter for maint'), 0);
    monitor.console('serial', Buffer.from('enance'), 100);
    monitor.quiet(150);
    expect(monitor.fatal).toBeUndefined();
    monitor.quiet(400);
    expect(monitor.fatal).toMatchObject({ cause: 'emergency-mode' });
    monitor.console('serial', Buffer.from(' (or press Control-D):\n'), 500);
    expect(monitor.findings).toHaveLength(1);
  });

  test('the serial console and the journal report one panic, not two', () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.console('serial', line('[    5.123456] SQUASHFS error: xz decompression failed'), 1);
    const entry = parseJournalLine(
      '{"MESSAGE":"SQUASHFS error: xz decompression failed","SYSLOG_IDENTIFIER":"kernel"}',
    );
    if (entry) monitor.journal(entry, 2);
    expect(monitor.findings).toHaveLength(1);
  });
});

describe('QMP events', () => {
  test("a power-off that was asked for is none of the image's faults", () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.expectPowerOff();
    monitor.qmp(event('SHUTDOWN', { guest: true, reason: 'guest-shutdown' }), 1);
    expect(monitor.findings).toEqual([]);
  });

  test('firmware may reset a few times, a kernel not once', () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    for (let at = 0; at < 3; at++) monitor.qmp(event('RESET', { guest: true }), at);
    expect(monitor.fatal).toBeUndefined();
    monitor.enter('kernel', 10);
    monitor.qmp(event('RESET', { guest: true }), 11);
    expect(monitor.fatal).toMatchObject({ cause: 'reboot-loop' });
  });

  test("a disk's error is the image's fault, but not that this host has no space left", () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    const failed = { operation: 'write', action: 'stop', reason: 'No space left on device' };
    monitor.qmp(event('BLOCK_IO_ERROR', { ...failed, nospace: true }), 1);
    expect(monitor.findings).toEqual([]);
    monitor.qmp(event('BLOCK_IO_ERROR', { ...failed, reason: 'Input/output error', nospace: false }), 1);
    expect(monitor.rejection).toMatchObject({ cause: 'io-error' });
  });

  test("our own reset is not the guest's", () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.enter('kernel', 10);
    monitor.qmp(event('RESET', { guest: false }), 11);
    expect(monitor.fatal).toBeUndefined();
  });
});

test('process 1 reports that everything has been started, not the manager of a user', () => {
  const monitor = new BootMonitor({ timeScale: 1 });
  const say = (message: string) => {
    const entry = parseJournalLine(JSON.stringify({ MESSAGE: message, SYSLOG_IDENTIFIER: 'systemd' }));
    if (entry) monitor.journal(entry, 1);
  };
  say('Startup finished in 1.2s.');
  expect(monitor.startupFinished).toBe(false);
  say('Startup finished in 2.1s (kernel) + 8.4s (initrd) + 20.3s (userspace) = 30.9s.');
  expect(monitor.startupFinished).toBe(true);
});

test.each(['phyllome login: ', 'phyllome login: [  229.801158] clocksource: timekeeping watchdog'])(
  'a login prompt is seen, whatever comes after it: %j',
  (text) => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.console('serial', line(text), 1);
    expect([monitor.loginPrompt, monitor.phase]).toEqual([true, 'userspace']);
  },
);

describe('a guest that ends takes its disk away', () => {
  const reset = event('RESET', { guest: true, reason: 'guest-reset' });
  const lost = '[   64.059636] I/O error, dev vda, sector 12216 op 0x0:(READ) flags 0x800 phys_seg 1 prio class 2';

  test('a reader meanwhile gets an error that is not one: the reset is the fault', () => {
    const { monitor, endMs } = replay('reads-at-reset');
    monitor.enter('checks', 0);
    monitor.qmp(reset, endMs + 15);
    expect(monitor.rejection).toMatchObject({ cause: 'reboot-loop' });
    expect(causes(monitor)).toEqual(['warn io-error', 'warn io-error', 'warn io-error', 'fatal reboot-loop']);
  });

  test('and of a file system that could not read: that is reported, too, but not what came before', () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.enter('kernel', 0);
    monitor.console(
      'serial',
      line('[   64.01] SQUASHFS error: zlib decompression failed, data probably corrupt'),
      1_000,
    );
    monitor.console('serial', line(lost), 1_001);
    monitor.console('serial', line('[   64.06] SQUASHFS error: Failed to read block 0x1234: -5'), 1_002);
    monitor.qmp(reset, 1_100);
    expect(causes(monitor)).toEqual(['fatal fs-corrupt', 'warn io-error', 'warn fs-corrupt', 'fatal reboot-loop']);
    expect(monitor.rejection).toMatchObject({ cause: 'fs-corrupt' });
  });

  test('an error long before the reset is the fault', () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.enter('kernel', 0);
    monitor.console('serial', line(lost), 1_000);
    monitor.qmp(reset, 2_500);
    expect(monitor.rejection).toMatchObject({ cause: 'io-error' });
  });

  test('an error is the fault while nothing else follows it', () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.console('serial', line(lost), 1_000);
    expect(monitor.fatal).toMatchObject({ cause: 'io-error' });
  });

  test.each(['expectPowerOff', 'expectReboot'] as const)('%s: a good guest stays good, if it ends at once', (asked) => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.enter('ready', 0);
    monitor[asked]();
    monitor.console('serial', line(lost), 1_000);
    expect([monitor.fatal, monitor.rejection?.cause], 'it is let end').toEqual([undefined, 'io-error']);
    monitor.qmp(asked === 'expectReboot' ? reset : event('SHUTDOWN', { guest: true, reason: 'guest-shutdown' }), 1_200);
    expect(causes(monitor)).toEqual(['warn io-error']);
  });

  test('a disk that fails while the guest stops its services is its fault', () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.enter('ready', 0);
    monitor.expectPowerOff();
    monitor.console('serial', line(lost), 1_000);
    monitor.qmp(event('SHUTDOWN', { guest: true, reason: 'guest-shutdown' }), 4_000);
    expect(monitor.rejection).toMatchObject({ cause: 'io-error' });
  });
});

test('units left by their dependencies are known until they are started', () => {
  const monitor = new BootMonitor({ timeScale: 1 });
  monitor.journal(job('a.service', 'start', 'timeout'), 1);
  monitor.journal(job('b.service', 'start', 'dependency'), 2);
  monitor.journal(job('c.service', 'start', 'dependency'), 3);
  monitor.journal(job('c.service'), 4);
  expect(monitor.leftByDependencies).toEqual(['b.service']);
});

describe('deadlines', () => {
  test('an ended job is progress, the same job again is not', () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.enter('checks', 0);
    const allowed = monitor.allowedMs();
    monitor.journal(job('a.service'), allowed - 1);
    expect(monitor.overdue(allowed + 1)).toBe(false);
    monitor.journal(job('a.service'), 2 * allowed - 2);
    expect(monitor.overdue(2 * allowed)).toBe(true);
  });

  test('a unit that stops is progress, though it had been started', () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.journal(job('a.service'), 1);
    monitor.enter('shutdown', 10);
    const allowed = monitor.allowedMs();
    monitor.journal(job('a.service', 'stop'), allowed);
    expect(monitor.overdue(10 + allowed + 1)).toBe(false);
  });

  test('the time in which nobody waited is not held against the guest', () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.enter('checks', 0);
    const laterMs = 10 * monitor.allowedMs();
    expect(monitor.overdue(laterMs)).toBe(true);
    monitor.waits(laterMs);
    expect(monitor.overdue(laterMs + 1)).toBe(false);
  });

  test('a kernel without a serial console gets the time of all phases it cannot show', () => {
    const told = new BootMonitor({ timeScale: 1 });
    told.console('serial', line('[    0.000000] Linux version 6.12'), 5);
    const silent = new BootMonitor({ timeScale: 1 });
    silent.enter('kernel', 5);
    expect(silent.allowedMs()).toBeGreaterThan(2 * told.allowedMs());
  });
});

describe('a run that ends without progress', () => {
  const full = 'systemd-journald[582]: Failed to open runtime journal: No space left on device';

  test.each(['deadline', 'waiting-jobs'])('%s: the cause is what was found before', (detector) => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.console('serial', line('watchdog: BUG: soft lockup - CPU#0 stuck for 22s!'), 500);
    monitor.console('serial', line(full), 1_000);
    monitor.add('fatal', 'stalled', overdue(detector));
    expect(monitor).toMatchObject({ fatal: { cause: 'stalled' }, rejection: { cause: 'disk-full' } });
  });

  test('it is the cause where nothing was, whatever the diagnosis adds', () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.console('serial', line('watchdog: BUG: soft lockup - CPU#0 stuck for 22s!'), 500);
    monitor.add('fatal', 'stalled', overdue('deadline'));
    monitor.console('serial', line(full), 9_500);
    expect(monitor.rejection).toMatchObject({ cause: 'stalled' });
  });

  test('a panic is the cause, whatever was found before', () => {
    const monitor = new BootMonitor({ timeScale: 1 });
    monitor.console('serial', line(full), 1_000);
    monitor.console('serial', line('Kernel panic - not syncing: later'), 2_000);
    expect(monitor.rejection).toMatchObject({ cause: 'kernel-panic' });
  });
});

test('findings are reported as they come', () => {
  const told: Finding[] = [];
  const monitor = new BootMonitor({ timeScale: 1, onFinding: (finding) => told.push(finding) });
  const evidence: Evidence = { source: 'guest', atMs: 1, line: 'x is failed', detector: 'failed-units' };
  monitor.add('fail', 'failed-unit', evidence);
  expect(told).toEqual(monitor.findings);
});

test('many faults of one kind that are allowed do not hide the one that is not', () => {
  const allow = [{ pattern: /known/, tracker: 'a test', expires: '9999-12-31' }];
  const monitor = new BootMonitor({ timeScale: 1, allow });
  for (let index = 0; index < 60; index++) {
    monitor.console('serial', line(`avc:  denied  { read } for  comm="known ${index}"`), index);
  }
  expect(monitor.rejection).toBeUndefined();
  monitor.console('serial', line('avc:  denied  { write } for  comm="new"'), 30);
  expect(monitor.rejection).toMatchObject({ cause: 'selinux-denial' });
});

test('a reset that is asked for begins the way anew, and the next one is a fault', () => {
  const monitor = new BootMonitor({ timeScale: TIME_SCALE });
  monitor.console('serial', line('[    0.000000] Linux version 6.12'), 1_000);
  monitor.enter('ready', 2_000);
  monitor.expectReboot();
  monitor.qmp(event('RESET', { guest: true }), 9_000);
  expect(monitor.phase).toBe('firmware');
  expect(monitor.fatal).toBeUndefined();
  expect(monitor.overdue(9_100)).toBe(false);
  monitor.console('serial', line('[    0.000000] Linux version 6.12'), 10_000);
  monitor.enter('ready', 11_000);
  expect(monitor.milestones).toMatchObject({ kernel: 1_000, ready: 2_000 });
  monitor.qmp(event('RESET', { guest: true }), 12_000);
  expect(monitor.fatal).toMatchObject({ cause: 'reboot-loop' });
});

test('what was found after a mark is taken back, and found again when it comes again', () => {
  const monitor = new BootMonitor({ timeScale: TIME_SCALE });
  monitor.enter('ready', 1_000);
  monitor.console('serial', line('[    1.500000] Out of memory: Killed process 1 (before)'), 1_500);
  const mark = monitor.mark();
  monitor.enter('shutdown', 2_000);
  monitor.console('serial', line('[    2.000000] Kernel panic - not syncing: later'), 2_000);
  expect(monitor.fatal).toBeDefined();
  monitor.rollback(mark, 3_000);
  expect(monitor).toMatchObject({ phase: 'ready', fatal: undefined });
  expect(monitor.findings).toHaveLength(1);
  monitor.console('serial', line('[    2.000000] Kernel panic - not syncing: later'), 4_000);
  expect(monitor.fatal).toBeDefined();
});

test('what a test holds against the image stays when the machine is set back', () => {
  const monitor = new BootMonitor({ timeScale: TIME_SCALE });
  const mark = monitor.mark();
  const check: Evidence = { source: 'guest', atMs: 1, line: 'no user', detector: 'check: has a user' };
  monitor.add('fail', 'assertion', check, { asserted: true });
  monitor.add('fail', 'oom', { ...check, detector: 'oom' });
  for (let times = 0; times < 2; times++) {
    monitor.rollback(mark, 3_000);
    expect(monitor.findings.map(({ evidence }) => evidence.detector)).toEqual(['check: has a user']);
    monitor.add('fail', 'assertion', check, { asserted: true });
  }
  expect(monitor.rejection).toMatchObject({ cause: 'assertion' });
});

test('a machine that rebooted and is set back is known again as it was', () => {
  const monitor = new BootMonitor({ timeScale: TIME_SCALE });
  monitor.console('serial', line('[    1.000000] Linux version 6.12'), 1_000);
  monitor.journal(said('Startup finished in 1s (kernel) + 2s (userspace) = 3s.'), 2_000);
  monitor.console('serial', Buffer.from('host login: '), 3_000);
  monitor.quiet(4_000);
  const mark = monitor.mark();
  monitor.console('serial', Buffer.from('\n[  OK  ] Stopped target multi-u'), 4_500);
  monitor.expectReboot();
  monitor.qmp(event('RESET', { guest: true }), 5_000);
  monitor.console('serial', Buffer.from('\nKernel pan'), 5_500);
  expect([monitor.loginPrompt, monitor.startupFinished]).toEqual([false, false]);
  monitor.rollback(mark, 6_000);
  expect([monitor.loginPrompt, monitor.startupFinished]).toEqual([true, true]);
  // Up, and with a journal: here anybody can say it.
  monitor.console('serial', line('ic - not syncing: 1'), 6_500);
  monitor.console('serial', line('Kernel panic - not syncing: 2'), 6_500);
  expect(monitor.findings).toEqual([]);
  // What was set back twice is what was marked, not what came of it.
  monitor.qmp(event('RESET', { guest: true }), 7_000);
  monitor.rollback(mark, 8_000);
  expect(monitor.startupFinished).toBe(true);
});

test('progress that was set back is progress when it is made again', () => {
  const monitor = new BootMonitor({ timeScale: TIME_SCALE });
  monitor.enter('shutdown', 1_000);
  const mark = monitor.mark();
  monitor.journal(job('a.service', 'stop'), 2_000);
  monitor.rollback(mark, 3_000);
  monitor.journal(job('a.service', 'stop'), 4_000);
  expect(monitor.progressAtMs).toBe(4_000);
});

describe('a unit that ends while the machine is shut down', () => {
  test.each([
    ['with another status than 0, as it was asked to', 'code=exited, status=1/FAILURE', 'exit-code', undefined],
    ['by the signal that asked it to', 'code=killed, status=15/TERM', 'signal', undefined],
    ['only when it is killed, as it does not stop', 'code=killed, status=9/KILL', 'timeout', 'failed-unit'],
    ['as its watchdog heard nothing of it', 'code=killed, status=6/ABRT', 'watchdog', 'failed-unit'],
  ])('%s', (_, ended, result, cause) => {
    const monitor = new BootMonitor({ timeScale: TIME_SCALE });
    monitor.enter('shutdown', 2_000);
    monitor.console('serial', line(`systemd[1]: x.service: Main process exited, ${ended}`), 3_000);
    monitor.console('serial', line(`systemd[1]: x.service: Failed with result '${result}'.`), 3_000);
    expect(monitor.findings).toHaveLength(1);
    expect(monitor.rejection?.cause).toBe(cause);
  });
});

/** As process 1 says it to journald, or while that is away to the kernel's log. */
function said(message: string, fields: Record<string, string> = {}) {
  const process = { _PID: '1', _UID: '0', SYSLOG_IDENTIFIER: 'systemd' };
  const entry = parseJournalLine(JSON.stringify({ MESSAGE: message, _TRANSPORT: 'journal', ...process, ...fields }));
  if (!entry) throw new Error('no entry');
  return entry;
}

describe('units whose process came from the initrd', () => {
  const UNIT_STARTING = '7d4958e842da4a758f6c1cdc7b36dcc5';
  const KERNEL_LOG = { _TRANSPORT: 'kernel', SYSLOG_FACILITY: '3' };
  const switched = said('Switching root.');
  const starts = said('Starting X...', { UNIT: 'x.service', MESSAGE_ID: UNIT_STARTING });
  const startsInKernelLog = said('Starting x.service - X...', KERNEL_LOG);
  const again = said('x.service: Scheduled restart job, restart counter is at 1.');
  const againInKernelLog = said('x.service: Scheduled restart job, restart counter is at 1.', KERNEL_LOG);
  const failed = said("x.service: Failed with result 'exit-code'.", { UNIT: 'x.service' });

  test.each([
    ['started again after the switch, and not started there', [starts, switched, again], ['x.service']],
    ['as journald, whose restart the kernel log tells', [switched, againInKernelLog, startsInKernelLog], ['x.service']],
    ['and it stays so when it fails later', [switched, again, starts, failed], ['x.service']],
    ['but not when it was started after the switch', [switched, starts, again], []],
    ['nor when that was told by the kernel log alone', [switched, startsInKernelLog, again], []],
    ['nor when it failed', [switched, failed, again], []],
    ['nor without a switch', [starts, again], []],
    ['nor before it', [starts, again, switched], []],
  ])('%s', (_, entries, carriedOver) => {
    const monitor = new BootMonitor({ timeScale: TIME_SCALE });
    for (const entry of entries) monitor.journal(entry, 1_000);
    expect([...monitor.carriedOver]).toEqual(carriedOver);
  });
});

test('what a process wrote to /dev/kmsg is known as its words, whichever of journal and console is read first', () => {
  const oops = 'Oops: 0000 [#1] SMP';
  const entry = { MESSAGE: oops, _TRANSPORT: 'kernel', SYSLOG_FACILITY: '1', SYSLOG_IDENTIFIER: 'unknown' };
  const written = parseJournalLine(JSON.stringify(entry));
  if (!written) throw new Error('no entry');
  for (const journalFirst of [true, false]) {
    const monitor = new BootMonitor({ timeScale: TIME_SCALE });
    monitor.enter('ready', 1_000);
    monitor.journal(job('a.service'), 1_000);
    if (journalFirst) monitor.journal(written, 2_000);
    monitor.console('serial', line(`[    2.000000] ${oops}`), 2_010);
    if (!journalFirst) monitor.journal(written, 2_020);
    monitor.quiet(9_000);
    expect(monitor.rejection).toBeUndefined();
    expect(monitor.findings).toHaveLength(1);
  }
});

describe('what is to show that a machine is up', () => {
  test('is no fault of the boot loader that shows it, and without that it is', () => {
    for (const [expected, cause] of [
      [/^grub> ?$/, undefined],
      [/^boot:/, 'bad-media'],
      [undefined, 'bad-media'],
    ] as const) {
      const monitor = new BootMonitor({ timeScale: 1, ...(expected && { expected }) });
      monitor.screen(['GNU GRUB  version 2.06', 'grub> '], 100);
      expect(monitor.rejection?.cause).toBe(cause);
    }
  });

  test('excuses no other line, and no kernel', () => {
    const monitor = new BootMonitor({ timeScale: 1, expected: /./ });
    monitor.console('serial', Buffer.from('[    1.000000] Kernel panic - not syncing: x\n'), 100);
    expect(monitor.rejection?.cause).toBe('kernel-panic');
  });
});

test('of units that a guest invents only so many are kept, and beyond them its jobs are no progress', () => {
  const monitor = new BootMonitor({ timeScale: 1 });
  monitor.enter('userspace', 1);
  for (let number = 1; number <= 5_000; number++) {
    const unit = `x${number}.service`;
    for (const result of ['done', 'dependency']) monitor.journal(job(unit, 'start', result), number);
    const messages = ['Scheduled restart job, restart counter is at 1.', 'Deactivated successfully.'];
    const lines = [`[FAILED] Failed to start ${unit}.`, ...messages.map((text) => `systemd[1]: ${unit}: ${text}`)];
    const { message: _, ...rest } = job(unit);
    for (const text of messages) monitor.journal({ ...rest, message: `${unit}: ${text}` }, number);
    for (const text of lines) monitor.console('serial', line(text), number);
  }
  const kept = Object.values(monitor.mark().boot).filter((value) => value instanceof Map || value instanceof Set);
  expect(Math.max(...kept.map(({ size }) => size))).toBe(4_000);
  expect(monitor.progressAtMs).toBeLessThan(4_000);
});
