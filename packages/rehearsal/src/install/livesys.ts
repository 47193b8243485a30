import type { Action } from './action.ts';

/**
 * What livesys-scripts does when a live medium boots, as far as a rehearsal needs it: the liveuser, an administrator
 * without password; the console unlocked; one name for every medium; GDM logging the liveuser in where
 * `livesys_session` says so.
 */
const script = `#!/bin/sh
# The rehearsal's counterpart of livesys-scripts.
set -eu
useradd --create-home --comment 'Live System User' --shell /bin/bash --groups wheel liveuser
passwd --delete liveuser
passwd --delete root
echo localhost-live >/etc/hostname
livesys_session=
if [ -r /etc/sysconfig/livesys ]; then . /etc/sysconfig/livesys; fi
if [ "$livesys_session" = gnome ] && [ -d /etc/gdm3 ]; then
  printf '[daemon]\\nAutomaticLoginEnable=true\\nAutomaticLogin=liveuser\\n' >/etc/gdm3/daemon.conf
  install -d -o liveuser -g liveuser -m 0700 /home/liveuser/.config
  echo yes >/home/liveuser/.config/gnome-initial-setup-done
  chown liveuser:liveuser /home/liveuser/.config/gnome-initial-setup-done
fi
`;

const unit = (description: string, start: string, order: string): string => `[Unit]
Description=${description}
ConditionKernelCommandLine=rd.live.image
${order}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${start}

[Install]
WantedBy=multi-user.target
`;

export const livesysActions = (): Action[] => [
  { do: 'write', path: '/usr/libexec/livesys', text: script, mode: 0o755 },
  {
    do: 'write',
    path: '/usr/lib/systemd/system/livesys.service',
    text: unit(
      'Live medium: users and session (rehearsal)',
      '/usr/libexec/livesys',
      'Before=display-manager.service getty.target systemd-user-sessions.service',
    ),
  },
  {
    do: 'write',
    path: '/usr/lib/systemd/system/livesys-late.service',
    text: unit('Live medium: late steps (rehearsal)', '/bin/true', 'After=livesys.service'),
  },
];
