import { expect, test } from 'vitest';
import { fontIn } from './console-font.ts';
import type { ConsoleFont } from './console-font.ts';
import type { Screen } from './screen.ts';
import { crop, textOfMemory, textOfPixels } from './text.ts';

/** A font in which each character has rows of its own, with the true A, by which it is found. */
function bios(): Buffer {
  const font = Buffer.alloc(256 * 16);
  for (let code = 0x21; code < 256; code++) font.fill(code, code * 16 + 2, code * 16 + 9);
  Buffer.from('000010386cc6c6fec6c6c6c600000000', 'hex').copy(font, 0x41 * 16);
  return Buffer.concat([Buffer.from('some code before'), font, Buffer.from('and after')]);
}

const font: ConsoleFont = fontIn(bios()) ?? new Map();

/** Draws a line of text at a row of cells. */
function draw(text: string, { inverse = false } = {}): Screen {
  const screen = {
    width: text.length * 8,
    height: 16,
    pixels: Buffer.alloc(text.length * 8 * 16 * 3, inverse ? 200 : 0),
  };
  for (const [index, character] of text.split('').entries()) {
    const glyph = [...font].find(([, known]) => known === character)?.[0] ?? '81'.repeat(16);
    for (const [row, byte] of Buffer.from(glyph, 'hex').entries()) {
      for (let column = 0; column < 8; column++) {
        const at = (row * screen.width + index * 8 + column) * 3;
        if (byte & (0x80 >> column)) screen.pixels.fill(inverse ? 0 : 200, at, at + 3);
      }
    }
  }
  return screen;
}

test('a BIOS without the font has none', () => {
  expect(fontIn(Buffer.alloc(8192))).toBeUndefined();
});

test.each([{ inverse: false }, { inverse: true }])('text is read from its pixels: %o', (options) => {
  expect(textOfPixels(draw('GRUB version 2.12 - A', options), font)).toBe('GRUB version 2.12 - A');
});

test('a glyph that is not in the font is marked, and a picture is not text', () => {
  expect(
    textOfPixels(draw('a long line with one \u{1f600} in it, as it may be'.replace('\u{1f600}', '\u0001')), font),
  ).toBe('a long line with one \ufffd in it, as it may be');
  expect(textOfPixels(draw('\u0001\u0001\u0001 ab'), font)).toBeUndefined();
  expect(textOfPixels(draw('     '), font)).toBeUndefined();
});

test('text is read from the memory of a VGA', () => {
  const memory = Buffer.alloc(4000);
  for (const [index, byte] of [...Buffer.from('login: \xc4\xc4', 'latin1')].entries()) memory[160 + index * 2] = byte;
  expect(textOfMemory(memory)).toBe('\nlogin: ──');
});

test('a part of a screen, cut at its border', () => {
  expect(textOfPixels(crop(draw('AAA b'), { x: 32, y: 0, width: 100, height: 100 }), font)).toBe('b');
});
