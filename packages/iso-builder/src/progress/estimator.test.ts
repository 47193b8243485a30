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
    const { fraction, remainingMs } = estimator.at(30_000);
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
    estimator.see(progress(0, 100, 'packages'), 0);
    estimator.see(progress(50, 100, 'packages'), 20_000);
    expect(estimator.at(20_000).fraction).toBeCloseTo(0.6 * 0.425);
  });

  test('by the download first, then by packages', () => {
    const estimator = started();
    estimator.see(progress(100, 100, 'percent'), 20_000);
    expect(estimator.at(20_000).fraction).toBeCloseTo(0.6 * 0.35);
    estimator.see(progress(100, 100, 'packages'), 40_000);
    expect(estimator.at(40_000).fraction).toBeCloseTo(0.6 * 0.85);
  });

  test('goes on while packages are configured, in silence, and never to the end of it', () => {
    const estimator = started();
    estimator.see(progress(0, 100, 'packages'), 0);
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
    expect(estimator.at(10_010_002)).toMatchObject({ fraction: 0.9, remainingMs: 10_000 });
  });

  // A first build, as it was seen: downloads in an instant, half a minute of nothing, packages in two announcements.
  test.each([false, true])('never jumps and never stands still, whatever is reported (learnt: %s)', (learnt) => {
    const usual = { start: 1500, install: 60_000, squashfs: 8000, initramfs: 12_000, iso: 4000 };
    const estimator = new Estimator(
      expectationOf(learnt ? history : { ...history, builds: [] }, { phasesMs: usual }),
      0,
    );
    const reports: [number, Parameters<Estimator['see']>[0]][] = [
      [3000, { type: 'phase', phase: 'install' }],
      [39_000, progress(1, 59, 'packages')],
      [44_000, progress(59, 59, 'packages')],
      [48_000, progress(60, 209, 'packages')],
      [59_000, progress(209, 209, 'packages')],
      [100_000, { type: 'phase', phase: 'squashfs' }],
      [103_000, { type: 'phase', phase: 'initramfs' }],
    ];
    let before = estimator.at(2000).fraction;
    for (let now = 3000; now <= 130_000; now += 1000) {
      for (const [at, report] of reports) if (at === now) estimator.see(report, now);
      const { fraction } = estimator.at(now);
      expect(fraction - before, `at ${now}`).toBeLessThan(0.06);
      expect(fraction, `at ${now}`).toBeGreaterThan(before);
      before = fraction;
    }
    expect(before).toBeGreaterThan(0.7);
  });

  test("goes on while the builder's image is built, which other builds find", () => {
    const estimator = new Estimator(expectationOf(history, { buildImageMs: 100_000 }), 0);
    estimator.see({ type: 'phase', phase: 'image' }, 0);
    expect(estimator.at(1000).fraction).toBeLessThan(0.01);
    estimator.see({ type: 'log', source: 'image', line: 'building the image' }, 1000);
    let before = 0;
    for (let now = 2000; now <= 60_000; now += 1000) {
      const { fraction } = estimator.at(now);
      expect(fraction - before, `at ${now}`).toBeLessThan(0.06);
      expect(fraction, `at ${now}`).toBeGreaterThan(before);
      before = fraction;
    }
    expect(before).toBeGreaterThan(0.25);
    expect(estimator.at(60_000).remainingMs).toBe(140_000);
  });

  test('a builder of other habits has weights of its own', () => {
    const empty = { ...history, builds: [] };
    const at = (phasesMs?: Record<string, number>): number => {
      const estimator = new Estimator(expectationOf(empty, phasesMs && { phasesMs }), 0);
      estimator.see({ type: 'phase', phase: 'install' }, 0);
      return estimator.at(30_000).fraction;
    };
    expect(at()).toBeLessThan(0.06);
    expect(at({ install: 60_000, squashfs: 20_000 })).toBeCloseTo(30 / 80);
  });
});

function started(): Estimator {
  const estimator = new Estimator(expectationOf(history), 0);
  estimator.see({ type: 'phase', phase: 'install' }, 0);
  return estimator;
}
const progress = (done: number, total: number, unit: 'percent' | 'packages') =>
  ({ type: 'progress', phase: 'install', done, total, unit }) as const;
