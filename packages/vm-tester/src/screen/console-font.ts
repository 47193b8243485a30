import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cp437 } from './code-page.ts';

export const GLYPH = { width: 8, height: 16 } as const;

/** Where QEMU's packages put the VGA BIOS, which holds the font. */
const DIRECTORIES = ['/usr/share/seabios', '/usr/share/seavgabios', '/usr/share/qemu', '/usr/local/share/qemu'];

/** The capital A of the VGA's font of 16 rows, by which the font is found in the BIOS. */
const LETTER_A = Buffer.from('000010386cc6c6fec6c6c6c600000000', 'hex');

/** Glyph, as 32 hexadecimal digits, to character. */
export type ConsoleFont = ReadonlyMap<string, string>;

let found: Promise<ConsoleFont | undefined> | undefined;

/**
 * The font of text consoles: the VGA's own, which Linux's framebuffer console has, too. It is read from the BIOS that
 * QEMU brings along; undefined when that is nowhere.
 */
export function consoleFont(): Promise<ConsoleFont | undefined> {
  return (found ??= findFont());
}

async function findFont(): Promise<ConsoleFont | undefined> {
  for (const directory of DIRECTORIES) {
    const names = await readdir(directory).catch(() => []);
    for (const name of names.filter((file) => /^vgabios.*\.bin$/.test(file))) {
      const font = fontIn(await readFile(join(directory, name)));
      if (font) return font;
    }
  }
  return undefined;
}

/** The font in a VGA BIOS: 256 glyphs of 16 bytes, a byte a row. */
export function fontIn(bios: Buffer): ConsoleFont | undefined {
  const start = bios.indexOf(LETTER_A) - 'A'.charCodeAt(0) * GLYPH.height;
  if (start < 0) return undefined;
  const font = new Map<string, string>();
  for (let code = 0; code < 256; code++) {
    const glyph = bios.toString('hex', start + code * GLYPH.height, start + (code + 1) * GLYPH.height);
    if (!font.has(glyph) || code === 0x20) font.set(glyph, cp437(code));
  }
  return font;
}
