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
 * An AbortSignal that fires on Ctrl-C and SIGTERM: every step stops and cleans up after itself. Later signals change
 * nothing, since one Ctrl-C arrives more than once (from the terminal and from Nx, which kills after five seconds:
 * clean-up must be quicker).
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (!controller.signal.aborted) controller.abort(new Interrupted(name));
    });
  }
  return controller.signal;
}
