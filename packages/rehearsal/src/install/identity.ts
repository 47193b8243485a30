import type { Action } from './action.ts';

/** What only delays the boot of a medium that forgets everything: timers, and a look for LVM snapshots to check. */
const maskedUnits = [
  'e2scrub_reap.service',
  'apt-daily-upgrade.timer',
  'apt-daily.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'man-db.timer',
];

/** Without what means something in a double-quoted value. */
const plain = (text: string): string => text.replaceAll(/["$`\\\n\r]/gu, '');

/** What the system says it is: the project it rehearses, and the Debian it is made of. */
function osRelease(project: string, releasever: string): string {
  const title = `${plain(project)} ${plain(releasever)}`;
  return `PRETTY_NAME="${title} (rehearsal: Debian GNU/Linux 13 packages)"
NAME="Debian GNU/Linux"
VERSION_ID="13"
VERSION="13 (trixie)"
VERSION_CODENAME=trixie
ID=debian
VARIANT="Rehearsal of ${title}"
VARIANT_ID=rehearsal
`;
}

/**
 * What an os-release says after the kickstart's scripts: theirs, but for the name that people read. Whatever they call the
 * system, it is a rehearsal of Debian packages.
 */
export function markedAsRehearsal(text: string, project: string, releasever: string): string {
  const own = osRelease(project, releasever).split('\n');
  const marks = own.filter((line) => /^(?:PRETTY_NAME|VARIANT)=/u.test(line));
  const kept = text.split('\n').filter((line) => line !== '' && !/^(?:PRETTY_NAME|VARIANT)=/u.test(line));
  return `${[...kept, ...marks].join('\n')}\n`;
}

/** Fedora makes the SSH server's keys when it first starts; Debian does when it is installed, which is too early here. */
const sshHostKeys: Action[] = [
  {
    do: 'write',
    path: '/usr/lib/systemd/system/ssh-host-keys.service',
    text: `[Unit]
Description=SSH host keys of this machine (rehearsal)
Before=ssh.service ssh.socket

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/ssh-keygen -A
`,
  },
  {
    do: 'link',
    path: '/etc/systemd/system/ssh.service.requires/ssh-host-keys.service',
    target: '/usr/lib/systemd/system/ssh-host-keys.service',
  },
];

/** What every rehearsal has in its installed tree, whatever its kickstart says. */
export const identityActions = (project: string, releasever: string): Action[] => [
  { do: 'write', path: '/etc/os-release', text: osRelease(project, releasever) },
  // Fedora's package setup brings it; Debian's installer writes it.
  { do: 'write', path: '/etc/hosts', text: '127.0.0.1 localhost\n::1 localhost\n' },
  { do: 'write', path: '/etc/issue', text: `${project} ${releasever} (rehearsal: Debian packages) \\n \\l\n\n` },
  // Fedora's administrators are the group wheel. Debian's are sudo, and its accounts-daemon puts them in there: it is one
  // group by two names, of which the first is what polkit sees.
  { do: 'run', argv: ['groupmod', '--new-name', 'wheel', 'sudo'] },
  { do: 'run', argv: ['groupadd', '--non-unique', '--gid', '27', 'sudo'] },
  { do: 'write', path: '/etc/sudoers.d/wheel', text: '%wheel ALL=(ALL:ALL) ALL\n', mode: 0o440 },
  {
    do: 'write',
    path: '/etc/polkit-1/rules.d/49-wheel.rules',
    text: 'polkit.addAdminRule(function () {\n  return ["unix-group:wheel"];\n});\n',
  },
  ...sshHostKeys,
  ...maskedUnits.map((unit): Action => ({ do: 'link', path: `/etc/systemd/system/${unit}`, target: '/dev/null' })),
];
