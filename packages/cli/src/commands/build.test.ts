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

test.each([
  ['built', 'built in 12:34'],
  ['kept', 'not built, it was up to date: checked in 12:34'],
  ['store', 'not built, it was in the image store: linked in 12:34'],
  ['remote', 'not built, it was in the remote store: fetched in 12:34'],
] as const)('of an image that was %s the summary says so, with its time, place and what next', (how, line) => {
  const lines = buildSummary(image, 'dist/iso-dhi/x.iso', { how, title: 'Phyllome OS', durationMs: 754_000 }).split(
    '\n',
  );
  expect(lines[0]).toBe('dist/iso-dhi/x.iso');
  expect(lines).toContain(`  ${line}`);
  expect(lines).toContain('  619 MiB, volume Phyllome-dhi-44-rehearsal');
  expect(lines.at(-1)).toBe('  test it: pnpm nx test-vm iso-dhi');
});
