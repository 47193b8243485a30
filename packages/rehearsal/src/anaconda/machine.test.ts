import { expect, test } from 'vitest';
import { ejectScript, endingOf, opticalDrive } from './machine.ts';

function ending(...lines: string[]): string {
  const commands = lines.map((text, index) => {
    const [name = '', ...args] = text.split(' ');
    return { name, args, text, line: index + 1 };
  });
  const { action, eject } = endingOf(commands);
  return `${action}${eject ? ', and ejects' : ''}`;
}

test.each([
  [['reboot'], 'reboot'],
  [['reboot --eject'], 'reboot, and ejects'],
  [['poweroff --eject'], 'poweroff, and ejects'],
  [['shutdown'], 'poweroff'],
  [['halt --eject'], 'halt, and ejects'],
  [['reboot --eject', 'poweroff'], 'poweroff'],
  [[], 'halt'],
])('%j: %s', (lines, expected) => expect(ending(...lines)).toBe(expected));

test.each([
  ['/dev/sr0\n', '/dev/sr0'],
  ['/dev/sdb1', undefined],
  ['/dev/vda', undefined],
  ['', undefined],
])('a medium on %j is in the drive %s', (device, drive) => expect(opticalDrive(device)).toBe(drive));

test('the drive is asked, not the kernel, and the console told', () => {
  expect(ejectScript('/dev/sr1')).toMatch(/^#!\/bin\/sh\n.*eject --no-unmount --scsi \/dev\/sr1/u);
  expect(ejectScript('/dev/sr1')).toContain('>/dev/console');
});
