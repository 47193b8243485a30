import { describe, expect, test } from 'vitest';
import { Estimator } from './estimator.ts';
import { expectationOf, type History } from './history.ts';

const history: History = {
  schema: 'phyllome-timings/1',
  builds: [
    { phasesMs: { install: 60_000, squashfs: 20_000, initramfs: 20_000 }, squashfsBytes: 1000 },
    { phasesMs: { install: 600_000, squashfs: 200_000, initramfs: 200_000 }, squashfsBytes: 2000 },
    { phasesMs: { install: 60_000, squashfs: 20_000, initramfs: 20_000 }, squashfsBytes: 1000 },
  ],
};

describe('what is expected', () => {
  test('the median of earlier builds: one on a busy machine does not count', () => {
    const { phasesMs, squashfsBytes, learnt } = expectationOf(history);
    expect(phasesMs).toMatchObject({ image: 0, install: 60_000, squashfs: 20_000, initramfs: 20_000, iso: 0 });
    expect([squashfsBytes, learnt]).toEqual([1000, true]);
  });

  test('without any, the installer has most of it, and nobody knows how long it takes', () => {
    const expected = expectationOf({ ...history, builds: [] });
    expect(expected.learnt).toBe(false);
    const estimator = new Estimator(expected, 0);
    estimator.see({ type: 'phase', phase: 'squashfs' }, 1000);
    const { fraction, remainingMs } = estimator.at(1000);
    expect(fraction).toBeGreaterThan(0.5);
    expect(remainingMs).toBeUndefined();
  });
});

describe('how far a build is', () => {
  test('by time where nothing is told', () => {
    expect(started().at(30_000)).toEqual({ fraction: 0.3, elapsedMs: 30_000, remainingMs: 70_000 });
  });

  test('by packages, also when there was no download', () => {
    const estimator = started();
    estimator.see(progress(50, 100, 'packages'), 1000);
    expect(estimator.at(1000).fraction).toBeCloseTo(0.6 * 0.425);
  });

  test('by the download first, then by packages', () => {
    const estimator = started();
    estimator.see(progress(100, 100, 'percent'), 1000);
    expect(estimator.at(1000).fraction).toBeCloseTo(0.6 * 0.35);
    estimator.see(progress(100, 100, 'packages'), 2000);
    expect(estimator.at(2000).fraction).toBeCloseTo(0.6 * 0.85);
  });

  test('goes on while packages are configured, in silence, and never to the end of it', () => {
    const estimator = started();
    estimator.see(progress(100, 100, 'packages'), 20_000);
    const seen = [20_000, 25_000, 30_000, 40_000, 600_000].map((at) => estimator.at(at).fraction);
    expect(seen[0]).toBeCloseTo(0.6 * 0.85);
    for (const [index, one] of seen.slice(1).entries()) expect(one).toBeGreaterThan(seen[index] ?? 1);
    expect(seen.at(-1)).toBeLessThan(0.6 * 0.98);
  });

  test('never back, and never done before the end', () => {
    const estimator = started();
    const late = estimator.at(10_000_000).fraction;
    expect(late).toBeLessThan(0.6);
    estimator.see(progress(1, 100, 'packages'), 10_000_001);
    expect(estimator.at(10_000_001).fraction).toBe(late);
    estimator.see({ type: 'phase', phase: 'initramfs' }, 10_000_002);
    expect(estimator.at(10_000_002)).toMatchObject({ fraction: 0.8, remainingMs: 20_000 });
  });
});

function started(): Estimator {
  const estimator = new Estimator(expectationOf(history), 0);
  estimator.see({ type: 'phase', phase: 'install' }, 0);
  return estimator;
}
const progress = (done: number, total: number, unit: 'percent' | 'packages') =>
  ({ type: 'progress', phase: 'install', done, total, unit }) as const;
