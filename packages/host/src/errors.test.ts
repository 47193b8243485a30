import { expect, test } from 'vitest';
import { firstError } from './errors.ts';

test('what failed first is found behind the clean-ups that failed after it', () => {
  const [first, second, third] = ['first', 'second', 'third'].map((name) => new Error(name));
  const both = new SuppressedError(second, first);
  expect(firstError(new SuppressedError(third, both))).toBe(first);
  // What stands in for the class where there is none: Node 22.
  const like = Object.assign(new Error('both'), { name: 'SuppressedError', error: second, suppressed: first });
  expect(firstError(like)).toBe(first);
  expect(firstError(third)).toBe(third);
  expect(firstError(Object.assign(new Error('other'), { suppressed: first }))).not.toBe(first);
  expect(firstError('no error')).toBe('no error');
});
