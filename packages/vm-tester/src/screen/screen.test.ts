import { expect, test } from 'vitest';
import { countColours, parsePpm } from './screen.ts';

const image = Buffer.concat([Buffer.from('P6\n2 2\n255\n'), Buffer.from([0, 0, 0, 255, 0, 0, 0, 0, 0, 10, 10, 10])]);

test('a PPM image is read by its header', () => {
  const screen = parsePpm(image);
  expect([screen.width, screen.height, countColours(screen)]).toEqual([2, 2, 3]);
});

test.each([image.subarray(0, -1), Buffer.from('P5\n1 1\n255\n\0'), Buffer.alloc(0)])('%# is no image', (bytes) => {
  expect(() => parsePpm(bytes)).toThrow(TypeError);
});
