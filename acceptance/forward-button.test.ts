import { expect, test } from 'vitest';
import { forwardButton } from './forward-button.ts';

/** A white screen with a rectangle of 60 × 30 pixels in it. */
function screenWith(colour: readonly [number, number, number], top: number) {
  const [width, height] = [640, 480];
  const pixels = Buffer.alloc(width * height * 3, 255);
  for (let y = top; y < top + 30; y++) for (let x = 500; x < 560; x++) pixels.set(colour, (y * width + x) * 3);
  return { width, height, pixels };
}

test.each([
  ['ready', [53, 132, 228], 40],
  ['incomplete', [154, 193, 241], 40],
  // No button of this kind, and none in the header bar.
  [undefined, [224, 27, 36], 40],
  [undefined, [53, 132, 228], 300],
] as const)('%s', (state, colour, top) => {
  expect(forwardButton(screenWith(colour, top))).toBe(state);
});
