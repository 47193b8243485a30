import { testBadImages } from '../bad-images/suite.ts';
import { BAD_IMAGES } from '../bad-images/table.ts';

// The others run every night.
testBadImages(BAD_IMAGES.filter((image) => image.representative));
