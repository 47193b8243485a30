import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exitCodeOf } from './exit-codes.ts';
import { explain } from './explain.ts';
import { systemRefusal } from './system-error.ts';

function failureOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

test('what a path does not allow is explained in words, without a stack, and is not called a bug', () => {
  const directory = failureOf(() => readFileSync(import.meta.dirname));
  expect(explain(directory, undefined)).toBe('error[EISDIR] cannot read: it is a directory\n  hint: name a file');
  expect(exitCodeOf(directory)).toBe(2);
  const below = failureOf(() => readFileSync(`${import.meta.filename}/x`));
  expect(explain(below, undefined)).toBe(
    `error[ENOTDIR] cannot open ${import.meta.filename}/x: a part of the path is a file, not a directory\n  hint: name a path that can be`,
  );
  expect(exitCodeOf(below)).toBe(2);
});

test("a full disk is the machine's fault", () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
  expect(explain(full, undefined)).toContain('error[ENOSPC] cannot write: no space left on the disk');
  expect(exitCodeOf(full)).toBe(3);
});

test('a file that should be there, and is not, stays an unexpected error', () => {
  const gone = failureOf(() => readFileSync('/nonexistent/x'));
  expect(systemRefusal(gone)).toBeUndefined();
  expect(explain(gone, undefined)).toContain('unexpected error');
  expect(exitCodeOf(gone)).toBe(1);
});
