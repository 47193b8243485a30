import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bootUninstrumented, withUninstrumented } from './uninstrumented.ts';
import type { Verdict } from './verdict.ts';

const accepted: Verdict = { status: 'accepted', milestones: {} };
const reasons = { phase: 'userspace', evidence: [], milestones: {} } as const;

test('an image that comes up only with our help is rejected, with what it lacked', () => {
  const verdict: Verdict = { status: 'rejected', cause: 'stalled', ...reasons, evidence: [] };
  expect(withUninstrumented(accepted, { verdict })).toMatchObject({
    status: 'rejected',
    cause: 'stalled',
    evidence: [{ detector: 'uninstrumented' }],
  });
});

test.each([
  [{ verdict: accepted }],
  [{ verdict: { status: 'inconclusive', cause: 'infra:qemu', ...reasons, evidence: [] } as Verdict }],
  [{ verdict: { status: 'rejected', cause: 'stalled', ...reasons, phase: 'shutdown', evidence: [] } as Verdict }],
  [{ skipped: 'no login' }],
])('else the run before it stands', (after) => {
  expect(withUninstrumented(accepted, after)).toBe(accepted);
});

test('an image without a login on the serial console is not booted for one', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'uninstrumented-'));
  await writeFile(join(directory.path, 'serial.log'), '[   1.000] Linux version 6\n');
  const after = await bootUninstrumented({ image: { iso: '/nonexistent.iso' }, artifactsDir: directory.path });
  expect(after).toMatchObject({ skipped: expect.stringContaining('no login') });
});
