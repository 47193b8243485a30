import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { matchNeedle } from './match.ts';
import { readNeedles, toPng } from './needle.ts';
import type { Needle } from './needle.ts';
import type { Screen } from './screen.ts';

interface Box {
  x: number;
  y: number;
  stripe?: number;
}

/** A grey screen; a striped box in it, whose stripes tell one box from another. */
function screenWith(shown: Box | undefined, { width = 160, height = 120 } = {}): Screen {
  const screen = { width, height, pixels: Buffer.alloc(width * height * 3, 60) };
  if (shown) stripes(screen, shown);
  return screen;
}

function stripes({ pixels, width }: Screen, { x, y, stripe = 5 }: Box): void {
  for (let row = 0; row < 20; row++) {
    for (let column = 0; column < 40; column++) {
      const at = ((y + row) * width + x + column) * 3;
      pixels.fill(Math.floor((column + row) / stripe) % 2 === 0 ? 230 : 20, at, at + 3);
    }
  }
}

const box: Needle = {
  name: 'box',
  tags: ['box'],
  picture: screenWith({ x: 50, y: 40 }),
  areas: [{ x: 48, y: 38, width: 44, height: 24, match: 96, margin: 20 }],
  excluded: [],
};

test('it matches where it was, and where it moved to within its margin', () => {
  expect(matchNeedle(box, box.picture)).toMatchObject({ matched: true, similarity: 100 });
  expect(matchNeedle(box, screenWith({ x: 63, y: 27 }))).toMatchObject({
    matched: true,
    similarity: 100,
    areas: [{ x: 61, y: 25 }],
  });
});

test.each([
  ['it moved too far', screenWith({ x: 100, y: 40 })],
  ['something else is there', screenWith({ x: 50, y: 40, stripe: 3 })],
  ['nothing is there', screenWith(undefined)],
  ['the screen is too small for it', screenWith(undefined, { width: 40, height: 10 })],
])('it does not match when %s', (_, screen) => {
  expect(matchNeedle(box, screen)).toMatchObject({ matched: false });
});

test('an area without shapes is recognised by its brightness', () => {
  const flat = { ...box, areas: [{ x: 0, y: 0, width: 20, height: 20, match: 96, margin: 0 }] };
  expect(matchNeedle(flat, screenWith(undefined)).matched).toBe(true);
  expect(matchNeedle(flat, { ...screenWith(undefined), pixels: Buffer.alloc(160 * 120 * 3, 200) }).matched).toBe(false);
});

test('what is in an excluded area does not count', () => {
  const other = screenWith({ x: 50, y: 40 });
  for (let row = 45; row < 55; row++) other.pixels.fill(128, (row * 160 + 55) * 3, (row * 160 + 75) * 3);
  expect(matchNeedle(box, other).matched).toBe(false);
  expect(matchNeedle({ ...box, excluded: [{ x: 55, y: 45, width: 20, height: 10 }] }, other).matched).toBe(true);
});

test('needles are read from a directory, and one that makes no sense says why', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-needles-'));
  const area = { type: 'match', xpos: 48, ypos: 38, width: 44, height: 24 };
  const write = (json: unknown) => writeFile(join(directory.path, 'box.json'), JSON.stringify(json));
  const codeOf = () => readNeedles(directory.path).catch((error: unknown) => String(error));

  await write({ tags: ['box'], area: [area, { ...area, type: 'exclude' }] });
  expect(await codeOf()).toContain('box.png cannot be read');
  await writeFile(join(directory.path, 'box.png'), toPng(box.picture));
  expect(await readNeedles(directory.path)).toEqual([
    { ...box, areas: [{ ...box.areas[0], margin: 50 }], excluded: [{ x: 48, y: 38, width: 44, height: 24 }] },
  ]);
  await write({ tags: ['box'], area: [{ ...area, xpos: 150 }] });
  expect(await codeOf()).toContain('150,38 is not within the picture');
  await write({ tags: ['box'], area: [{ ...area, type: 'exclude' }] });
  expect(await codeOf()).toContain('no area is of type match');
  await write({ area: [area] });
  expect(await codeOf()).toContain('it needs tags');
  await expect(readNeedles(join(directory.path, 'none'))).rejects.toMatchObject({ code: 'NEEDLE_INVALID' });
});
