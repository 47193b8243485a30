import { chmodSync, mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findProgram } from './programs.ts';

test('the first executable file of that name is the program', () => {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'programs-'));
  const [first, second] = [join(directory.path, 'first'), join(directory.path, 'second')];
  for (const each of [first, second]) mkdirSync(each);
  const env = { PATH: `:.:relative:${first}:${second}` };
  expect(findProgram('tool', env)).toBeUndefined();
  writeFileSync(join(second, 'tool'), '#!/bin/sh\n');
  expect(findProgram('tool', env)).toBeUndefined();
  chmodSync(join(second, 'tool'), 0o755);
  expect(findProgram('tool', env)).toBe(join(second, 'tool'));
  // A directory may be entered, which is the same permission, and is not a program.
  mkdirSync(join(first, 'tool'));
  expect(findProgram('tool', env)).toBe(join(second, 'tool'));
});

test('without a PATH there is no program', () => {
  expect(findProgram('sh', {})).toBeUndefined();
  expect(findProgram('sh', { PATH: '' })).toBeUndefined();
});

test('programs for administrators are found where the PATH leaves them out', () => {
  const program = findProgram('ldconfig', {}, { administrators: true });
  expect(program).toMatch(/^\/(?:usr\/)?sbin\/ldconfig$/u);
});
