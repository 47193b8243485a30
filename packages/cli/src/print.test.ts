import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** `up --serial` and `shell` hand over the guest's own terminal: that is what they are for. */
const elsewhere = ['commands/shell.ts', 'commands/up.ts', 'print.ts'];

test('nothing but print.ts writes to the terminal', () => {
  const files = globSync('**/*.ts', { cwd: import.meta.dirname }).filter((name) => !name.endsWith('.test.ts'));
  const writing = files.filter((name) =>
    /std(?:out|err)\.write|writeSync\(|console\.(?:log|error|warn|info)/u.test(
      readFileSync(join(import.meta.dirname, name), 'utf8'),
    ),
  );
  expect(writing.toSorted()).toEqual(elsewhere);
});
