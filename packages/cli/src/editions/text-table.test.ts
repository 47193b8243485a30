import { expect, test } from 'vitest';
import { fittingTable } from './text-table.ts';

const rows = [
  ['LEAF', 'WHAT', 'VERDICT'],
  ['ldhi', 'live desktop hypervisor for Intel', ''],
  ['ls', 'live server', 'bios accepted'],
];

test('where it fits, a table is a table', () => {
  const table = fittingTable(rows, 58);
  expect(table.split('\n')).toHaveLength(3);
  expect(table).toBe(fittingTable(rows, Infinity));
});

test('where it does not, its rows are blocks that do', () => {
  const text = fittingTable(rows, 40);
  expect(text).toBe(
    [
      'ldhi',
      '  what     live desktop hypervisor for',
      '           Intel',
      'ls',
      '  what     live server',
      '  verdict  bios accepted',
    ].join('\n'),
  );
});
