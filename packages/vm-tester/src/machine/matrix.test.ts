import { expect, test } from 'vitest';
import { defineMatrix } from './matrix.ts';

test('every combination once, with a name of its own', () => {
  const rows = defineMatrix('a.iso', { firmware: ['bios', 'uefi'], cpus: [1, 2], media: ['cdrom', 'usb'] });
  expect(rows).toHaveLength(8);
  expect(new Set(rows.map(({ name }) => name)).size).toBe(8);
  expect(rows[0]).toEqual({
    name: 'bios, 1 CPU, cdrom',
    firmware: 'bios',
    cpus: 1,
    image: { iso: 'a.iso', as: 'cdrom' },
  });
  expect(rows[7]).toEqual({ name: 'uefi, 2 CPUs, usb', firmware: 'uefi', cpus: 2, image: { iso: 'a.iso', as: 'usb' } });
});

test('what does not vary is left to the defaults', () => {
  expect(defineMatrix('a.iso', {})).toEqual([{ name: '', image: { iso: 'a.iso' } }]);
});
