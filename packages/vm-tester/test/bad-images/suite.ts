import { beforeAll, describe, expect, test } from 'vitest';
import { goodIso } from '../good-iso.ts';
import { difference, judgeBadImage } from './judge.ts';
import type { BadImage } from './table.ts';

/** A test for each of these images. The whole table, with its bounds in time, is bench/vm/bad-images.ts. */
export function testBadImages(images: readonly BadImage[]): void {
  describe('a variant of a good image gets the verdict that it deserves', () => {
    let good = '';
    beforeAll(async () => {
      good = await goodIso();
    });

    test.each(images)('$name', async (image) => {
      const { verdict } = await judgeBadImage(good, image);
      expect(difference(image, verdict)).toBeUndefined();
    });
  });
}
