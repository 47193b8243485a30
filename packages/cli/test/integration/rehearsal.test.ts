import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IsoResult } from '@phyllome/iso-builder';
import { lockReportOf, type RehearsalReport } from '@phyllome/rehearsal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { containers, gone, Rehearsals } from '../rehearsals.ts';

// One story: each test starts from where the one before it ended.
let at: Rehearsals;
beforeAll(async () => {
  at = await Rehearsals.open();
});
afterAll(() => at[Symbol.asyncDispose]());

const told = ({ manifest: { report } }: IsoResult): Partial<RehearsalReport> => report ?? {};
const reused = (result: IsoResult): unknown => told(result).reused;

let first: IsoResult;

test('two builds at once, sharing the empty cache, make the same ISO', async () => {
  const [one, other] = await Promise.all([at.build('one'), at.build('other')]);
  expect([reused(one), reused(other)]).toContainEqual([]);
  expect(other.sha256).toBe(one.sha256);
  first = one;
});

test('packages and initramfs of an earlier build make the same ISO, too', async () => {
  const again = await at.build('again');
  expect(reused(again)).toEqual(['packages', 'initramfs']);
  expect(again.sha256).toBe(first.sha256);
});

test('a system that memory may not hold is installed on disk, into the same ISO', async () => {
  expect(told(first).sysimage).toBe('memory');
  const large = await at.build('large', { sizeMiB: 999_999_999 });
  expect(told(large).sysimage).toBe('disk');
  expect(large.sha256).toBe(first.sha256);
});

test('one that does not fit into `part /` fails for that reason', async () => {
  await expect(at.build('small', { sizeMiB: 100 })).rejects.toMatchObject({
    code: 'INSTALL_FAILED',
    evidence: expect.objectContaining({ cause: 'space-root' }),
    hint: expect.stringContaining('--size'),
  });
});

test('nothing of the cache, nor of how its own container finds names, is in the ISO', async () => {
  // The packages that are kept were installed before this time, the others are after it.
  const now = Math.floor(Date.now() / 1000);
  const kept = await at.build('kept-before', {}, at.builder, now);
  expect(reused(kept)).toEqual(['packages', 'initramfs']);
  const elsewhere = 'echo "search elsewhere.invalid" >>/etc/resolv.conf';
  const without = await at.build('without', { pre: elsewhere }, { ...at.builder, caches: [] }, now);
  expect(reused(without)).toEqual([]);
  expect(without.sha256).toBe(kept.sha256);
});

test('another script installs nothing again; one that configures dracut makes another initramfs', async () => {
  const edited = await at.build('edited', { post: 'echo hello >/etc/motd' });
  expect(reused(edited)).toEqual(['packages', 'initramfs']);
  expect(edited.sha256).not.toBe(first.sha256);

  const post = "mkdir -p /etc/dracut.conf.d && echo 'compress=cat' >/etc/dracut.conf.d/x.conf";
  const dracut = await at.build('dracut', { post });
  expect(reused(dracut)).toEqual(['packages']);
});

const isomd5sum = /^isomd5sum (?<version>\S+) /mu;

test('a locked version that is gone is replaced by what the mirror offers, and reported', async () => {
  const offered = isomd5sum.exec(await readFile(join(containers, 'rehearsal/packages.lock'), 'utf8'))?.groups?.[
    'version'
  ];
  const drifted = await at.build('gone', {}, await at.lockedBuilder('gone', gone));
  expect(lockReportOf(drifted.manifest.report)?.packages.changed).toContainEqual({
    name: 'isomd5sum',
    locked: '1:1.2.3-4+test',
    installed: expect.stringContaining(offered?.slice(0, 7) ?? ''),
  });
});

test('with PHYLLOME_LOCK=exact it ends the build, which says what is on offer and what to do', async () => {
  const failing = at.build('exact', {}, await at.lockedBuilder('exact', gone, { exact: true }));
  await expect(failing).rejects.toMatchObject({
    code: 'INSTALL_FAILED',
    evidence: expect.objectContaining({
      cause: 'package-lock',
      lastLines: expect.arrayContaining([
        expect.stringMatching(/isomd5sum 1:1\.2\.3-4\+test is locked, but not to be had; on offer: 1:1\.2\.3-\S+/u),
      ]),
    }),
    hint: expect.stringContaining('pnpm phyllome lock'),
  });
});
