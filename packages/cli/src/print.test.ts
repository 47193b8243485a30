import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** What writes to an output: `up --serial` hands out the guest's own terminal. */
const elsewhere = ['commands/up.ts', 'print.ts'];

test('nothing but print.ts writes to the terminal', () => {
  const files = globSync('**/*.ts', { cwd: import.meta.dirname }).filter((name) => !name.endsWith('.test.ts'));
  const writing = files.filter((name) =>
    /std(?:out|err)\.write|console\.(?:log|error|warn|info)/u.test(
      readFileSync(join(import.meta.dirname, name), 'utf8'),
    ),
  );
  expect(writing.toSorted()).toEqual(elsewhere);
});
