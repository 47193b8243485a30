import { expect, test } from 'vitest';
import { parseBootTime, parseUnits } from './units.ts';

test('units as `systemctl show` prints several of them', () => {
  const text = `Id=a.service
Description=What a = b means
LoadState=loaded
ActiveState=failed
SubState=failed
Result=exit-code
NRestarts=2

Job=42
Id=b.service
LoadState=not-found
ActiveState=inactive
SubState=dead
`;
  expect(parseUnits(text)).toEqual([
    {
      name: 'a.service',
      description: 'What a = b means',
      load: 'loaded',
      active: 'failed',
      sub: 'failed',
      result: 'exit-code',
      job: false,
      restarts: 2,
    },
    {
      name: 'b.service',
      description: '',
      load: 'not-found',
      active: 'inactive',
      sub: 'dead',
      result: '',
      job: true,
      restarts: 0,
    },
  ]);
});

test('the stages of a boot with firmware and initrd, and of one with neither', () => {
  expect(
    parseBootTime(times({ Firmware: 5e6, Loader: 2e6, InitRD: 3e6, Userspace: 10e6, Finish: 20_500_000 })),
  ).toEqual({ firmwareMs: 3000, loaderMs: 2000, kernelMs: 3000, initrdMs: 7000, userspaceMs: 10_500, totalMs: 20_500 });
  expect(parseBootTime(times({ Firmware: 0, Loader: 0, InitRD: 0, Userspace: 4e6, Finish: 6e6 }))).toEqual({
    kernelMs: 4000,
    userspaceMs: 2000,
    totalMs: 6000,
  });
});

function times(values: Record<string, number>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}TimestampMonotonic=${value}`)
    .join('\n');
}
