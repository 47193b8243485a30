import { setTimeout as sleep } from 'node:timers/promises';
import { type Machine, VmTesterError, commonestShare, countColours, differingShare } from '@phyllome/vm-tester';
import { expect } from '@phyllome/vm-tester/vitest';
import { FULL_NAME, PASSWORD, USER } from '../first-user.ts';
import { type Check, NotJudged } from '../judge.ts';
import { PAINTED_COLOURS } from './desktop.ts';

/** GNOME's assistant comes up in minutes where its window is painted by an emulated processor. */
const WINDOW_MS = 120_000;
/** How long a page takes to answer a key, on a real processor. */
const ANSWER_MS = 60_000;
const LOOK_EVERY_MS = 2_000;
/** Its pages slide, and its welcome is a text that changes: the screen is still between. */
const STILL_MS = 4_000;
const REST_MS = 10_000;

/** A page covers the screen but for the wallpaper around it. */
const WINDOW_SHARE = 0.3;
/** Another page than before, or something typed: a blinking cursor and a changing welcome are less than the former. */
const PAGE_SHARE = 0.02;
const TYPED_SHARE = 0.0003;

/** The kernel keeps 15 characters of a name. Its session has it in many an argument, minutes before it starts itself. */
const RUNNING = 'pgrep --uid gnome-initial-setup --exact gnome-initial-s';
const PEOPLE = "awk -F: '$3 >= 1000 && $3 < 60000 { print $1 }' /etc/passwd";

/** GNOME's assistant of the first boot, answered by its keyboard as a person would. */
export const assistantChecks = {
  'gnome-setup': async (vm) => {
    await vm.waitUntilSucceeds(RUNNING, { timeoutMs: WINDOW_MS });
    expect(await vm.succeed(PEOPLE)).toBe('');
    await waitForWindow(vm);
    await vm.screenshot('gnome-setup');
    await vm.succeed(RUNNING);
  },

  'gnome-first-boot': async (vm, { rehearsal }) => {
    if (!rehearsal) throw new NotJudged("there is no one to answer the pages of Fedora's assistant here");
    await next(vm, 'language');
    await next(vm, 'keyboard');
    // No location is known: it has to be told.
    await shows(vm, 'the time zone', TYPED_SHARE, async () => {
      await vm.sendKey('tab');
      await vm.type('Paris, France');
    });
    await vm.sendKey('down');
    await shows(vm, 'the time zone', TYPED_SHARE, () => vm.sendKey('ret'));
    await next(vm, 'time zone');
    await shows(vm, 'the name', TYPED_SHARE, () => vm.type(FULL_NAME));
    await next(vm, 'account');
    await shows(vm, 'the password', TYPED_SHARE, () => vm.type(PASSWORD));
    // The second is to the button that shows what was typed.
    await vm.sendKey('tab');
    await vm.sendKey('tab');
    await shows(vm, 'the password again', TYPED_SHARE, () => vm.type(PASSWORD));
    await next(vm, 'password');
    await vm.screenshot('gnome-first-boot');
    await expect(vm).toHaveUser(USER, { groups: ['wheel'] });
    await vm.sendKey('ret');
    await vm.waitUntilSucceeds(`pgrep --uid ${USER} --exact gnome-shell`, { timeoutMs: WINDOW_MS });
    expect(await vm.succeed('loginctl list-sessions --no-legend')).toContain(USER);
  },
} satisfies Record<string, Check>;

/** Waits until the screen shows a window on a wallpaper. */
async function waitForWindow(vm: Machine): Promise<void> {
  const deadline = performance.now() + WINDOW_MS * vm.host.timeScale;
  for (;;) {
    const screen = await vm.screen();
    if (countColours(screen) >= PAINTED_COLOURS && commonestShare(screen) >= WINDOW_SHARE) return;
    if (performance.now() > deadline) throw new Error('GNOME paints no window of its assistant');
    await sleep(LOOK_EVERY_MS);
  }
}

/** On to the page after this one. */
const next = (vm: Machine, page: string): Promise<void> =>
  shows(vm, `the page after ${page}`, PAGE_SHARE, () => vm.sendKey('alt-n'));

/** Does something, and waits until so much of the screen has changed by it, and has come to rest. */
async function shows(vm: Machine, what: string, share: number, act: () => Promise<void>): Promise<void> {
  const before = await vm.screen();
  await act();
  const deadline = performance.now() + ANSWER_MS * vm.host.timeScale;
  while (differingShare(before, await vm.screen()) < share) {
    if (performance.now() > deadline) throw new Error(`GNOME's assistant does not show ${what}`);
    await sleep(LOOK_EVERY_MS);
  }
  await vm.waitStillScreen(STILL_MS, { timeoutMs: REST_MS }).catch((error: unknown) => {
    if (!(error instanceof VmTesterError && error.code === 'WAIT_TIMEOUT')) throw error;
  });
}
