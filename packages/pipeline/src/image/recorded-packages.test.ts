import { expect, test } from 'vitest';
import { describeDifference, formatRecorded, parseRecorded, recordedFor, recordedPath } from './recorded-packages.ts';

const bash = { name: 'bash', version: '5.2.37-3.fc44', arch: 'x86_64' };
const kernel = { name: 'kernel', version: '6.12.8-200.fc44', arch: 'x86_64' };

test('a record is read back, sorted, each package once', () => {
  const text = formatRecorded([kernel, bash, kernel]);
  expect(parseRecorded(text, 'x.lock')).toEqual([bash, kernel]);
});

test.each(['bash', 'bash 1', 'bash 1 x86_64 more', 'bash $(id) x86_64'])('%j is no record', (line) => {
  expect(() => parseRecorded(`# x\n${line}\n`, 'x.lock')).toThrow(
    expect.objectContaining({ code: 'RECORD_INVALID', message: expect.stringContaining('x.lock:2') }),
  );
});

test('it is of the Fedora builder alone', () => {
  const readFile = (path: string) => (path === recordedPath('dhi', 'fedora') ? formatRecorded([bash]) : undefined);
  expect(recordedFor({ readFile }, 'dhi', { name: 'fedora' })?.packages).toEqual([bash]);
  expect(recordedFor({ readFile }, 'l', { name: 'fedora' })).toBeUndefined();
  expect(recordedFor({ readFile }, 'dhi', { name: 'rehearsal' })).toBeUndefined();
});

test('a build that is as recorded has nothing to report', () => {
  expect(describeDifference([bash, kernel], [bash, kernel, { ...kernel, version: kernel.version }])).toEqual([]);
});

test('a build of other packages reports what could not be reproduced', () => {
  const built = [
    { ...bash, version: '5.2.38-1.fc44' },
    { name: 'zsh', version: '5.9' },
  ];
  expect(describeDifference([bash, kernel], built)).toEqual([
    '3 packages are not those that were recorded, which the mirrors may no longer have:',
    '  bash 5.2.38-1.fc44, recorded is 5.2.37-3.fc44',
    '  kernel is not there, recorded is 6.12.8-200.fc44',
    '  zsh is not recorded',
  ]);
});
