import { type Machine, countColours } from '@phyllome/vm-tester';
import { expect } from '@phyllome/vm-tester/vitest';
import type { Edition } from '../edition.ts';
import { fontFaults, installerFaults, powerFaults, soundFaults } from '../evidence.ts';
import { USER } from '../first-user.ts';
import { type Check, NotJudged, requireNone } from '../judge.ts';
import { lookUntil, rest } from '../look.ts';
import { windowsOf } from './windows.ts';

/** Under TCG a GNOME session takes minutes: multiplied with the host's timeScale, this is enough. */
const SESSION_MS = 60_000;

/** A text console has a few colours, a GNOME desktop hundreds. */
const PAINTED_COLOURS = 64;

/** GNOME's animations are shorter, also where they are painted by an emulated processor. */
const STILL_MS = 3_000;
const REST_MS = 5_000;

const NOBODY = 'no user is logged in before the first-boot setup is finished';

/** Who has a GNOME session: the liveuser, or who was made at the first boot. */
async function userOf(vm: Machine, { traits }: Edition): Promise<string> {
  if (traits.has('live')) return 'liveuser';
  const sessions = await vm.succeed('loginctl list-sessions --no-legend');
  if (!new RegExp(`\\b${USER}\\b`, 'u').test(sessions)) throw new NotJudged(NOBODY);
  return USER;
}

/** What a desktop shows: a GNOME session, the liveuser's without being asked, and virt-manager in it. */
export const desktopChecks = {
  session: async (vm) => {
    await vm.waitUntilSucceeds('pgrep --uid liveuser --exact gnome-shell', { timeoutMs: SESSION_MS });
    expect(await vm.succeed('loginctl list-sessions --no-legend')).toContain('liveuser');
  },

  desktop: async (vm) => {
    await requirePainted(vm, 'desktop', SESSION_MS);
  },

  'no-assistant': async (vm) => {
    await vm.fail('pgrep --full gnome-initial-setup');
  },

  fonts: async (vm) => {
    const lines: string[] = [];
    for (const asked of ['sans-serif', 'Adwaita Sans', 'monospace', 'emoji']) {
      lines.push(await vm.succeed(['fc-match', '--format', `${asked}|%{family[0]}|%{spacing}|%{color}\n`, asked]));
    }
    requireNone(fontFaults(lines.join('\n')));
  },

  sound: async (vm, edition) => {
    const user = await userOf(vm, edition);
    const uid = await vm.succeed(['id', '--user', user]);
    const argv = ['runuser', '--user', user, '--', 'env', `XDG_RUNTIME_DIR=/run/user/${uid}`, 'wpctl', 'status'];
    const { stdout, stderr } = await vm.execute(argv, { timeoutMs: 30_000 });
    const { stdout: pulse } = await vm.execute(`test -S /run/user/${uid}/pulse/native && echo socket`);
    requireNone(soundFaults(`${String(stdout)}${String(stderr)}`, String(pulse)));
  },

  'power-profile': async (vm) => {
    const name = 'org.freedesktop.UPower.PowerProfiles';
    const argv = ['busctl', 'get-property', name, `/${name.replaceAll('.', '/')}`, name, 'ActiveProfile'];
    const { stdout, stderr } = await vm.execute(argv, { timeoutMs: 30_000 });
    requireNone(powerFaults(`${String(stdout)}${String(stderr)}`));
  },

  installer: async (vm) => {
    const { stdout } = await vm.execute('command -v liveinst; ls /usr/share/applications/liveinst.desktop');
    requireNone(installerFaults(String(stdout)));
  },

  'virt-manager': async (vm, edition) => {
    await vm.succeed('grep -q "^Exec=virt-manager" /etc/xdg/autostart/*.desktop');
    const user = await userOf(vm, edition);
    await vm.waitUntilSucceeds(`pgrep --uid ${user} --full "python3.*virt-manager"`, { timeoutMs: SESSION_MS });
  },

  'virt-manager-window': async (vm, edition) => {
    const user = await userOf(vm, edition);
    const windows = await lookUntil(
      vm,
      SESSION_MS,
      () => windowsOf(vm, user),
      (shown) => shown?.some((window) => /virt-manager/i.test(window)) !== false,
    );
    await takePicture(vm, 'virt-manager');
    if (windows === undefined) throw new NotJudged('GNOME Shell does not report its windows');
    expect(windows).toContainEqual(expect.stringMatching(/virt-manager/i));
  },
} satisfies Record<string, Check>;

/** Waits until GNOME has painted the screen, and takes a picture of it. @param timeoutMs on a real processor */
async function requirePainted(vm: Machine, name: string, timeoutMs: number): Promise<void> {
  const look = async (): Promise<number> => countColours(await vm.screen());
  const colours = await lookUntil(vm, timeoutMs, look, (count) => count >= PAINTED_COLOURS);
  await takePicture(vm, name);
  expect(colours).toBeGreaterThanOrEqual(PAINTED_COLOURS);
}

/** For the report, once what fades in is there. */
async function takePicture(vm: Machine, name: string): Promise<void> {
  await rest(vm, STILL_MS, REST_MS);
  await vm.screenshot(name);
}
