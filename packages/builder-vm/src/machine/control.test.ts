import { expect, test } from 'vitest';
import { parseControl } from './control.ts';

test.each([
  ['started', { type: 'started' }],
  ['full', { type: 'full' }],
  ['size 12', { type: 'size', bytes: 12 }],
  ['size ', { type: 'size', bytes: undefined }],
  ['exit 0 5242880', { type: 'exit', status: 0, bytes: 5_242_880 }],
  ['exit 137 0', { type: 'exit', status: 137, bytes: 0 }],
  ['error the inputs cannot be read', { type: 'error', what: 'the inputs cannot be read' }],
])('%s', (line, message) => {
  expect(parseControl(line)).toEqual(message);
});

test.each([
  '',
  'exit',
  'exit 0',
  'exit 0 -1',
  'exit 0 1e9',
  'exit 0 9999999999999999',
  'exit 0 1 2',
  'size x',
  'error ',
])('"%s" is nothing that it says', (line) => {
  expect(parseControl(line)).toBeUndefined();
});
