import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownUid, ownUserName } from './own-user.ts';

test('the user of this process', () => {
  expect(ownUid()).toBe(process.getuid?.());
  expect(ownUserName()).not.toBe('');
});

test.skipIf(process.getuid?.() !== 0)('one that no database knows is called by its id', () => {
  const module = JSON.stringify(join(import.meta.dirname, 'own-user.ts'));
  const program = `
    process.setgid(54321);
    process.setuid(54321);
    const { ownUid, ownUserName } = await own;
    console.log(ownUid(), ownUserName());`;
  // Loaded before: that user may not be able to read it.
  const argv = ['--input-type=module', '--eval', `const own = import(${module}); await own;${program}`];
  expect(execFileSync(process.execPath, argv, { encoding: 'utf8' })).toBe('54321 54321\n');
});
