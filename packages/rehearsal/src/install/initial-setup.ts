import type { Action } from './action.ts';

/**
 * What Fedora's initial-setup does at the first boot, as far as a rehearsal needs it: nothing else comes up on a console
 * before somebody has made a user, an administrator with a password. It asks in words of its own.
 */
const script = `#!/bin/sh
# The rehearsal's counterpart of initial-setup.
set -u
echo
echo 'Initial setup (rehearsal): this system has no user yet.'
while :; do
  printf 'User name: '
  read -r name || exit 1
  useradd --create-home --shell /bin/bash --groups wheel -- "$name" && break
done
trap 'stty echo' EXIT
stty -echo
while :; do
  printf 'Password: '
  read -r password || exit 1
  printf '\\nThe same again: '
  read -r again || exit 1
  echo
  if [ -n "$password" ] && [ "$password" = "$again" ]; then
    printf '%s:%s\\n' "$name" "$password" | chpasswd && break
  fi
  echo 'They are not the same, or empty.'
done
mkdir -p /var/lib/initial-setup
: >/var/lib/initial-setup/done
echo "The user $name was made."
`;

const unitPath = '/usr/lib/systemd/system/initial-setup.service';

/** Waits for its answer like Fedora's own unit: a oneshot, on the console, before any login. */
const unit = `[Unit]
Description=Initial Setup (rehearsal)
ConditionKernelCommandLine=!rd.live.image
ConditionPathExists=!/var/lib/initial-setup/done
After=systemd-user-sessions.service plymouth-quit-wait.service
Before=getty@tty1.service serial-getty@ttyS0.service

[Service]
Type=oneshot
ExecStart=/usr/libexec/initial-setup
StandardInput=tty
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
TTYReset=yes

[Install]
WantedBy=multi-user.target
`;

/** Enabled as it comes, like Fedora's: a kickstart's `firstboot --disable` masks it. */
export const initialSetupActions = (): Action[] => [
  { do: 'write', path: '/usr/libexec/initial-setup', text: script, mode: 0o755 },
  { do: 'write', path: unitPath, text: unit },
  { do: 'link', path: '/etc/systemd/system/multi-user.target.wants/initial-setup.service', target: unitPath },
];

/** For a kickstart that wants none. */
export const noInitialSetup: Action = {
  do: 'link',
  path: '/etc/systemd/system/initial-setup.service',
  target: '/dev/null',
};
