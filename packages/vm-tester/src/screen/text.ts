import { cp437 } from './code-page.ts';
import { GLYPH } from './console-font.ts';
import type { ConsoleFont } from './console-font.ts';
import type { Screen } from './screen.ts';

/** Pixels, from the upper left corner. */
export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The VGA's text memory: 80 columns, 25 rows, a character and its colours in two bytes. */
export const TEXT_MEMORY = { address: 0xb8000, columns: 80, rows: 25, bytes: 80 * 25 * 2 } as const;

/** Is it the picture of a VGA in its text mode, of 8 or 9 pixels a column and 16 a row? */
export function inTextMode({ width, height }: Screen): boolean {
  return height === TEXT_MEMORY.rows * GLYPH.height && (width === 640 || width === 720);
}

/** The rows of a VGA's text memory, without the blanks at their ends. */
export function textOfMemory(memory: Buffer): string {
  const { columns, rows } = TEXT_MEMORY;
  const lines = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) => cp437(memory[(row * columns + column) * 2] ?? 0x20))
      .join('')
      .trimEnd(),
  );
  return lines.join('\n').trimEnd();
}

/** Below this share of known glyphs a screen is not a text console. */
const MIN_KNOWN = 0.9;

/**
 * The text on a framebuffer console, read glyph by glyph: exact, where it succeeds. Undefined when what is there is no
 * text in this font. What is unknown on a text console is `\ufffd`.
 */
export function textOfPixels(screen: Screen, font: ConsoleFont): string | undefined {
  let known = 0;
  let unknown = 0;
  const lines: string[] = [];
  for (let y = 0; y + GLYPH.height <= screen.height; y += GLYPH.height) {
    let line = '';
    for (let x = 0; x + GLYPH.width <= screen.width; x += GLYPH.width) {
      const character = characterAt(screen, x, y, font);
      if (character === undefined) unknown++;
      else if (character !== ' ') known++;
      line += character ?? '\ufffd';
    }
    lines.push(line.trimEnd());
  }
  if (known === 0 || known / (known + unknown) < MIN_KNOWN) return undefined;
  return lines.join('\n').trimEnd();
}

/** One cell has two colours, and either may be the background. */
function characterAt({ pixels, width }: Screen, x: number, y: number, font: ConsoleFont): string | undefined {
  const first = pixels.readUIntBE((y * width + x) * 3, 3);
  let second: number | undefined;
  const rows = Buffer.alloc(GLYPH.height);
  for (let row = 0; row < GLYPH.height; row++) {
    for (let column = 0; column < GLYPH.width; column++) {
      const colour = pixels.readUIntBE(((y + row) * width + x + column) * 3, 3);
      if (colour === first) continue;
      if (second !== undefined && colour !== second) return undefined;
      second = colour;
      rows[row] = (rows[row] ?? 0) | (0x80 >> column);
    }
  }
  if (second === undefined) return ' ';
  return font.get(rows.toString('hex')) ?? font.get(Buffer.from(rows.map((byte) => ~byte & 0xff)).toString('hex'));
}

/** The part of a screen inside a rectangle. */
export function crop(screen: Screen, { x, y, width, height }: Rect): Screen {
  const rows = Array.from({ length: Math.max(0, Math.min(height, screen.height - y)) }, (_, row) => {
    const start = ((y + row) * screen.width + x) * 3;
    return screen.pixels.subarray(start, start + Math.min(width, screen.width - x) * 3);
  });
  return { width: Math.min(width, screen.width - x), height: rows.length, pixels: Buffer.concat(rows) };
}
