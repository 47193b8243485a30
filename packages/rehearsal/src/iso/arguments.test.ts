import { describe, expect, test } from 'vitest';
import { volumeId } from './image.ts';
import { dracutArguments } from './initramfs.ts';
import { compressionArguments } from './squashfs.ts';

describe('dracutArguments', () => {
  test('makes an initramfs for every machine by default', () => {
    expect(dracutArguments([])).toEqual(expect.arrayContaining(['--no-hostonly', 'dmsquash-live']));
  });

  test('has all its defaults replaced by a single argument, split once', () => {
    expect(dracutArguments(['--xz', '--add "livenet dmsquash-live"'])).toEqual([
      '--xz',
      '--add',
      'livenet dmsquash-live',
    ]);
  });

  test('has all its defaults replaced by a file of them', () => {
    expect(dracutArguments([], '/etc/own.conf')).toEqual(['--conf', '/etc/own.conf']);
  });
});

describe('compressionArguments', () => {
  test("has lorax's default for xz only", () => {
    expect(compressionArguments('xz', [])).toEqual(['-comp', 'xz', '-Xbcj', 'x86']);
    expect(compressionArguments('zstd', [])).toEqual(['-comp', 'zstd']);
  });

  test('splits an argument once', () => {
    expect(compressionArguments('zstd', ['-Xcompression-level 3'])).toEqual([
      '-comp',
      'zstd',
      '-Xcompression-level',
      '3',
    ]);
  });
});

describe('volumeId', () => {
  test('is made of project and release, cut to what fits', () => {
    expect(volumeId(undefined, 'Phyllome OS', '44')).toBe('Phyllome-OS-44-x86_64');
    expect(volumeId(undefined, 'x'.repeat(40), '44')).toHaveLength(32);
  });
});
