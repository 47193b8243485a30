import { describe, expect, it } from 'vitest';
import { reasonsIn } from './debian.ts';

describe('reasonsIn', () => {
  it('keeps the errors, each once', () => {
    const error = "E: Failed to fetch … Temporary failure resolving 'mirror'";
    expect(reasonsIn(['Get:1 …', error, 'W: gpg', error, 'E: mmdebstrap failed to run'])).toEqual([error]);
  });

  it('falls back to the last lines', () => {
    expect(reasonsIn(['one', 'two'])).toEqual(['one', 'two']);
  });
});
