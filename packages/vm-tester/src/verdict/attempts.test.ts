import { mkdir, mkdtempDisposable, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { combine, concludeAttempts, entriesOf, keepAttempt, secondAttempt } from './attempts.ts';
import { CAUSES } from './verdict.ts';
import type { Cause, Evidence, Verdict } from './verdict.ts';

const accepted: Verdict = { status: 'accepted', milestones: { shutdown: 9 } };
const evidence: Evidence[] = [{ source: 'serial', atMs: 1, line: 'Kernel panic', detector: 'panic' }];
const reasons = { phase: 'kernel', milestones: {} } as const;
const rejected = (cause: Cause): Verdict => ({ status: 'rejected', cause, ...reasons, evidence });
const inconclusive = (cause: Cause): Verdict => ({ status: 'inconclusive', cause, ...reasons, evidence });

describe('secondAttempt', () => {
  test('an accepted image is booted once', () => {
    expect(secondAttempt(accepted, 'tcg', 2)).toBeUndefined();
  });

  test('with KVM no rejected image is booted again, whatever the cause', () => {
    expect(CAUSES.filter((cause) => secondAttempt(rejected(cause), 'kvm', 2))).toEqual([]);
  });

  test('under TCG only a kernel that died is, with one CPU, and not when it had one', () => {
    const again = CAUSES.filter((cause) => secondAttempt(rejected(cause), 'tcg', 2));
    expect(again).toEqual(['kernel-panic', 'oops']);
    expect(secondAttempt(rejected('oops'), 'tcg', 2)).toMatchObject({ cpus: 1 });
    expect(secondAttempt(rejected('oops'), 'tcg', 1)).toBeUndefined();
  });

  test('a system for newer processors is given all that TCG emulates, whatever it died of, and its verdict counts', () => {
    const line = 'Fatal glibc error: CPU does not support x86-64-v3';
    const glibc = { source: 'serial', atMs: 1, line, detector: 'cpu-level' } as const;
    const old: Verdict = { status: 'rejected', cause: 'bad-media', ...reasons, evidence: [glibc, ...evidence] };
    const retry = secondAttempt(old, 'tcg', 2);
    expect(retry).toMatchObject({ cpu: 'max' });
    expect(retry).not.toHaveProperty('cpus');
    expect(secondAttempt(old, 'kvm', 2)).toBeUndefined();
    expect(combine(old, accepted, retry ?? { reason: '' })).toBe(accepted);
    expect(combine(old, old, retry ?? { reason: '' })).toBe(old);
  });

  test('what broke around the image is tried once more, but for a guest without an agent', () => {
    expect(secondAttempt(inconclusive('infra:qemu'), 'kvm', 2)).toEqual({ reason: 'infra:qemu: once more' });
    expect(secondAttempt(inconclusive('infra:channel'), 'kvm', 2)).toBeUndefined();
  });
});

describe('combine', () => {
  const oneCpu = { reason: '', cpus: 1 } as const;

  test('a panic that is gone with one CPU leaves the image unjudged, with the evidence of both', () => {
    expect(combine(rejected('kernel-panic'), accepted, oneCpu)).toMatchObject({
      status: 'inconclusive',
      cause: 'infra:accelerator',
      evidence: [{ detector: 'one-cpu' }, { detector: 'panic' }],
    });
  });

  test.each([rejected('kernel-panic'), rejected('failed-unit'), inconclusive('infra:qemu')])(
    'a second attempt that is not accepted decides',
    (second) => {
      expect(combine(rejected('oops'), second, oneCpu)).toBe(second);
    },
  );

  test('after QEMU failed the second attempt decides, good or bad', () => {
    expect(combine(inconclusive('infra:qemu'), accepted, { reason: '' })).toBe(accepted);
    expect(combine(inconclusive('infra:qemu'), rejected('oops'), { reason: '' })).toMatchObject({ cause: 'oops' });
  });
});

test('each attempt keeps its artifacts, and the verdict names the earlier one', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'attempts-'));
  const path = (...names: string[]) => join(directory.path, ...names);
  await mkdir(path('shots'));
  await writeFile(path('serial.log'), 'first');
  await writeFile(path('verdict.json'), '{}');
  expect(keepAttempt(directory.path)).toBe('attempt-1');
  expect(await readdir(directory.path)).toEqual(['attempt-1']);
  await writeFile(path('serial.log'), 'second');
  const facts = { image: 'x.iso', firmware: 'bios', findings: [], endMs: 5 };
  await writeFile(path('verdict.json'), JSON.stringify({ ...accepted, ...facts }));
  const first = rejected('oops');
  const verdict = combine(first, accepted, { reason: '', cpus: 1 });
  concludeAttempts(directory.path, verdict, { folder: 'attempt-1', verdict: first });
  expect(JSON.parse(await readFile(path('verdict.json'), 'utf8'))).toMatchObject({
    status: 'inconclusive',
    image: 'x.iso',
    endMs: 5,
    attempts: [{ folder: 'attempt-1', status: 'rejected', cause: 'oops' }],
  });
  expect(await readFile(path('attempt-1', 'serial.log'), 'utf8')).toBe('first');
  expect(await readFile(path('report.html'), 'utf8')).toContain('attempt-1');
  expect(keepAttempt(directory.path)).toBe('attempt-2');
});

test('what was there before an attempt, and it did not change, is not moved with its artifacts', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'attempts-'));
  const path = (...names: string[]) => join(directory.path, ...names);
  await mkdir(path('photographs'));
  for (const name of ['letter.txt', 'serial.log', 'last-accepted.json']) await writeFile(path(name), 'before');
  await utimes(path('serial.log'), 1, 1);
  const before = entriesOf(directory.path);
  await writeFile(path('serial.log'), 'first');
  await writeFile(path('checks.json'), '[]');
  keepAttempt(directory.path, before);
  expect((await readdir(directory.path)).toSorted()).toEqual([
    'attempt-1',
    'last-accepted.json',
    'letter.txt',
    'photographs',
  ]);
  expect((await readdir(path('attempt-1'))).toSorted()).toEqual(['checks.json', 'serial.log']);
});
