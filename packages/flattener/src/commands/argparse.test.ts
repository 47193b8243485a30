import { describe, expect, test } from 'vitest';

import type { OptionSpec } from '../commands/table.ts';
import { splitWords } from '../words.ts';
import { parseArguments, parseKnownArguments } from './argparse.ts';

const SPECS: readonly OptionSpec[] = [
  { flags: [], dest: 'name', nargs: 1, positional: true, required: true },
  { flags: [], dest: 'members', nargs: '*', positional: true, required: true },
  { flags: ['--size'], dest: 'size', type: 'int' },
  { flags: ['--grow'], dest: 'grow', action: 'store_true' },
  { flags: ['--group', '--groups'], dest: 'groups', type: 'commaSplit' },
  { flags: ['--noformat'], dest: 'format', action: 'store_false', default: true },
  { flags: ['--key'], dest: 'keys', action: 'append' },
  { flags: ['--reformat'], dest: 'reformat', nargs: '?', default: false },
  { flags: ['--mode'], dest: 'mode', choices: ['fast', 'slow'] },
];

function read(line: string) {
  const { values, rest } = parseKnownArguments({ name: 'test', release: 'F44' }, SPECS, splitWords(line).words);
  return { ...Object.fromEntries(values), rest: rest.map((word) => word.value) };
}

describe('parseKnownArguments', () => {
  test.each([
    ['vg --size=1_000', { size: 1000n }],
    ['vg --size 5', { size: 5n }],
    ['vg --size -5', { size: -5n }],
    ['vg --siz=7', { size: 7n }],
    ['vg --groups=a,,b', { groups: ['a', 'b'] }],
    ['vg --noformat', { format: false }],
    ['vg --key=a --key b', { keys: ['a', 'b'] }],
    ['vg --reformat', { reformat: true }],
    ['vg --reformat=ext4', { reformat: 'ext4' }],
    ['vg --mode=--', { mode: [] }],
  ])('reads %s', (line, expected) => {
    expect(read(line)).toMatchObject(expected);
  });

  test('uses up an open positional argument, empty, before the first option', () => {
    expect(read('vg --grow a b')).toMatchObject({ name: ['vg'], members: [], rest: ['a', 'b'] });
    expect(read('--grow vg a b')).toMatchObject({ name: ['vg'], members: ['a', 'b'], rest: [] });
  });

  test('takes words behind -- for arguments', () => {
    expect(read('vg -- --grow')).toMatchObject({ grow: false, members: ['--grow'] });
  });

  test.each([
    ['vg --g', 'ambiguous option: --g could match --grow, --group, --groups'],
    ['vg --gr=x', 'ambiguous option: --gr=x could match --grow, --group, --groups'],
    ['vg --size=x', "argument --size: invalid int value: 'x'"],
    ['vg --size', 'argument --size: expected one argument'],
    ['vg --key -x', 'argument --key: expected one argument'],
    ['vg --grow=1', "argument --grow: ignored explicit argument '1'"],
    ['vg --mode=odd', "argument --mode: invalid choice: 'odd' (choose from 'fast', 'slow')"],
    ['--grow', 'the following arguments are required: name, members'],
  ])('refuses %s', (line, message) => {
    expect(() => read(line)).toThrow(expect.objectContaining({ pykickstart: message }));
  });

  test('points at the word that is wrong', () => {
    expect(() => read('vg --size=x')).toThrow(
      expect.objectContaining({ word: { value: '--size=x', start: 3, end: 11 } }),
    );
  });
});

describe('parseArguments', () => {
  test('refuses what nothing takes', () => {
    const { words } = splitWords('--bogus 1');
    expect(() => parseArguments({ name: 'test', release: 'F44' }, [], words)).toThrow(
      expect.objectContaining({
        code: 'KS_UNKNOWN_OPTION',
        message: 'test has no option --bogus',
        pykickstart: 'unrecognized arguments: --bogus 1',
      }),
    );
  });
});
