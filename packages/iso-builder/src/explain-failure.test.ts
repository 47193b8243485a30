import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { explainFailure } from './explain-failure.ts';
import { createLogMonitor } from './log-monitor.ts';

const failures = join(import.meta.dirname, '..', 'test', 'recorded', 'failures');
const names = readdirSync(failures).flatMap((name) => (name.endsWith('.txt') ? [name.slice(0, -4)] : []));

const exitCodes: Record<string, number> = { killed: 137, 'bad-arguments': 2 };

test.each(names)('recorded failure: %s', async (name) => {
  const [console = '', program = ''] = readFileSync(join(failures, `${name}.txt`), 'utf8').split('--- program.log\n');
  const lastLines = console.trimEnd().split('\n');
  const monitor = createLogMonitor();
  for (const line of lastLines) monitor.line(line);
  monitor.end();
  const { code, message, hint, evidence } = explainFailure({
    exitCode: exitCodes[name] ?? 1,
    lastLines,
    oomKilled: name === 'out-of-memory-squashfs',
    installerErrors: monitor.installerErrors,
    programLog: program.split('\n'),
    evidence: {},
  });
  const { cause, kickstartLine } = evidence;
  const made = { code, cause, ...(kickstartLine === undefined ? {} : { kickstartLine }), message, hint };
  await expect(`${JSON.stringify(made, null, 2)}\n`).toMatchFileSnapshot(join(failures, `${name}.json`));
});

test.each<[string, string, string[]]>([
  ['KICKSTART_REFUSED', 'dracut-live package', ['dracut-live package is missing from the kickstart.']],
  ['KICKSTART_REFUSED', 'No / partition', ['No / partition in the kickstart. Make sure that it has one.']],
  ['KICKSTART_REFUSED', 'display mode', ['The kickstart must not set a display mode (text, cmdline, graphical).']],
  [
    'INSTALL_FAILED',
    'exited with status 1',
    [
      "Running anaconda failed: process '['unshare']' exited with status 1",
      'Install failed: novirt_install failed',
      'Removing bad disk image',
      'Image creation failed: novirt_install failed',
    ],
  ],
  ['BUILD_FAILED', 'could not be compressed', ['make_runtime failed with rc = 1. See program.log', 'Traceback']],
  ['BUILD_FAILED', 'boot medium', ['template command error in x86.tmpl:', '  runcmd mkefiboot']],
  ['BUILD_FAILED', 'exit code 1): You need to run this as root', ['You need to run this as root']],
  ['BUILD_FAILED', 'it printed nothing', []],
])('%s: %s', (code, words, lines) => {
  const lastLines = lines.map((line) => `2026-11-23 14:02:11,123: ${line}`);
  const error = explainFailure({ exitCode: 1, lastLines, installerErrors: [], evidence: {} });
  expect(error.code).toBe(code);
  expect(error.message).toContain(words);
  expect(error.hint).not.toBe('');
  expect(error.evidence).toMatchObject({ exitCode: 1, lastLines });
});

test("the installer's own words come first", () => {
  const error = explainFailure({
    exitCode: 1,
    lastLines: ['Running anaconda failed: exited with status 1'],
    installerErrors: ['No match for argument: x'],
    evidence: {},
  });
  expect(error).toMatchObject({ code: 'INSTALL_FAILED', message: 'the installer gave up: No match for argument: x' });
});

test('a killed process is not blamed for its last line', () => {
  const error = explainFailure({ exitCode: 137, lastLines: ['Complete!'], installerErrors: [], evidence: {} });
  expect(error.message).toContain('was killed');
});
