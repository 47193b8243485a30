import { describe, expect, test } from 'vitest';
import { aptPreferences, formatLock, LockFileError, parseLock, type Pin } from './lock-file.ts';

const pin = (name: string, version: string): Pin => ({ name, version, sha256: 'a'.repeat(64) });

describe('the lock file', () => {
  test('reads back what it was written of, sorted by name', () => {
    const pins = [pin('zstd', '1.5.7+dfsg-1'), pin('apt', '3.0.4'), pin('libc6', '1:2.41~rc-12+deb13u5')];
    expect(parseLock(formatLock(pins))).toEqual([pins[1], pins[2], pins[0]]);
  });

  test.each(['apt', 'apt 3.0.4', 'apt 3.0.4 abc', 'apt  3.0.4 ' + 'a'.repeat(64)])(
    'does not take %j for a pin',
    (line) => {
      expect(() => parseLock(`# comment\n\n${line}\n`)).toThrow(LockFileError);
      expect(() => parseLock(`# comment\n\n${line}\n`)).toThrow('line 3');
    },
  );
});

test("is written in apt's language, before any other version", () => {
  expect(aptPreferences([pin('apt', '3.0.4')])).toBe('Package: apt\nPin: version 3.0.4\nPin-Priority: 1001\n');
});
