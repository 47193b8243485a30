import { describe, expect, test } from 'vitest';
import { BootMonitor } from './boot-monitor.ts';
import { judge } from './judgement.ts';

const nothing = { booted: true, settled: false, poweredOff: false };
const emergency = '[  OK  ] Reached target emergency.target - Emergency Mode.';

/** The verdict on a machine that showed this, and was denied that share of its time. */
function verdictOn(lines: readonly string[], lostShare: number) {
  const monitor = new BootMonitor({ timeScale: 10 });
  const shown = ['[    1.0] Linux version 6.12', '[    2.0] Run /init as init process', ...lines];
  monitor.console('serial', Buffer.from(shown.map((line) => `${line}\r\n`).join('')), 1_000);
  return judge({ monitor, infra: undefined, now: () => 2_000, lostShare }, nothing);
}

describe('a machine that was denied most of its time', () => {
  const timedOut = '[ TIME ] Timed out waiting for device dev-d…vice - /dev/disk/by-uuid/4EE1-8458.';

  test.each([0.55, 0.8])('is not judged by a device that did not come in time (%d)', (lostShare) => {
    expect(verdictOn([timedOut, emergency], lostShare)).toMatchObject({
      status: 'inconclusive',
      cause: 'infra:starved',
    });
  });

  test.each([
    ['where nothing was waited for', [emergency], 0.95],
    ['where it had its time', [timedOut, emergency], 0.45],
  ])('%s, it is rejected', (_, lines, lostShare) => {
    expect(verdictOn(lines, lostShare)).toMatchObject({ status: 'rejected', cause: 'emergency-mode' });
  });
});

const fresh = () => new BootMonitor({ timeScale: 1 });

describe('what a run came to', () => {
  const evidence = { source: 'process', atMs: 1, line: 'QEMU ended with 1', detector: 'qemu-exit' } as const;
  const infra = { severity: 'fatal', cause: 'infra:qemu', phase: 'kernel', evidence } as const;
  const all = { booted: true, settled: true, poweredOff: true };
  const rest = { now: () => 2_000, lostShare: 0 };

  test('is accepted only when it booted, settled and powered off', () => {
    expect(judge({ monitor: fresh(), infra: undefined, ...rest }, all).status).toBe('accepted');
    for (const missing of ['booted', 'settled', 'poweredOff']) {
      const verdict = judge({ monitor: fresh(), infra: undefined, ...rest }, { ...all, [missing]: false });
      expect(verdict).toMatchObject({ status: 'inconclusive', cause: 'infra:qemu' });
    }
  });

  test('is rejected for what was found, however far it came', () => {
    const found = fresh();
    found.add('fail', 'oom', { ...evidence, detector: 'oom' });
    expect(judge({ monitor: found, infra: undefined, ...rest }, all)).toMatchObject({
      status: 'rejected',
      cause: 'oom',
    });
    const warned = fresh();
    warned.add('warn', 'oom', { ...evidence, detector: 'oom' });
    expect(judge({ monitor: warned, infra: undefined, ...rest }, all).status).toBe('accepted');
  });

  test('is not judged where something around the image broke, unless it had failed fatally by then', () => {
    const found = fresh();
    found.add('fail', 'oom', { ...evidence, detector: 'oom' });
    expect(judge({ monitor: found, infra, ...rest }, all)).toMatchObject({
      status: 'inconclusive',
      phase: 'kernel',
      cause: 'infra:qemu',
    });
    found.add('fatal', 'kernel-panic', { ...evidence, detector: 'panic' });
    expect(judge({ monitor: found, infra, ...rest }, all)).toMatchObject({ status: 'rejected', cause: 'kernel-panic' });
  });
});
