import type { Cause, Firmware, Phase, Verdict } from '../../src/index.ts';
import { cpio } from '../../src/guest/cpio.ts';
import { copyIso, extentOf, extract, writeDamaged, writeDamagedWithMd5, writeVariant } from './variant.ts';

/** An image that must not be accepted, and what is to be said of it; or one that is loud, and good. */
export interface BadImage {
  name: string;
  /** Writes it, from a good live ISO. */
  write(good: string, destination: string): Promise<void>;
  firmware?: Firmware;
  /** Who has to be let in. */
  login?: { user: string };
  /** Boots it although preflight would refuse it: what a detector has to say. */
  noPreflight?: true;
  expected:
    | { status: Exclude<Verdict['status'], 'accepted'>; phase?: Phase; cause: Cause | readonly Cause[] }
    | { status: 'accepted' };
  /**
   * How soon the verdict must come: `line` at most 2 s after the line that tells, `progress` 30 s × timeScale after
   * the last milestone, `preflight` 10 s after the start.
   */
  bound: 'line' | 'progress' | 'preflight';
  /** It runs in the default test suite; the others every night. */
  representative?: true;
}

const SECTOR = 2048;
const SQUASHFS = '/LiveOS/squashfs.img';
const MENUS = ['/EFI/BOOT/grub.cfg', '/boot/grub2/grub.cfg'];

/** A unit that the variant's root starts at boot. */
const unit = (name: string, service: string, section = ''): string => `
mkdir -p "$NEWROOT/etc/systemd/system/multi-user.target.wants"
printf '[Unit]\\nDescription=variant\\n${section}\\n[Service]\\n${service}\\n' >"$NEWROOT/etc/systemd/system/${name}"
ln -s "../${name}" "$NEWROOT/etc/systemd/system/multi-user.target.wants/${name}"`;

const beforeRoot = (script: string) => (good: string, destination: string) =>
  writeVariant(good, destination, { beforeRoot: script });

/** Other words in its boot menus. */
async function writeMenu(good: string, destination: string, change: (menu: string) => string): Promise<void> {
  const menu = (await extract(good, MENUS[0] ?? '')).toString();
  await writeVariant(good, destination, { files: Object.fromEntries(MENUS.map((path) => [path, change(menu)])) });
}

/** What begins as a kernel of ARM64 does (Linux' Documentation/arch/arm64/booting.rst), and is none for this machine. */
function foreignKernel(): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.write('ARMd', 56, 'latin1');
  return bytes;
}

/** A unit that fails where the firmware is UEFI. */
const ONLY_UEFI = unit('firmware.service', 'Type=oneshot\\nExecStart=/bin/sh -c "! test -d /sys/firmware/efi"');

/** Puts other bytes over 64 KiB in the middle of the root, where its data is. */
async function corruptSquashfs(good: string): Promise<(iso: Buffer) => void> {
  const { start, bytes } = await extentOf(good, SQUASHFS);
  return (iso) => {
    for (const share of [0.2, 0.4, 0.6, 0.8]) {
      const at = start + Math.floor(bytes * share);
      iso.fill(0x5a, at, at + 65_536);
    }
  };
}

/** Nothing but zeros where code should be; the master boot record and the El Torito image keep their signatures. */
const zeroLoader =
  (bios: { start: number; bytes: number }) =>
  (iso: Buffer): void => {
    iso.fill(0, 0, 440);
    iso.fill(0, bios.start, bios.start + bios.bytes);
  };

const truncate = (iso: Buffer) => iso.subarray(0, Math.floor((iso.length * 0.6) / SECTOR) * SECTOR);

export const BAD_IMAGES: readonly BadImage[] = [
  // What the file itself shows
  {
    name: 'zeros',
    write: (good, to) => writeDamaged(good, to, (iso) => void iso.fill(0)),
    expected: { status: 'rejected', phase: 'preflight', cause: 'bad-media' },
    bound: 'preflight',
    representative: true,
  },
  {
    name: 'zeroed-loader',
    write: async (good, to) => writeDamaged(good, to, zeroLoader(await extentOf(good, '/images/eltorito.img'))),
    expected: { status: 'rejected', phase: 'preflight', cause: 'bad-media' },
    bound: 'preflight',
    representative: true,
  },
  {
    name: 'truncated',
    write: (good, to) => writeDamaged(good, to, truncate),
    expected: { status: 'rejected', phase: 'preflight', cause: 'bad-media' },
    bound: 'preflight',
    representative: true,
  },
  {
    name: 'wrong-label',
    write: (good, to) => writeVariant(good, to, { volumeId: 'ANOTHER' }),
    expected: { status: 'rejected', phase: 'preflight', cause: 'bad-media' },
    bound: 'preflight',
    representative: true,
  },
  {
    name: 'corrupt-squashfs',
    write: async (good, to) => writeDamaged(good, to, await corruptSquashfs(good)),
    expected: { status: 'rejected', phase: 'preflight', cause: 'bad-media' },
    bound: 'preflight',
    representative: true,
  },
  // The same, had nobody looked before
  {
    name: 'zeros-bios',
    write: (good, to) => writeDamaged(good, to, (iso) => void iso.fill(0)),
    noPreflight: true,
    expected: { status: 'rejected', phase: 'firmware', cause: 'no-bootable-device' },
    bound: 'line',
  },
  {
    name: 'zeros-uefi',
    write: (good, to) => writeDamaged(good, to, (iso) => void iso.fill(0)),
    firmware: 'uefi',
    noPreflight: true,
    expected: { status: 'rejected', phase: 'firmware', cause: 'no-bootable-device' },
    bound: 'line',
  },
  {
    name: 'zeroed-loader-booted',
    write: async (good, to) => writeDamaged(good, to, zeroLoader(await extentOf(good, '/images/eltorito.img'))),
    noPreflight: true,
    expected: { status: 'rejected', phase: 'bootloader', cause: ['spinning', 'stalled'] },
    bound: 'progress',
  },
  {
    name: 'truncated-booted',
    write: (good, to) => writeDamaged(good, to, truncate),
    noPreflight: true,
    expected: { status: 'rejected', phase: 'initrd', cause: 'fs-corrupt' },
    bound: 'line',
  },
  {
    name: 'wrong-label-booted',
    write: (good, to) => writeVariant(good, to, { volumeId: 'ANOTHER' }),
    noPreflight: true,
    // dracut waits for a root that never comes, and says so in the end: on a slow host before our deadline.
    expected: { status: 'rejected', phase: 'initrd', cause: ['root-not-found', 'stalled', 'spinning', 'waiting'] },
    bound: 'progress',
  },
  {
    name: 'corrupt-squashfs-booted',
    write: async (good, to) => writeDamagedWithMd5(good, to, await corruptSquashfs(good)),
    expected: { status: 'rejected', cause: 'fs-corrupt' },
    bound: 'line',
    representative: true,
  },
  // Boot loader and kernel
  {
    name: 'unsigned-with-secure-boot',
    write: copyIso,
    firmware: 'uefi-secure',
    expected: { status: 'rejected', cause: 'secure-boot-violation' },
    bound: 'line',
    representative: true,
  },
  {
    name: 'menu-without-kernel',
    write: (good, to) => writeMenu(good, to, (menu) => menu.replaceAll('/vmlinuz', '/vmlinux')),
    expected: { status: 'rejected', phase: 'bootloader', cause: 'bad-media' },
    bound: 'line',
  },
  {
    name: 'other-arch',
    write: (good, to) => writeVariant(good, to, { files: { '/images/pxeboot/vmlinuz': foreignKernel() } }),
    expected: { status: 'rejected', phase: 'bootloader', cause: 'bad-media' },
    bound: 'line',
  },
  {
    name: 'reboot-in-menu',
    write: (good, to) => writeMenu(good, to, () => 'reboot\n'),
    noPreflight: true,
    expected: { status: 'rejected', phase: 'bootloader', cause: 'reboot-loop' },
    bound: 'line',
  },
  {
    name: 'wrong-root',
    write: (good, to) => writeMenu(good, to, (menu) => menu.replaceAll(/root=live:\S+/gu, 'root=live:LABEL=nowhere')),
    noPreflight: true,
    expected: { status: 'rejected', phase: 'initrd', cause: 'root-not-found' },
    bound: 'progress',
  },
  {
    name: 'wrong-dir',
    write: (good, to) =>
      writeMenu(good, to, (menu) => menu.replaceAll('rd.live.image', 'rd.live.image rd.live.dir=nowhere')),
    noPreflight: true,
    expected: { status: 'rejected', phase: 'initrd', cause: 'root-not-found' },
    bound: 'progress',
  },
  {
    name: 'no-serial-console',
    write: (good, to) => writeMenu(good, to, (menu) => menu.replaceAll(/ console=ttyS0\S*/gu, '')),
    expected: { status: 'accepted' },
    bound: 'progress',
  },
  {
    name: 'rescue-target',
    write: (good, to) =>
      writeMenu(good, to, (menu) => menu.replaceAll('rd.live.image', 'rd.live.image systemd.unit=rescue.target')),
    expected: { status: 'rejected', cause: 'emergency-mode' },
    bound: 'line',
  },
  {
    name: 'no-menu',
    write: (good, to) => writeMenu(good, to, () => '# nothing to boot\n'),
    noPreflight: true,
    expected: { status: 'rejected', phase: 'bootloader', cause: ['bad-media', 'stalled', 'waiting'] },
    bound: 'progress',
  },
  {
    name: 'initramfs-without-init',
    write: (good, to) => writeVariant(good, to, { initrd: cpio([{ path: 'etc' }]) }),
    expected: { status: 'rejected', phase: 'kernel', cause: ['no-init', 'root-not-found'] },
    bound: 'line',
  },
  {
    name: 'panic',
    write: beforeRoot('echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger'),
    expected: { status: 'rejected', cause: ['kernel-panic', 'oops'] },
    bound: 'line',
  },
  {
    name: 'panic-with-two-cpus',
    write: beforeRoot('[ ! -d /sys/devices/system/cpu/cpu1 ] || echo c >/proc/sysrq-trigger'),
    expected: { status: 'inconclusive', cause: 'infra:accelerator' },
    bound: 'progress',
  },
  {
    name: 'off-in-initrd',
    write: beforeRoot('echo 1 >/proc/sys/kernel/sysrq; echo o >/proc/sysrq-trigger; sleep 60'),
    expected: { status: 'rejected', phase: 'initrd', cause: 'unexpected-poweroff' },
    bound: 'line',
  },
  // The root
  {
    name: 'root-without-init',
    write: beforeRoot('rm -f "$NEWROOT/sbin/init" "$NEWROOT/usr/sbin/init" "$NEWROOT/usr/lib/systemd/systemd"'),
    expected: { status: 'rejected', cause: ['no-init', 'emergency-mode'] },
    bound: 'line',
  },
  {
    name: 'reboot-loop',
    write: beforeRoot(unit('loop.service', 'Type=oneshot\\nExecStart=systemctl reboot --force --force')),
    expected: { status: 'rejected', cause: 'reboot-loop' },
    bound: 'line',
  },
  {
    name: 'reboot-while-reading',
    // The kernel takes the medium away before it resets: whatever reads it then is told of an I/O error.
    write: beforeRoot(
      unit(
        'loop.service',
        'Type=oneshot\\nExecStart=/bin/sh -c "for reader in 1 2 3 4; do while :; do dd if=/dev/vda of=/dev/null bs=4k count=2000 iflag=direct; done & done; sleep 2; systemctl reboot --force --force"',
        'After=multi-user.target',
      ),
    ),
    expected: { status: 'rejected', cause: 'reboot-loop' },
    bound: 'line',
  },
  {
    name: 'powers-off',
    write: beforeRoot(unit('off.service', 'Type=oneshot\\nExecStart=systemctl poweroff --force --force')),
    expected: { status: 'rejected', cause: 'unexpected-poweroff' },
    bound: 'line',
  },
  {
    name: 'missing-mount',
    write: beforeRoot('echo "/dev/disk/by-label/nowhere /srv ext4 x-systemd.device-timeout=5s" >>"$NEWROOT/etc/fstab"'),
    expected: { status: 'rejected', cause: 'emergency-mode' },
    bound: 'line',
  },
  {
    name: 'fstab-90s',
    // systemd waits for it by its own time-out.
    write: beforeRoot('echo "/dev/disk/by-label/nowhere /srv ext4" >>"$NEWROOT/etc/fstab"'),
    expected: { status: 'rejected', cause: 'emergency-mode' },
    bound: 'line',
  },
  {
    name: 'fake-login',
    // A prompt on the serial line and nobody behind it: it looks like a guest whose systemd knows no credentials.
    write: beforeRoot(`
rm -f "$NEWROOT/sbin/init" "$NEWROOT/usr/sbin/init" "$NEWROOT/usr/lib/systemd/systemd"
printf '%s\\n' '#!/bin/sh' 'exec <>/dev/ttyS0 >&0 2>&0' 'echo "[  OK  ] Reached target multi-user.target"' \\
  'while :; do printf "localhost login: "; read -r name || sleep 1; done' >"$NEWROOT/usr/sbin/init"
chmod 755 "$NEWROOT/usr/sbin/init"`),
    expected: { status: 'inconclusive', cause: 'infra:channel' },
    bound: 'progress',
  },
  {
    name: 'somebody-logs-in',
    write: copyIso,
    login: { user: 'root' },
    expected: { status: 'accepted' },
    bound: 'progress',
  },
  {
    name: 'nobody-logs-in',
    write: beforeRoot(
      'for stack in login su common-auth; do sed -i "1i auth required pam_deny.so" "$NEWROOT/etc/pam.d/$stack"; done',
    ),
    login: { user: 'root' },
    expected: { status: 'rejected', phase: 'checks', cause: 'assertion' },
    bound: 'progress',
  },
  // Units
  {
    name: 'only-uefi-bios',
    write: beforeRoot(ONLY_UEFI),
    expected: { status: 'accepted' },
    bound: 'progress',
  },
  {
    name: 'only-uefi',
    write: beforeRoot(ONLY_UEFI),
    firmware: 'uefi',
    expected: { status: 'rejected', phase: 'checks', cause: 'failed-unit' },
    bound: 'progress',
  },
  {
    name: 'failed-unit',
    write: beforeRoot(unit('broken.service', 'Type=oneshot\\nExecStart=/bin/false')),
    expected: { status: 'rejected', phase: 'checks', cause: 'failed-unit' },
    bound: 'progress',
  },
  {
    name: 'unit-never-starts',
    write: beforeRoot(unit('never.service', 'Type=oneshot\\nExecStart=sleep infinity')),
    expected: { status: 'rejected', phase: 'checks', cause: 'failed-unit' },
    bound: 'progress',
  },
  {
    name: 'ordering-cycle',
    write: beforeRoot(
      `${unit('one.service', 'ExecStart=sleep infinity', 'Wants=two.service\\nAfter=two.service')}
${unit('two.service', 'ExecStart=sleep infinity', 'After=one.service')}`,
    ),
    expected: { status: 'rejected', cause: 'failed-unit' },
    bound: 'progress',
  },
  {
    name: 'full-root',
    // The root's writable layer is memory: a file as large as it can be leaves nothing for the services.
    write: beforeRoot('dd if=/dev/zero of="$NEWROOT/var/full" bs=1M 2>/dev/null; :'),
    expected: { status: 'rejected', cause: 'disk-full' },
    bound: 'progress',
  },
  {
    name: 'coredump',
    write: beforeRoot(unit('crash.service', 'Type=oneshot\\nExecStart=/bin/sh -c "kill -SEGV $$$$"')),
    expected: { status: 'rejected', cause: 'coredump' },
    bound: 'progress',
  },
  {
    name: 'unit-out-of-memory',
    // Its own limit's, not the system's: what counts is that the unit failed.
    write: beforeRoot(unit('greedy.service', 'Type=oneshot\\nMemoryMax=16M\\nExecStart=tail /dev/zero')),
    expected: { status: 'rejected', cause: 'failed-unit' },
    bound: 'progress',
  },
  {
    name: 'out-of-memory',
    write: beforeRoot(unit('greedy.service', 'Type=oneshot\\nExecStart=-tail /dev/zero')),
    expected: { status: 'rejected', cause: ['oom', 'failed-unit', 'coredump'] },
    bound: 'progress',
  },
  {
    name: 'crash-loop',
    write: beforeRoot(
      unit('loop.service', 'Restart=always\\nRestartSec=1\\nExecStart=/bin/false', 'StartLimitIntervalSec=0'),
    ),
    expected: { status: 'rejected', phase: 'checks', cause: 'failed-unit' },
    bound: 'progress',
  },
  {
    name: 'slow-crash-loop',
    write: beforeRoot(unit('loop.service', 'Restart=on-failure\\nRestartSec=30\\nExecStart=/bin/false')),
    expected: { status: 'rejected', phase: 'checks', cause: 'failed-unit' },
    bound: 'progress',
  },
  {
    name: 'segv-restart',
    write: beforeRoot(
      unit(
        'loop.service',
        'Restart=always\\nRestartSec=1\\nExecStart=/bin/sh -c "kill -SEGV $$$$"',
        'StartLimitIntervalSec=0',
      ),
    ),
    expected: { status: 'rejected', cause: ['coredump', 'failed-unit'] },
    bound: 'progress',
  },
  {
    name: 'fails-at-stop',
    write: beforeRoot(unit('stop.service', 'ExecStart=sleep infinity\\nExecStop=/bin/false')),
    expected: { status: 'rejected', phase: 'shutdown', cause: 'failed-unit' },
    bound: 'progress',
  },
  {
    name: 'never-off',
    write: beforeRoot(
      unit('never.service', 'TimeoutStopSec=infinity\\nExecStart=sleep infinity\\nExecStop=sleep infinity'),
    ),
    expected: { status: 'rejected', phase: 'shutdown', cause: ['stalled', 'waiting', 'failed-unit'] },
    bound: 'progress',
  },
  // What anybody may print
  {
    name: 'flood',
    // 100 MB on the serial line, by the console: a terminal is taken away from who writes when a login opens it.
    write: beforeRoot(
      unit(
        'loud.service',
        'ExecStart=/bin/sh -c "yes flood | head -c 100000000 >/dev/console"',
        'After=multi-user.target',
      ),
    ),
    expected: { status: 'accepted' },
    bound: 'progress',
  },
  ...[
    ['harmless-panic', 'Kernel panic - not syncing: says a service'],
    ['harmless-squashfs', 'SQUASHFS error: says a service'],
    ['harmless-space', 'cp: error writing says-a-service: No space left on device'],
    ['harmless-failed', '[FAILED] Failed to start says.service - A service.'],
    ['harmless-warning', 'WARNING: CPU: 0 PID: 1 at kernel/sched/core.c:1 says a service'],
    ['harmless-denial', 'audit: type=1400 audit(1.1:1): avc:  denied  { read } for  pid=1'],
  ].map(([name = '', words = '']): BadImage => ({
    name,
    // On its standard output, in the journal under the kernel's name, on the console, and last in the kernel's own log.
    write: beforeRoot(
      unit(
        'loud.service',
        `Type=oneshot\\nEnvironment="WORDS=${words}"\\nExecStart=/bin/sh -c "echo $$WORDS; logger -t kernel $$WORDS; echo $$WORDS >/dev/ttyS0; echo $$WORDS >/dev/kmsg"`,
        'After=multi-user.target',
      ),
    ),
    expected: { status: 'accepted' },
    bound: 'progress',
  })),
  ...[
    ['clock-2040', 'date -s 2040-01-01'],
    ['clock-1970', 'date -s 1970-01-02'],
    ['taint', 'echo 512 >/proc/sys/kernel/tainted'],
  ].map(([name = '', command = '']): BadImage => ({
    name,
    write: beforeRoot(
      unit(
        'does.service',
        `Type=oneshot\\nExecStart=/bin/sh -c '${command}'`.replaceAll("'", `'\\''`),
        'After=basic.target',
      ),
    ),
    expected: { status: 'accepted' },
    bound: 'progress',
  })),
  {
    name: 'needs-newer-processor',
    // As a distribution that is built for x86-64-v3; it counts where the processor is emulated.
    write: beforeRoot(
      'grep -q avx2 /proc/cpuinfo || { echo "Fatal glibc error: CPU does not support x86-64-v3" >/dev/console; sleep 600; }',
    ),
    expected: { status: 'accepted' },
    bound: 'progress',
  },
  {
    name: 'restarted-once',
    write: beforeRoot(
      unit(
        'late.service',
        'Restart=on-failure\\nRestartSec=1\\nExecStart=/bin/sh -c "[ -e /run/second ] || { touch /run/second; exit 1; }; exec sleep infinity"',
      ),
    ),
    expected: { status: 'accepted' },
    bound: 'progress',
  },
];
