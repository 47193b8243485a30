import type { Machine } from '@phyllome/vm-tester';

/**
 * Prints a line for each window of the session: class and title. GNOME Shell reports its windows
 * (org.gnome.Shell.Introspect) only to whom owns one of the names of its portal, so this asks for one for as long.
 */
const LIST_WINDOWS = `
import sys
import time
from gi.repository import Gio, GLib

bus = Gio.bus_get_sync(Gio.BusType.SESSION)

def call(name, path, interface, method, arguments=None):
    return bus.call_sync(name, path, interface, method, arguments, None, 0, 120000, None).unpack()

for portal in ('gtk', 'gnome'):
    wanted = GLib.Variant('(su)', ('org.freedesktop.impl.portal.desktop.' + portal, 4))
    call('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'RequestName', wanted)
for attempt in range(20):
    try:
        (windows,) = call('org.gnome.Shell', '/org/gnome/Shell/Introspect', 'org.gnome.Shell.Introspect', 'GetWindows')
        break
    except GLib.Error as error:
        if 'AccessDenied' not in str(error):
            raise
        time.sleep(1)
else:
    sys.exit(3)
for window in windows.values():
    print(window.get('wm-class', ''), window.get('title', ''), sep='\\t')
`;

/** What the script ends with when GNOME Shell keeps its windows to itself. */
const DENIED = 3;

/** The windows of a user's GNOME session; undefined: GNOME Shell does not report them. */
export async function windowsOf(vm: Machine, user: string): Promise<string[] | undefined> {
  const uid = await vm.succeed(['id', '--user', user]);
  const environment = [`XDG_RUNTIME_DIR=/run/user/${uid}`, `DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/${uid}/bus`];
  const argv = ['runuser', '--user', user, '--', 'env', ...environment, 'python3', '-'];
  const { exitCode, stdout, stderr } = await vm.execute(argv, { stdin: LIST_WINDOWS, timeoutMs: 60_000 });
  if (exitCode === DENIED) return undefined;
  if (exitCode !== 0) throw new Error(`the windows cannot be listed: ${String(stderr).trim()}`);
  return String(stdout).split('\n').filter(Boolean);
}
