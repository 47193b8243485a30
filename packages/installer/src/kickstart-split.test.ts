import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { numberOfScript, scriptAt, scriptsOf, splitKickstart } from './kickstart-split.ts';

const recorded = (name: string): ReturnType<typeof splitKickstart> =>
  splitKickstart(
    readFileSync(join(import.meta.dirname, '../test/recorded/anaconda-44', name, 'kickstart.cfg'), 'utf8'),
  );

test('the line that anaconda reported is that of the script which failed', () => {
  expect(scriptAt(recorded('post-fails'), 15, 'module')).toMatchObject({ name: 'post', line: 48 });
  expect(scriptAt(recorded('pre-fails'), 70, 'file')).toMatchObject({ name: 'pre', line: 70 });
});

const everything = splitKickstart(
  [
    '# a comment',
    'lang en_US',
    'reboot',
    '',
    '%pre',
    'true',
    '%end',
    'eula --agreed',
    '%packages',
    'post',
    '%end',
    '  %post --nochroot',
    '# kept: it is part of the script',
    '',
    'echo %post',
    '%end   ',
    '%addon a',
    '%end',
    '%pre-install',
    '%end',
    '%onerror',
    'never closed',
  ].join('\r\n'),
);

test('every script is found by the number that anaconda gives it', () => {
  expect(scriptsOf(everything).map(({ name, line }) => [name, line, numberOfScript(everything, line)])).toEqual([
    ['pre', 5, 5],
    ['post', 12, 3],
    ['pre-install', 19, 8],
    ['onerror', 21, 10],
  ]);
  for (const { name, line } of scriptsOf(everything)) {
    const number = numberOfScript(everything, line) ?? 0;
    expect(scriptAt(everything, number, name === 'pre' ? 'file' : 'module')?.line).toBe(line);
  }
});

test("a number that is nobody's header leads nowhere", () => {
  expect(scriptAt(everything, 4, 'module')).toBeUndefined();
  expect(scriptAt(everything, 1000, 'unknown')).toBeUndefined();
});
