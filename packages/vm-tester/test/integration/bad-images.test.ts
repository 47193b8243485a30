import { beforeAll, describe, expect, test } from 'vitest';
import { difference, judgeBadImage } from '../bad-images/judge.ts';
import { BAD_IMAGES } from '../bad-images/table.ts';
import { goodIso } from '../good-iso.ts';

// The others run every night; the whole table, with its bounds in time, is bench/vm/bad-images.ts.
const representative = BAD_IMAGES.filter((image) => image.representative);

describe('a variant of a good image gets the verdict that it deserves', () => {
  let good = '';
  beforeAll(async () => {
    good = await goodIso();
  });

  test.each(representative)('$name', async (image) => {
    const { verdict } = await judgeBadImage(good, image);
    expect(difference(image, verdict)).toBeUndefined();
  });
});
