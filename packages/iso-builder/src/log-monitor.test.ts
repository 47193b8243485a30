import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BuildEventBody } from './progress/build-event.ts';
import { createLogMonitor } from './log-monitor.ts';

const recorded = (name: string): string[] =>
  readFileSync(join(import.meta.dirname, '..', 'test', 'recorded', name), 'utf8')
    .trimEnd()
    .split('\n');

const stamped = (line: string): string => `2026-11-23 14:02:11,123: ${line}`;

const read = (lines: readonly string[]): BuildEventBody[] => {
  const monitor = createLogMonitor();
  return [...lines.flatMap((line) => monitor.line(line)), ...monitor.end()];
};

describe('the log monitor', () => {
  test('reads phases and numbers of a build that succeeds', () => {
    expect(read(recorded('success.txt').map(stamped))).toEqual([
      { type: 'phase', phase: 'install' },
      { type: 'progress', phase: 'install', done: 25, total: 100, unit: 'percent' },
      { type: 'progress', phase: 'install', done: 100, total: 100, unit: 'percent' },
      { type: 'progress', phase: 'install', done: 1, total: 1741, unit: 'packages' },
      { type: 'progress', phase: 'install', done: 579, total: 1741, unit: 'packages' },
      { type: 'progress', phase: 'install', done: 1741, total: 1741, unit: 'packages' },
      { type: 'phase', phase: 'squashfs' },
      { type: 'phase', phase: 'initramfs' },
      { type: 'phase', phase: 'iso' },
    ]);
  });

  test('lines without a time stamp mean the same', () => {
    expect(read(recorded('success.txt'))).toEqual(read(recorded('success.txt').map(stamped)));
  });

  test('tells the exact error message as soon as it is complete', () => {
    const lines = recorded('failure.txt');
    const end = lines.indexOf('The installer will now terminate.');
    const message = 'Failed to resolve the transaction:\nNo match for argument: hypervizor-tools';
    const monitor = createLogMonitor();
    const before = lines.slice(0, end).flatMap((line) => monitor.line(stamped(line)));
    expect(before.filter(({ type }) => type === 'installer-error')).toEqual([]);
    expect(monitor.line(stamped(lines[end] ?? ''))).toEqual([{ type: 'installer-error', message }]);
    expect(monitor.installerErrors).toEqual([message]);
  });

  test('a message that is cut off is told at the end', () => {
    expect(read(['Running anaconda.', 'The exact error message is:', '', 'No space left'])).toContainEqual({
      type: 'installer-error',
      message: 'No space left',
    });
  });

  test.each([
    ['Installation de bash.x86_64 (579/1741)', { done: 579, total: 1741, unit: 'packages' }],
    ['Téléchargement de 1741 RPM, 512 Mio / 2,05 Gio (25 %) effectué.', { done: 25, total: 100, unit: 'percent' }],
    ['正在安装 bash.x86_64 (579/1741)', { done: 579, total: 1741, unit: 'packages' }],
  ])('reads numbers in any language: %s', (line, progress) => {
    expect(read(['Running anaconda.', line]).slice(1)).toEqual([{ type: 'progress', phase: 'install', ...progress }]);
  });

  test('says each step of progress once', () => {
    expect(read(['Running anaconda.', 'a (1/2)', 'b (1/2)', 'c (2/2)']).length).toBe(3);
  });

  test.each([
    'Out of memory: Killed process 4711 (anaconda)',
    'Error in POSTIN scriptlet in rpm package kernel-core',
    'packaging: base repo (https://example.org) not valid -- removing it',
    'Process 812 (anaconda) of user 0 dumped core',
    'Traceback (most recent call last):',
  ])('takes it for a failed installation: %s', (line) => {
    expect(read(['Running anaconda.', stamped(line)])).toContainEqual({ type: 'installer-error', message: line });
  });

  test.each([
    ['before the installer runs', ['Traceback (most recent call last):']],
    ['when livemedia-creator ignores it', ['Running anaconda.', 'Traceback (most recent call last): IGNORED']],
    ['when the CD is no base repository', ['Running anaconda.', 'packaging: base repo (CDROM/file:///run) not valid']],
  ])('not %s', (_, lines) => {
    expect(read(lines).filter(({ type }) => type === 'installer-error')).toEqual([]);
  });

  test('phases never go back', () => {
    expect(read(['Building boot.iso', 'Rebuilding initrds'])).toEqual([{ type: 'phase', phase: 'iso' }]);
  });
});

test('knows which file grows while the root file system is compressed', () => {
  const monitor = createLogMonitor();
  monitor.line('2026-11-25 09:40:04,959: working dir is /phyllome/tmp/lmc-work-pqhfpqq5');
  expect(monitor.growing).toBeUndefined();
  monitor.line('2026-11-25 09:40:04,980: Creating a squashfs only runtime');
  expect([monitor.phase, monitor.growing]).toEqual(['squashfs', '/phyllome/tmp/lmc-work-pqhfpqq5/images/install.img']);
});

test('knows when the installer gave up: it then waits for somebody to look', () => {
  const monitor = createLogMonitor();
  for (const line of ['Running anaconda.', 'The exact error message is:', '', 'No match for argument: x', ''])
    monitor.line(line);
  expect(monitor.gaveUp).toBe(false);
  expect(monitor.line('The installer will now terminate.')).toEqual([
    { type: 'installer-error', message: 'No match for argument: x' },
  ]);
  expect(monitor.gaveUp).toBe(true);
});

test('knows it, too, when what the installer had to say was longer than is kept', () => {
  const monitor = createLogMonitor();
  const message = Array.from({ length: 60 }, (_, index) => `detail ${index}`);
  for (const line of ['Running anaconda.', 'The exact error message is:', ...message]) monitor.line(line);
  expect([monitor.installerErrors.length, monitor.gaveUp]).toEqual([1, false]);
  expect(monitor.line('The installer will now terminate.')).toEqual([]);
  expect(monitor.gaveUp).toBe(true);
});
