import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type LogMonitor, type LoraxEvent, createLogMonitor } from './log-monitor.ts';

const recorded = (name: string): string[] =>
  readFileSync(join(import.meta.dirname, '../test/recorded/anaconda-44', name, 'console.log'), 'utf8')
    .trimEnd()
    .split('\n');

function read(lines: readonly string[]): LoraxEvent[] {
  const monitor = createLogMonitor();
  return [...lines.flatMap((line) => monitor.line(line)), ...monitor.end()];
}

const errorsIn = (lines: readonly string[]): string[] =>
  read(lines).flatMap((event) => (event.type === 'installer-error' ? [event.message] : []));

describe('the log monitor', () => {
  test.each(['success', 'success-http'])('%s: phases, numbers, and no error', (name) => {
    const events = read(recorded(name));
    expect(events.filter(({ type }) => type === 'phase')).toEqual(
      ['install', 'squashfs', 'initramfs', 'iso'].map((phase) => ({ type: 'phase', phase })),
    );
    const packages = events.filter((event) => event.type === 'progress' && event.unit === 'packages');
    expect(packages).toHaveLength(270);
    expect(packages.at(-1)).toMatchObject({ done: 270, total: 270 });
    expect(events.filter(({ type }) => type === 'installer-error')).toEqual([]);
  });

  test('lines without a time stamp mean the same', () => {
    const lines = recorded('success');
    expect(read(lines.map((line) => line.replace(/^[\d-]+ [\d:,]+: ?/u, '')))).toEqual(read(lines));
  });

  test.each([
    ['missing-package', 'No match for argument: hypervizor-tools'],
    ['post-fails', "15\n\nabout to fail\nls: cannot access '/no/such/file': No such file or directory"],
    ['bad-option', 'unrecognized arguments: --bogus'],
    ['no-space', 'An error occurred during the transaction: The transaction process has ended with errors.'],
    ['pre-fails', 'pyanaconda.errors.ScriptError'],
  ])('%s: one error, in the words of the installer', (name, message) => {
    expect(errorsIn(recorded(name))).toEqual([message]);
  });

  test('reports the exact message with the line that ends it, when the installer goes to sleep', () => {
    const lines = recorded('missing-package');
    const end = lines.findIndex((line) => line.includes('The installer will now terminate.'));
    const monitor = createLogMonitor();
    const before = lines.slice(0, end).flatMap((line) => monitor.line(line));
    expect([before.filter(({ type }) => type === 'installer-error'), monitor.gaveUp]).toEqual([[], false]);
    expect(monitor.line(lines[end] ?? '')).toEqual([
      { type: 'installer-error', message: 'No match for argument: hypervizor-tools' },
    ]);
    expect([monitor.gaveUp, monitor.installerEnded]).toEqual([true, false]);
  });

  test('knows when the installer is gone: livemedia-creator then copies its logs', () => {
    const lines = recorded('bad-option');
    const gone = lines.findIndex((line) => line.includes('Running anaconda failed:'));
    const monitor = createLogMonitor();
    for (const line of lines.slice(0, gone)) monitor.line(line);
    expect([monitor.gaveUp, monitor.installerEnded]).toEqual([true, false]);
    monitor.line(lines[gone] ?? '');
    expect(monitor.installerEnded).toBe(true);
  });

  test('a message that is cut off is reported at the end', () => {
    expect(errorsIn(['Running anaconda.', 'The exact error message is:', '', 'No space left'])).toEqual([
      'No space left',
    ]);
  });

  test('a message without end does not swallow what lorax says after it', () => {
    const lines = ['Running anaconda.', 'The exact error message is:', 'it broke', 'Shutting down log processing'];
    expect(read([...lines, 'Creating a squashfs only runtime'])).toContainEqual({ type: 'phase', phase: 'squashfs' });
  });

  test('a message of any length keeps its first and its last lines', () => {
    const output = Array.from({ length: 100_000 }, (_, index) => `output ${index}`);
    const [message = ''] = errorsIn([
      'Running anaconda.',
      'The exact error message is:',
      '',
      '15',
      '',
      ...output,
      'the end.',
      '',
      'The installer will now terminate.',
    ]);
    expect(message.startsWith('15\n')).toBe(true);
    expect(message.endsWith('\noutput 99999\nthe end')).toBe(true);
    expect(message.length).toBeLessThan(2000);
  });

  test.each([
    ['Installation de bash.x86_64 (579/1741)', { done: 579, total: 1741, unit: 'packages' }],
    ['Téléchargement de 1741 RPM, 512 Mio / 2,05 Gio (25 %) effectué.', { done: 25, total: 100, unit: 'percent' }],
    ['正在安装 bash.x86_64 (579/1741)', { done: 579, total: 1741, unit: 'packages' }],
  ])('reads numbers in any language: %s', (line, progress) => {
    expect(read(['Running anaconda.', line]).slice(1)).toEqual([{ type: 'progress', phase: 'install', ...progress }]);
  });

  test('reports each step of progress once', () => {
    expect(read(['Running anaconda.', 'a (1/2)', 'b (1/2)', 'c (2/2)']).length).toBe(3);
  });

  test.each([
    'Out of memory: Killed process 4711 (anaconda)',
    'Error in POSTIN scriptlet in rpm package kernel-core',
    'packaging: base repo (https://example.org) not valid -- removing it',
    'Process 812 (anaconda) of user 0 dumped core',
  ])('takes it for a failed installation: %s', (line) => {
    expect(errorsIn(['Running anaconda.', `2026-11-23 14:02:11,123: ${line}`])).toEqual([line]);
  });

  const exception = ['Traceback (most recent call last):', '  File "x", line 1, in <module>', 'ValueError: no'];
  test.each<[string, string[], string[]]>([
    ['the last line of a traceback', ['Running anaconda.', ...exception], ['ValueError: no']],
    ['none before the installer runs', exception, []],
    ['none after it is complete', ['Running anaconda.', 'Complete!', ...exception], []],
    ['none that Python ignores', ['Running anaconda.', 'Exception ignored in atexit callback <f>:', ...exception], []],
    ['not that of an interruption', ['Running anaconda.', exception[0] ?? '', 'KeyboardInterrupt'], []],
    ['not what livemedia-creator ignores', ['Running anaconda.', 'Out of memory: IGNORED'], []],
    [
      'not that the CD is no repository',
      ['Running anaconda.', 'packaging: base repo (CDROM/file:///run) not valid'],
      [],
    ],
  ])('%s', (_, lines, errors) => {
    expect(errorsIn(lines)).toEqual(errors);
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

function at(...lines: string[]): LogMonitor {
  const monitor = createLogMonitor();
  for (const line of lines) monitor.line(line);
  return monitor;
}

describe('silence', () => {
  test('of an installer that does not start is explained after a minute and a half', () => {
    const monitor = at('Running anaconda.', 'Starting installer, one moment...');
    expect(monitor.silence(60_000)).toBeUndefined();
    expect(monitor.silence(120_000)).toMatch(/printed nothing for 2 min: its modules get one minute/u);
  });

  test('of a step is explained much later, with its name', () => {
    const monitor = at('Running anaconda.', 'anaconda 44.35-1 for X 44 started.', 'Running post-installation scripts');
    expect(monitor.silence(300_000)).toBeUndefined();
    expect(monitor.silence(660_000)).toMatch(/nothing for 11 min in the step "Running post-installation scripts"/u);
  });

  test('before the installer and after it means nothing', () => {
    expect(at('livemedia-creator v44.7-1').silence(9e6)).toBeUndefined();
    expect(at('Running anaconda.', 'Shutting down log processing').silence(9e6)).toBeUndefined();
    expect(
      at('Running anaconda.', 'The exact error message is:', 'x', 'The installer will now terminate.').silence(9e6),
    ).toBeUndefined();
  });
});
