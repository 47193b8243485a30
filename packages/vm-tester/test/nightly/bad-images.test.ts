import { beforeAll, describe, expect, test } from 'vitest';
import { difference, judgeBadImage } from '../bad-images/judge.ts';
import { BAD_IMAGES } from '../bad-images/table.ts';
import { goodIso } from '../good-iso.ts';

// The rest of the table: the default test suite has the representative ones.
const others = BAD_IMAGES.filter((image) => image.representative !== true);

describe('a variant of a good image gets the verdict that it deserves', () => {
  let good = '';
  beforeAll(async () => {
    good = await goodIso();
  });

  test.each(others)('$name', async (image) => {
    const { verdict } = await judgeBadImage(good, image);
    expect(difference(image, verdict)).toBeUndefined();
  });
});
