import { type Machine, differingShare } from '@phyllome/vm-tester';
import { expect } from '@phyllome/vm-tester/vitest';
import { FULL_NAME, PASSWORD, PEOPLE, USER } from '../first-user.ts';
import { type Forward, forwardButton } from '../forward-button.ts';
import { type Check, NotJudged } from '../judge.ts';
import { lookUntil, rest } from '../look.ts';

/** GNOME's assistant comes up in minutes where its window is painted by an emulated processor. */
const WINDOW_MS = 120_000;
/** How long a page takes to answer a key, on a real processor. */
const ANSWER_MS = 60_000;
/** A character or two; a cursor that blinks is less. */
const PIECE_SHARE = 0.000_12;
/** Its pages slide in, and take the keyboard when they are there. */
const STILL_MS = 8_000;
const REST_MS = 20_000;

/** The kernel keeps 15 characters of a name. Its session has it in many an argument, minutes before it starts itself. */
const RUNNING = 'pgrep --uid gnome-initial-setup --exact gnome-initial-s';

/** GNOME's assistant of the first boot, answered by its keyboard as a person would. */
export const assistantChecks = {
  'gnome-setup': async (vm) => {
    await vm.waitUntilSucceeds(RUNNING, { timeoutMs: WINDOW_MS });
    expect(await vm.succeed(PEOPLE)).toBe('');
    await forward(vm, 'ready', WINDOW_MS);
    await vm.screenshot('gnome-setup');
    await vm.succeed(RUNNING);
  },

  'gnome-first-boot': async (vm, { rehearsal }) => {
    if (!rehearsal) throw new NotJudged("there is no one to answer the pages of Fedora's assistant here");
    // Of a language and a keyboard there are proposals; where the machine is it does not know.
    await onToQuestion(vm);
    await press(vm, 'tab');
    await type(vm, 'Paris, France');
    await press(vm, 'down');
    await press(vm, 'ret');
    await forward(vm, 'ready');
    await onToQuestion(vm);
    await type(vm, FULL_NAME);
    await forward(vm, 'ready');
    await onToQuestion(vm);
    await type(vm, PASSWORD);
    // The second is to the button that shows what was typed.
    await press(vm, 'tab');
    await press(vm, 'tab');
    await type(vm, PASSWORD);
    await forward(vm, 'ready');
    await vm.sendKey('alt-n');
    await forward(vm, undefined);
    await comeToRest(vm);
    await vm.screenshot('gnome-first-boot');
    await expect(vm).toHaveUser(USER, { groups: ['wheel'] });
    await vm.sendKey('ret');
    await vm.waitUntilSucceeds(`pgrep --uid ${USER} --exact gnome-shell`, { timeoutMs: WINDOW_MS });
    expect(await vm.succeed('loginctl list-sessions --no-legend')).toContain(USER);
  },
} satisfies Record<string, Check>;

/** Presses a key once nothing moves, and waits for what it does: what comes while the keyboard changes hands is lost. */
async function press(vm: Machine, key: string): Promise<void> {
  await comeToRest(vm);
  await vm.sendKey(key);
  await comeToRest(vm);
}

/** On to the next page that asks for something. One key too many does nothing there. */
async function onToQuestion(vm: Machine): Promise<void> {
  const pressWhereReady = async (): Promise<Forward> => {
    const shown = forwardButton(await vm.screen());
    if (shown === 'ready') await vm.sendKey('alt-n');
    return shown;
  };
  const shown = await lookUntil(vm, ANSWER_MS, pressWhereReady, (one) => one === 'incomplete');
  if (shown !== 'incomplete') throw new Error("GNOME's assistant does not come to its next question");
  await comeToRest(vm);
}

/**
 * Types a text, and waits for each piece to be seen: a desktop that is busy painting reads its keys seconds later, and the
 * kernel keeps some ten of them for it.
 */
async function type(vm: Machine, text: string): Promise<void> {
  for (const piece of text.match(/.{1,4}/gu) ?? []) {
    const before = await vm.screen();
    await vm.type(piece);
    const changed = async (): Promise<number> => differingShare(before, await vm.screen());
    await lookUntil(vm, ANSWER_MS, changed, (share) => share >= PIECE_SHARE);
  }
}

/** Waits until the page is as it should be. */
async function forward(vm: Machine, state: Forward, timeoutMs = ANSWER_MS): Promise<void> {
  const look = async (): Promise<Forward> => forwardButton(await vm.screen());
  const shown = await lookUntil(vm, timeoutMs, look, (one) => one === state);
  if (shown !== state)
    throw new Error(`the button of GNOME's assistant is ${shown ?? 'not there'}, not ${state ?? 'gone'}`);
}

const comeToRest = (vm: Machine): Promise<void> => rest(vm, STILL_MS, REST_MS);
