import { ANACONDA, type Step, STEPS } from '@phyllome/installer/words';
import { type HubEntry, hubLines, RULE } from './hub.ts';

/** `00:20:21`, which anaconda puts before some of its lines, in the machine's time zone. */
const clock = (date: Date): string =>
  [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');

/** A dot after each task that a step is done with. */
const DONE = '.';

/**
 * What anaconda prints while it installs into a directory, in the order and with the empty lines that 44.35 was recorded
 * with. Nothing else is on its console: reasons are in its logs.
 */
export class AnacondaConsole {
  readonly #print: (line: string) => void;

  /** @param print puts one line on the console */
  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  #lines(...lines: string[]): void {
    for (const line of lines) this.#print(line);
  }

  /** Before it reads the kickstart. */
  started(project: string, releasever: string): void {
    this.#lines(
      ANACONDA.starting,
      ANACONDA.noTerminal,
      `${clock(new Date())} ${ANACONDA.nonInteractive}`,
      `anaconda 44.35-1 for ${project} ${releasever} (rehearsal) started.`,
    );
  }

  /** It runs the `%pre` scripts. */
  preScripts(): void {
    this.#print(`${clock(new Date())} ${STEPS.preScripts}`);
  }

  /**
   * The summary, and the head of what follows it.
   *
   * @param missing what dnf says about packages that it does not find: it stands behind the first line, without a space
   */
  automated(hub: readonly HubEntry[], missing: readonly string[]): void {
    const [first = '', ...others] = missing;
    this.#lines(`${ANACONDA.automated}${first}`, ...others);
    this.#lines('', '', RULE, RULE, 'Installation', '');
    this.#lines(...hubLines(hub));
    this.#lines('', RULE, RULE, 'Progress', '');
  }

  /** Announces a step, takes it, and puts a dot where it is done. A step that fails has none. */
  async step<T>(step: Step, take: () => Promise<T> | T): Promise<T> {
    this.#print(STEPS[step]);
    const result = await take();
    this.#print(DONE);
    return result;
  }

  /** Steps that have nothing to do here, as they have nothing to do in a directory. */
  async passed(...steps: Step[]): Promise<void> {
    for (const step of steps) await this.step(step, () => {});
  }

  complete(): void {
    this.#print(ANACONDA.complete);
  }
}
