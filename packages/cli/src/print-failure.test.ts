import { KickstartError } from '@phyllome/flattener';
import { expect, test } from 'vitest';
import { CliError } from './errors.ts';
import { Interrupted } from './interrupt.ts';
import { asksForJson, errorDocument } from './print-failure.ts';

test.each<[string, boolean]>([
  ['lint --json', true],
  ['lint --format json', true],
  ['lint --format=json', true],
  ['lint --format sarif', false],
  ['lint --format', false],
  ['shell -- ls --json', false],
  ['flatten ldhi', false],
])('phyllome %s asks for JSON: %s', (line, asks) => {
  expect(asksForJson(line.split(' '))).toBe(asks);
});

test('the errors of several leaves are in the document of what they amount to', () => {
  const one = new KickstartError('KS_CONFLICT', 'x', { hint: 'y', diagnostics: [] });
  const all = new CliError('FLAT_BROKEN', '2 of 3', { hint: 'fix them', failures: [one, one] });
  expect(errorDocument(all)).toEqual({
    code: 'FLAT_BROKEN',
    message: '2 of 3',
    hint: 'fix them',
    exitCode: 1,
    errors: Array.from({ length: 2 }, () => ({
      code: 'KS_CONFLICT',
      message: 'x',
      hint: 'y',
      exitCode: 1,
      diagnostics: [],
    })),
  });
});

test.each<[Error, string, number]>([
  [new Interrupted('SIGTERM'), 'INTERRUPTED', 143],
  [new TypeError('a mistake of ours'), 'UNEXPECTED', 1],
  [Object.assign(new Error('x'), { code: 'ENOSPC', syscall: 'write' }), 'ENOSPC', 3],
])('%s has the code %s', (error, code, exitCode) => {
  expect(errorDocument(error)).toMatchObject({ code, exitCode });
});
