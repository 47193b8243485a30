import { expect, test } from 'vitest';
import { LogNames, logLimits } from './log-files.ts';

function placed(...names: string[]): (string | undefined)[] {
  const logs = new LogNames();
  return names.map((name) => logs.place(name, 1)?.join('/'));
}

test("a builder's logs keep their names", () => {
  expect(placed('livemedia.log', 'program.log', 'anaconda/anaconda.log', 'anaconda/dnf.librepo.log')).toEqual([
    'livemedia.log',
    'program.log',
    'anaconda/anaconda.log',
    'anaconda/dnf.librepo.log',
  ]);
});

test.each([
  [
    'ours are never overwritten',
    ['console.log', 'events.jsonl', 'CONSOLE.log', 'x/console.log'],
    ['console.log~2', 'events.jsonl~2', 'CONSOLE.log~3', 'x/console.log'],
  ],
  ['a folder with the name of one of ours', ['console.log/x'], ['console.log~2/x']],
  ['a file, and a folder of its name', ['a', 'a/b', 'a/c'], ['a', 'a~2/b', 'a~2/c']],
  ['a folder, and a file of its name', ['a/b', 'a'], ['a/b', 'a~2']],
  ['the same name twice', ['a', 'a', 'A'], ['a', 'a~2', 'A~3']],
  ['a name that is too long', ['x'.repeat(300)], ['x'.repeat(logLimits.name)]],
  ['letters of four bytes', ['𝒳'.repeat(300)], ['𝒳'.repeat(logLimits.name / 4)]],
  [
    'what a terminal or a shell obeys',
    ['a\u001B]0;x\u0007', '-rf', '.ssh', 'a b;c'],
    ['a__0_x_', '_rf', '_ssh', 'a_b_c'],
  ],
  ['a way out', ['../../etc/passwd', 'a/../../b'], [undefined, undefined]],
  ['folders without end', ['a/'.repeat(40) + 'b'], [undefined]],
])('%s', (_what, names, expected) => {
  expect(placed(...names)).toEqual(expected);
});

test('their number and size have limits, which are reported', () => {
  const logs = new LogNames();
  for (let n = 0; n < logLimits.files + 3; n += 1) logs.place(`${n}`, 1);
  expect([...logs.remarks]).toEqual([[`are more than ${logLimits.files}: they are left out`, 3]]);
  const large = new LogNames();
  expect(large.place('x', logLimits.fileBytes + 1)).toBeUndefined();
  for (let n = 0; n < 4; n += 1) expect(large.place(`${n}`, logLimits.fileBytes)).toBeDefined();
  expect(large.place('more', 1)).toBeUndefined();
});
