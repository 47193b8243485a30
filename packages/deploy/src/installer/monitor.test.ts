import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InstallMonitor } from './monitor.ts';
import { type InstallPhase, installPhaseOf, progressOf } from '@phyllome/installer';

const recorded = join(import.meta.dirname, '../../test/recorded');

/** What a monitor makes of a console, a line a second. */
function watch(lines: readonly string[]) {
  const phases: InstallPhase[] = [];
  const told: string[] = [];
  let failures = 0;
  const monitor = new InstallMonitor({
    onPhase: (phase) => phases.push(phase),
    onProgress: ({ done, total, unit }) => told.push(`${done}/${total} ${unit}`),
    onFailure: () => (failures += 1),
  });
  lines.forEach((line, index) => monitor.line('console', line, index * 1000));
  return { monitor, phases, told, failures: () => failures, failure: monitor.failure };
}

const linesOf = (name: string): string[] => readFileSync(join(recorded, name), 'utf8').split('\n');

test('a successful installation passes its phases, and tells how far it is', () => {
  const { phases, told, failure, monitor } = watch(linesOf('success.txt'));
  expect(failure).toBeUndefined();
  expect(phases).toEqual(['kernel', 'installer', 'storage', 'packages', 'bootloader', 'configuration', 'scripts']);
  expect(told).toEqual(['37/100 percent', '100/100 percent', '1/3 packages', '2/3 packages', '3/3 packages']);
  monitor.enter('installed', 99_000);
  expect(monitor.phase).toBe('installed');
});

/** The first comment of a recording says what must be seen in it. */
const failing = readdirSync(join(recorded, 'failures')).map((name) => {
  const [head = '', ...lines] = linesOf(join('failures', name));
  const { cause, line } = /^# (?<cause>[\w-]+)(?:, line (?<line>\d+))?$/u.exec(head)?.groups ?? {};
  return { name, cause, line: line === undefined ? undefined : Number(line), lines };
});

describe('an installation that fails', () => {
  test.each(failing)('$name: $cause', ({ cause, line, lines }) => {
    const { failure, failures } = watch(lines);
    expect(failure).toMatchObject({ cause, kickstartLine: line });
    expect(failures()).toBe(1);
    expect(failure?.hint).not.toBe('');
  });

  test('every cause that the installer can give has a recording', () => {
    const causes = [...new Set(failing.map(({ cause }) => String(cause)))];
    causes.sort((a, b) => a.localeCompare(b));
    expect(causes).toEqual([
      'bootloader',
      'hardware',
      'installer-crashed',
      'installer-missing',
      'kernel',
      'kickstart',
      'kickstart-missing',
      'mirror',
      'packages',
      'script',
      'space-root',
      'storage',
    ]);
  });

  test('what follows the error on the same console explains it', () => {
    const { monitor } = watch(['There was an error running the kickstart script at line 3.  This is a fatal error']);
    monitor.line('log', 'from elsewhere', 1);
    monitor.line('console', '', 2);
    for (let count = 0; count < 20; count += 1) monitor.line('console', `detail ${count}`, 3);
    expect(monitor.failure?.lines.slice(1, 3)).toEqual(['detail 0', 'detail 1']);
    expect(monitor.failure?.lines).toHaveLength(12);
  });
});

describe('progress', () => {
  test('is a phase, a further package or a task; other lines are none, nor is the same again', () => {
    const { monitor } = watch(['Installing the software']);
    monitor.line('console', 'Installing bash.x86_64 (1/3)', 10_000);
    expect(monitor.progressAtMs).toBe(10_000);
    monitor.line('console', '[  900.0] clocksource: timekeeping watchdog', 20_000);
    monitor.line('console', 'Installing bash.x86_64 (1/3)', 30_000);
    expect(monitor.progressAtMs).toBe(10_000);
    monitor.line('log', 'INFO anaconda:installation: Task started: Install the payload (12/40)', 40_000);
    expect(monitor.progressAtMs).toBe(40_000);
  });

  test.each([
    ['Installing bash.x86_64 (12/340)', { done: 12, total: 340, unit: 'packages' }],
    ['Downloading 500 RPMs, 120.3 MiB / 600 MiB (20%) done.', { done: 20, total: 100, unit: 'percent' }],
    ['Configuring storage', undefined],
  ])('%s', (line, progress) => {
    expect(progressOf(line)).toEqual(progress);
  });

  test('a line that shows two phases shows the later one', () => {
    expect(installPhaseOf('Installing boot loader; Running post-installation scripts')).toBe('scripts');
  });
});
