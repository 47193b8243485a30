import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VmTesterError } from '../errors.ts';
import { consoleFont } from './console-font.ts';
import { keysOf } from './keys.ts';
import { matchNeedle } from './match.ts';
import type { NeedleMatch } from './match.ts';
import { readNeedles, toPng } from './needle.ts';
import type { Needle } from './needle.ts';
import { recognise } from './ocr.ts';
import { STILL_SHARE, differingShare, isBlank, parsePpm } from './screen.ts';
import type { Screen } from './screen.ts';
import { TEXT_MEMORY, crop, inTextMode, textOfMemory, textOfPixels } from './text.ts';
import type { Rect } from './text.ts';
import type { WaitOptions } from '../machine/options.ts';
import type { Session } from '../machine/session.ts';
import { waitFor } from '../machine/wait.ts';

const LOOK_EVERY_MS = 250;
export const STILL_MS = 2_000;
const NEEDLE_MS = 30_000;
/** A PS/2 keyboard holds some five keys for a guest that is busy, and loses what comes then. */
const TYPE_EVERY_MS = 50;
/** On a slow host, where a desktop reads its keys late, and the kernel holds a dozen for it: as fast as a person. */
const SLOWEST_TYPE_MS = 250;
/** QEMU holds a key for 100 ms: the next one comes after it was let go. */
const HOLD_MS = 20;

/** A machine's screen and keyboard. */
export class Display {
  readonly #session: Session;
  #needles: Promise<Needle[]> | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  async screen(): Promise<Screen> {
    return parsePpm(await this.#dump('screendump', {}));
  }

  async text(region?: Rect): Promise<string> {
    const screen = await this.screen();
    const shown = region ? crop(screen, region) : screen;
    const read = await this.#readExactly(screen, shown, region === undefined);
    if (read !== undefined) return read;
    if (isBlank(shown)) return '';
    return await recognise(region ? toPng(shown) : await this.#dump('screendump', { format: 'png' }));
  }

  /** What a text console shows, read exactly and at once; undefined where the screen is a picture. */
  async consoleText(): Promise<string | undefined> {
    const screen = await this.screen();
    return await this.#readExactly(screen, screen, true);
  }

  /** By the memory of the text mode, else by the glyphs of the kernel's font. */
  async #readExactly(screen: Screen, shown: Screen, whole: boolean): Promise<string | undefined> {
    if (inTextMode(screen) && whole) {
      const { address: val, bytes: size } = TEXT_MEMORY;
      return textOfMemory(await this.#dump('pmemsave', { val, size }));
    }
    const font = await consoleFont();
    return font && textOfPixels(shown, font);
  }

  async waitForText(pattern: RegExp, options: WaitOptions & { region?: Rect }): Promise<RegExpExecArray> {
    return await waitFor(
      this.#session,
      `the screen shows ${pattern}`,
      options,
      async () => {
        const text = await this.text(options.region);
        const match = new RegExp(pattern, pattern.flags.replaceAll(/[gy]/g, '')).exec(text);
        return match ? { value: match } : { state: text.trim() === '' ? 'an empty screen' : text.slice(-2_000) };
      },
      LOOK_EVERY_MS,
    );
  }

  async assertScreen(tags: string[], options: WaitOptions): Promise<NeedleMatch> {
    const needles = (await this.#allNeedles()).filter((needle) => tags.some((tag) => needle.tags.includes(tag)));
    if (needles.length === 0) {
      throw new VmTesterError('NEEDLE_INVALID', `no needle has the tag ${tags.join(' or ')}`, {
        hint: `look into ${this.#session.options.needles}`,
      });
    }
    let closest: NeedleMatch | undefined;
    try {
      return await waitFor(
        this.#session,
        `the screen matches ${tags.join(' or ')}`,
        { timeoutMs: NEEDLE_MS, ...options },
        async () => {
          const screen = await this.screen();
          const matches = needles.map((needle) => matchNeedle(needle, screen));
          const match = matches.find(({ matched }) => matched);
          if (match) return { value: match };
          closest = matches.toSorted((a, b) => b.similarity - a.similarity)[0];
          return { state: `${closest?.needle} is ${closest?.similarity} % alike` };
        },
        LOOK_EVERY_MS,
      );
    } catch (cause) {
      if (!(cause instanceof VmTesterError) || cause.code !== 'WAIT_TIMEOUT') throw cause;
      const shot = await this.#session.recording.screenshot(`no-match-${tags[0]}`).catch(() => undefined);
      throw new VmTesterError('NO_MATCH', cause.message, {
        hint: shot ? `compare with ${shot}` : 'set artifactsDir to have the screen kept',
        cause,
      });
    }
  }

  /** Does some needle of the tag match now? */
  async shows(tag: string): Promise<boolean> {
    const needles = (await this.#allNeedles()).filter(({ tags }) => tags.includes(tag));
    const screen = await this.screen();
    return needles.some((needle) => matchNeedle(needle, screen).matched);
  }

  async waitStill(stillMs: number, options: WaitOptions): Promise<void> {
    let before = await this.screen();
    let since = performance.now();
    await waitFor(
      this.#session,
      `the screen stands still for ${stillMs} ms`,
      options,
      async () => {
        const now = await this.screen();
        const share = differingShare(before, now);
        if (share > STILL_SHARE) [before, since] = [now, performance.now()];
        return performance.now() - since >= stillMs
          ? { value: undefined }
          : { state: `${Math.round(share * 100)} % of it changed` };
      },
      LOOK_EVERY_MS,
    );
  }

  async press(keys: readonly string[]): Promise<void> {
    await this.#session.qmp('send-key', {
      keys: keys.map((data) => ({ type: 'qcode', data })),
      'hold-time': HOLD_MS,
    });
  }

  async type(text: string): Promise<void> {
    const everyMs = Math.min(TYPE_EVERY_MS * this.#session.host.timeScale, SLOWEST_TYPE_MS);
    for (const character of text) {
      const keys = keysOf(character);
      // Pressed and let go in one message: no key repeats, however slow the guest.
      await this.#session.qmp('input-send-event', {
        events: [...keys.map((key) => keyEvent(key, true)), ...keys.toReversed().map((key) => keyEvent(key, false))],
      });
      await sleep(everyMs);
    }
  }

  #allNeedles(): Promise<Needle[]> {
    const directory = this.#session.options.needles;
    if (directory === undefined) {
      throw new VmTesterError('NOT_CONFIGURED', 'this machine has no needles', {
        hint: 'start it with the option needles: the directory of NAME.png and NAME.json',
      });
    }
    this.#needles ??= readNeedles(directory);
    return this.#needles;
  }

  async #dump(command: 'screendump' | 'pmemsave', args: Record<string, unknown>): Promise<Buffer> {
    const filename = join(this.#session.directory, randomUUID());
    try {
      await this.#session.qmp(command, { filename, ...args });
      return await readFile(filename);
    } finally {
      await rm(filename, { force: true });
    }
  }
}

function keyEvent(key: string, down: boolean): unknown {
  return { type: 'key', data: { down, key: { type: 'qcode', data: key } } };
}
