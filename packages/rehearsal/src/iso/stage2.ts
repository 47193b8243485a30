import type { Action } from '../install/action.ts';

/** Where the installer is in the medium's own system. */
export const installerProgram = '/usr/libexec/anaconda';

/** Units that the installer's system has and never needs. */
const masked = [
  'apt-daily-upgrade.timer',
  'apt-daily.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'mdmonitor.service',
  'systemd-firstboot.service',
];

const target = '/etc/systemd/system/anaconda.target';

/** What makes a small Debian into the installer's system: it boots into the installer, and nothing else. Pure. */
export const stage2Actions = (program: string): Action[] => [
  { do: 'write', path: installerProgram, text: program, mode: 0o755 },
  { do: 'write', path: '/etc/hostname', text: 'installer\n' },
  {
    do: 'write',
    path: target,
    text: `[Unit]
Description=Installer
Requires=sysinit.target anaconda.service
After=sysinit.target
AllowIsolate=yes
`,
  },
  {
    do: 'write',
    path: '/etc/systemd/system/anaconda.service',
    // The console is the last one that the kernel was given, as for anaconda.
    text: `[Unit]
Description=The installer (rehearsal)
After=sysinit.target systemd-udev-trigger.service

[Service]
Environment=LANG=C.UTF-8 HOME=/root
ExecStartPre=/usr/bin/udevadm settle
ExecStart=${installerProgram}
StandardInput=tty-force
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
`,
  },
  { do: 'link', path: '/etc/systemd/system/default.target', target },
  // Disks that were part of a RAID before are erased, and could not be while it runs.
  { do: 'write', path: '/etc/mdadm/mdadm.conf', text: 'AUTO -all\n' },
  ...masked.map((unit): Action => ({ do: 'link', path: `/etc/systemd/system/${unit}`, target: '/dev/null' })),
];
