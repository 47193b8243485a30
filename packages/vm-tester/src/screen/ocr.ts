import { createRequire } from 'node:module';
import { join } from 'node:path';
import { VmTesterError } from '../errors.ts';

/** The part of tesseract.js that we use. It is for the user to install: some 65 MB, for few. */
interface Tesseract {
  createWorker(language: string, mode: number, options: object): Promise<Worker>;
}
interface Worker {
  recognize(image: Buffer): Promise<{ data: { text: string } }>;
  /** Node's own thread. */
  worker: { unref(): void };
}

/** What `@tesseract.js-data/eng` says of itself: where its model is, and how. */
interface Language {
  code: string;
  langPath: string;
  gzip: boolean;
}

/** LSTM only: what the language's model is for. */
const MODE = 1;

/** It has a thread of its own and keeps it for the next screen, but keeps no process alive. */
let worker: Promise<Worker> | undefined;

/**
 * Reads the text of a picture (PNG) by tesseract.js, if the user has installed it and its language data. It takes
 * seconds, and mistakes one letter for another now and then: it is for graphical screens, where nothing better is.
 * @throws {VmTesterError} SCREEN_UNREADABLE
 */
export async function recognise(png: Buffer): Promise<string> {
  worker ??= start();
  worker.catch(() => (worker = undefined));
  const reader = await worker;
  // The thread sends nothing while it works: something else must keep us here for so long.
  const awake = setInterval(() => {}, 1_000);
  try {
    return (await reader.recognize(png)).data.text;
  } finally {
    clearInterval(awake);
  }
}

async function start(): Promise<Worker> {
  try {
    // The user's own: from where the tests run, not from here. Nothing is fetched.
    const from = createRequire(join(process.cwd(), 'package.json'));
    const load = async <T>(name: string): Promise<T> => {
      const module: { default: T } = await import(from.resolve(name));
      return module.default;
    };
    const tesseract = await load<Tesseract>('tesseract.js');
    const { code, langPath, gzip } = await load<Language>('@tesseract.js-data/eng');
    const created = await tesseract.createWorker(code, MODE, { langPath, gzip, cacheMethod: 'none' });
    created.worker.unref();
    return created;
  } catch (cause) {
    throw new VmTesterError('SCREEN_UNREADABLE', 'the screen is not a text console, and no OCR is installed', {
      hint: 'pnpm add --save-dev tesseract.js @tesseract.js-data/eng, or use a needle: assertScreen()',
      cause,
    });
  }
}
