import { describe, expect, test } from 'vitest';
import { STILL_SHARE, countColours, differingShare, isBlank, parsePpm } from './screen.ts';
import type { Screen } from './screen.ts';

const image = Buffer.concat([Buffer.from('P6\n2 2\n255\n'), Buffer.from([0, 0, 0, 255, 0, 0, 0, 0, 0, 10, 10, 10])]);

test('a PPM image is read by its header', () => {
  const screen = parsePpm(image);
  expect([screen.width, screen.height, countColours(screen)]).toEqual([2, 2, 3]);
});

test.each([image.subarray(0, -1), Buffer.from('P5\n1 1\n255\n\0'), Buffer.alloc(0)])('%# is no image', (bytes) => {
  expect(() => parsePpm(bytes)).toThrow(TypeError);
});

/** A black screen, with white pixels. */
function black(width: number, height: number, ...white: number[]): Screen {
  const pixels = Buffer.alloc(width * height * 3);
  for (const pixel of white) pixels.fill(0xff, pixel * 3, pixel * 3 + 3);
  return { width, height, pixels };
}

describe('two screens', () => {
  test('differ by the share of their pixels, and wholly in size', () => {
    expect(differingShare(black(10, 10), black(10, 10))).toBe(0);
    expect(differingShare(black(10, 10, 1, 2), black(10, 10, 2, 3))).toBe(0.02);
    expect(differingShare(black(10, 10), black(10, 20))).toBe(1);
  });

  test('that differ by a blinking cursor stand still', () => {
    const cursor = Array.from({ length: 8 * 2 }, (_, index) => index); // two rows of a cell
    expect(differingShare(black(720, 400), black(720, 400, ...cursor))).toBeLessThan(STILL_SHARE);
  });

  test('are blank in any one colour', () => {
    expect([isBlank(black(2, 2)), isBlank(black(2, 2, 0, 1, 2, 3)), isBlank(black(2, 2, 3))]).toEqual([
      true,
      true,
      false,
    ]);
    expect(isBlank({ width: 1, height: 2, pixels: Buffer.from([1, 2, 3, 1, 2, 3]) })).toBe(true);
  });
});
