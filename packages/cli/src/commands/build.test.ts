import type { Image } from '@phyllome/pipeline/record';
import { expect, test } from 'vitest';
import { buildSummary } from './build.ts';

const image: Image = {
  schema: 1,
  edition: 'dhi',
  name: 'phyllome-dhi-44-rehearsal.iso',
  size: 619 * 2 ** 20,
  sha256: 'a'.repeat(64),
  volid: 'Phyllome-dhi-44-rehearsal',
  profile: 'draft',
  rehearsal: true,
  kickstart: 'b'.repeat(64),
  builder: 'rehearsal',
  extraBootArgs: '',
};

const built = { at: new Date('2026-11-29T19:05:59.123Z'), durationMs: 754_000 };

test.each([
  ['built', 'built in 0:02'],
  ['kept', 'up to date: checked in 0:02, built 2026-11-29 19:05 UTC in 12:34'],
  ['store', 'linked from the image store in 0:02, built 2026-11-29 19:05 UTC in 12:34'],
  ['remote', 'fetched from the remote store in 0:02, built 2026-11-29 19:05 UTC in 12:34'],
] as const)('of an image that was %s the summary says so, with its times, place and what next', (how, line) => {
  const facts = { how, title: 'Phyllome OS', durationMs: 2000, built };
  const lines = buildSummary(image, 'dist/iso-dhi/x.iso', facts).split('\n');
  expect(lines[0]).toBe('dist/iso-dhi/x.iso');
  expect(lines).toContain(`  ${line}`);
  expect(lines).toContain('  619 MiB, volume Phyllome-dhi-44-rehearsal');
  expect(lines.at(-1)).toBe('  test it: pnpm nx test-vm iso-dhi');
});

test('without a manifest it says nothing of a build', () => {
  const facts = { how: 'kept', title: 'Phyllome OS', durationMs: 2000, built: undefined } as const;
  expect(buildSummary(image, 'x.iso', facts).split('\n')).toContain('  up to date: checked in 0:02');
});
