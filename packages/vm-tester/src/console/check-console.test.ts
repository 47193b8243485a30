import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkConsole } from './check-console.ts';

const recorded = (name: string) => readFileSync(join(import.meta.dirname, '../../test/recorded', `${name}.serial.log`));

/** The same log, as another tool would have saved it. */
const without = (log: string) => Buffer.from(log.replaceAll(/^\[ *\d+\.\d{3}\] /gm, ''));

test('a good boot has nothing that rejects it', () => {
  expect(checkConsole(recorded('good-l-uefi')).rejection).toBeUndefined();
});

test.each([
  ['corrupt-squashfs', 'fs-corrupt'],
  ['truncated-iso', 'fs-corrupt'],
])('%s is %s, at its line', (name, cause) => {
  const { rejection } = checkConsole(recorded(name));
  expect(rejection).toMatchObject({ severity: 'fatal', cause });
  const lines = recorded(name).toString().split('\n');
  expect(lines[(rejection?.line ?? 0) - 1]).toContain(rejection?.evidence.line.trim().slice(0, 60));
});

test('a log of another tool, with control sequences, without a last newline and without times', () => {
  const log = '\u001b[0;1mLinux version 6.12\r\n[    2.0] Kernel panic - not syncing: Attempted to kill init!';
  expect(checkConsole(Buffer.from(log)).rejection).toMatchObject({ cause: 'kernel-panic', line: 2, phase: 'kernel' });
});

test('our own log has its times', () => {
  const log = '[   1.500] GRUB\n[  12.250] SQUASHFS error: zstd decompression failed\n';
  expect(checkConsole(Buffer.from(log)).rejection).toMatchObject({ evidence: { atMs: 12_250 }, line: 2 });
});

test.each([
  ['2026-11-30T10:00:00.1234567Z '],
  ['2026-11-30 10:00:00,123 '],
  ['[2026-11-30T10:00:00+00:00] '],
  ['[10:00:00] '],
  ['10:00:00 '],
])('a console that another program saved, each line with its time: %s', (time) => {
  const log = ['[    0.000000] Linux version 6.12', 'host login: ', '[   31.112233] kernel BUG at mm/slub.c:1!'];
  const saved = Buffer.from(log.map((one) => `${time}${one}\n`).join(''));
  expect(checkConsole(saved).rejection).toMatchObject({ cause: 'oops', line: 3, evidence: { atMs: 31_112 } });
});

describe('a console with several boots', () => {
  const boot = ['[    0.000000] Linux version 6.12', 'host login: ', '[  OK  ] Reached target System Reboot.'];
  const restart = '[   99.000000] reboot: Restarting system';
  const asks = '\u{1F510} Please enter passphrase for disk x: (press TAB for no echo) ••••';
  test.each([
    ['failed-unit', [...boot, restart, '[FAILED] Failed to start x.service - X.']],
    ['failed-unit', ['[FAILED] Failed to start x.service - X.', restart, ...boot]],
    ['emergency-mode', [...boot, restart, 'You are in emergency mode. After logging in, type']],
    [undefined, [asks, ...boot, restart, asks, ...boot]],
    ['wrong-passphrase', [asks, asks, restart]],
  ])('%s: %j', (cause, lines) => {
    expect(checkConsole(Buffer.from(lines.join('\n'))).rejection?.cause).toBe(cause);
  });
});

test('a kernel log with dates, and one that is repeated', () => {
  const log = '[Tue Jan 24 19:21:10 2023] kernel BUG at mm/slub.c:1!\n';
  expect(checkConsole(Buffer.from(log)).rejection).toMatchObject({ cause: 'oops' });
  expect(checkConsole(Buffer.from(`root@host:~# dmesg -T\n${log}`)).rejection).toBeUndefined();
});

test('the times of a kernel that somebody shortened are not ours', () => {
  const log =
    'host login: \n[   31.112] gdm[812]: segfault at 8 ip 00007f11 sp 00007ffd error 4 in libc.so.6[7f11+1c]\n';
  expect(checkConsole(Buffer.from(log)).rejection).toMatchObject({ cause: 'coredump', line: 2 });
});

test('I/O errors of a guest that resets are none of the medium, with our times or only those of the kernel', () => {
  const log = recorded('reads-at-reset').toString();
  const cut = log.slice(0, log.indexOf('[   64.173755] ACPI'));
  for (const text of [Buffer.from(log), without(log)]) {
    const { findings, rejection } = checkConsole(text);
    expect(findings.map(({ severity, line }) => [severity, line])).toEqual([
      ['warn', 34],
      ['warn', 35],
      ['warn', 36],
    ]);
    expect(rejection).toBeUndefined();
  }
  for (const text of [Buffer.from(cut), without(cut)]) {
    expect(checkConsole(text).rejection).toMatchObject({ cause: 'io-error', line: 34 });
  }
});

test('an empty log has no findings', () => {
  expect(checkConsole(Buffer.alloc(0))).toEqual({ findings: [], rejection: undefined });
});
