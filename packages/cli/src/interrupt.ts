import { heldNow } from '@phyllome/host/held';
import { printNote } from './print.ts';

/** Thrown, as an abort reason, when the user or the system asked this process to stop. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly signalName: 'SIGINT' | 'SIGTERM';

  constructor(signalName: 'SIGINT' | 'SIGTERM') {
    super(`interrupted by ${signalName}`);
    this.signalName = signalName;
  }
}

/**
 * One Ctrl-C arrives more than once, from the terminal and from Nx or pnpm, within this time. One that comes later is
 * another, by somebody who does not want to wait.
 */
const sameMs = 300;

/** Exit codes, as a shell has them of what a signal ended. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

const again: (() => void)[] = [];

/** Has a second Ctrl-C do something else than to end this process at once, until it is disposed of. */
export function onSecondInterrupt(handler: () => void): Disposable {
  again.push(handler);
  return { [Symbol.dispose]: () => void again.splice(again.indexOf(handler), 1) };
}

/**
 * A signal that fires on Ctrl-C and SIGTERM, once `listen` was called: every step stops and cleans up after itself. A
 * second one ends the process at once, and says what may be left.
 *
 * Until then the system's own way is in force, which ends the process: what never waits hears of no signal.
 */
export function interruptSignal(): { signal: AbortSignal; listen: () => void } {
  const controller = new AbortController();
  let since = 0;
  const listen = (): void => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        const now = performance.now();
        if (!controller.signal.aborted) {
          since = now;
          controller.abort(new Interrupted(name));
        } else if (now - since >= sameMs) {
          const handler = again.at(-1);
          if (handler === undefined) endAtOnce(name);
          else handler();
        }
      });
    }
  };
  return { signal: controller.signal, listen };
}

function endAtOnce(name: 'SIGINT' | 'SIGTERM'): never {
  printNote(`phyllome: ${name} once more: ended at once; ${leftovers()}`);
  process.exit(exitCodes[name]);
}

/** What an interrupted process leaves, as far as it knows. */
export function leftovers(): string {
  const held = heldNow();
  return held.length === 0
    ? 'nothing was left behind'
    : `this may be left: ${held.join(', ')}\n  hint: phyllome clean removes it`;
}
