import { testBadImages } from '../bad-images/suite.ts';
import { BAD_IMAGES } from '../bad-images/table.ts';

// The default test suite has the representative ones.
testBadImages(BAD_IMAGES.filter((image) => image.representative !== true));
