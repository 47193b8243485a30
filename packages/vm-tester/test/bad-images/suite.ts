import { beforeAll, describe, expect, test } from 'vitest';
import { goodIso } from '../good-iso.ts';
import { difference, judgeBadImage, LARGEST_REPORT } from './judge.ts';
import type { BadImage } from './table.ts';

/** A test for each of these images. The whole table, with its bounds in time, is bench/vm/bad-images.ts. */
export function testBadImages(images: readonly BadImage[]): void {
  describe('a variant of a good image gets the verdict that it deserves', () => {
    let good = '';
    beforeAll(async () => {
      good = await goodIso();
    });

    test.each(images)('$name', async (image) => {
      const { verdict, reportBytes } = await judgeBadImage(good, image);
      expect(difference(image, verdict)).toBeUndefined();
      expect(reportBytes).toBeLessThan(LARGEST_REPORT);
    });
  });
}
