import { createRequire } from 'node:module';
import { join } from 'node:path';
import { VmTesterError } from '../errors.ts';

/** The part of tesseract.js that we use. It is for the user to install: some 65 MB, for few. */
interface Tesseract {
  createWorker(language: string): Promise<{
    recognize(image: Buffer): Promise<{ data: { text: string } }>;
    terminate(): Promise<unknown>;
  }>;
}

let worker: ReturnType<Tesseract['createWorker']> | undefined;

/**
 * Reads the text of a picture (PNG) by tesseract.js, if the user has installed it. It takes seconds, and mistakes one
 * letter for another now and then: it is for graphical screens, where nothing better is.
 * @throws {VmTesterError} SCREEN_UNREADABLE
 */
export async function recognise(png: Buffer): Promise<string> {
  worker ??= load().then((tesseract) => tesseract.createWorker('eng'));
  worker.catch(() => (worker = undefined));
  const { data } = await (await worker).recognize(png);
  return data.text;
}

async function load(): Promise<Tesseract> {
  try {
    // The user's own: from where the tests run, not from here.
    const path = createRequire(join(process.cwd(), 'package.json')).resolve('tesseract.js');
    const module: { default: Tesseract } = await import(path);
    return module.default;
  } catch (cause) {
    throw new VmTesterError('SCREEN_UNREADABLE', 'the screen is no text console, and nothing here reads pictures', {
      hint: 'pnpm add --save-dev tesseract.js, or use a needle: assertScreen()',
      cause,
    });
  }
}
