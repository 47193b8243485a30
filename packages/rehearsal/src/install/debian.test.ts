import { describe, expect, test } from 'vitest';
import { reasonsIn } from './debian.ts';

describe('reasonsIn', () => {
  test('keeps the errors, each once', () => {
    const error = "E: Failed to fetch … Temporary failure resolving 'mirror'";
    expect(reasonsIn(['Get:1 …', error, 'W: gpg', error, 'E: mmdebstrap failed to run'])).toEqual([error]);
  });

  test('says once what a program of a hook ran out of', () => {
    const ended = 'E: command failed: mkdir -p "$1/var/cache/apt/archives"';
    const full = "cp: error writing '/target/var/cache/apt/archives/apt_3.0.3_amd64.deb': No space left on device";
    const other = full.replace('apt_3.0.3', 'bash_5.2');
    expect(reasonsIn(['I: running --setup-hook', full, other, ended])).toEqual([full, ended]);
    expect(reasonsIn(['I: running --setup-hook', ended])).toEqual([ended]);
  });

  test('falls back to the last lines', () => {
    expect(reasonsIn(['one', 'two'])).toEqual(['one', 'two']);
  });
});
