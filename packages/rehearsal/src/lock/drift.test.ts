import { describe, expect, test } from 'vitest';
import { describeDrift, driftOf, lockChanges } from './drift.ts';
import { formatLock, type Pin } from './lock-file.ts';

const pins: Pin[] = [
  { name: 'apt', version: '1', sha256: 'a'.repeat(64) },
  { name: 'bash', version: '1', sha256: 'b'.repeat(64) },
];

describe('driftOf', () => {
  test('is nothing where every package is as locked, whatever else is locked', () => {
    expect(driftOf(pins, [{ name: 'bash', version: '1' }])).toEqual({ changed: [], unlocked: [] });
  });

  test('tells other versions from packages that are not locked', () => {
    const packages = [
      { name: 'apt', version: '2' },
      { name: 'zsh', version: '1' },
    ];
    const drift = driftOf(pins, packages);
    expect(drift).toEqual({ changed: [{ name: 'apt', locked: '1', installed: '2' }], unlocked: ['zsh'] });
    expect(describeDrift(drift)).toEqual(['apt 2, locked is 1', 'zsh is not locked']);
    expect(describeDrift(drift, 1)).toEqual(['apt 2, locked is 1', 'and 1 more']);
  });
});

test('lockChanges tells what is new, gone and otherwise', () => {
  const sha256 = 'c'.repeat(64);
  const after = formatLock([
    { name: 'apt', version: '2', sha256 },
    { name: 'zsh', version: '1', sha256 },
  ]);
  expect(lockChanges(formatLock(pins), after)).toEqual([
    { name: 'apt', from: '1', to: '2' },
    { name: 'bash', from: '1', to: undefined },
    { name: 'zsh', from: undefined, to: '1' },
  ]);
  expect(lockChanges(after, after)).toEqual([]);
});
