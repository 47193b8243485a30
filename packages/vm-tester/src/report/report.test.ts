import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { thin, trimLines } from './budget.ts';
import { escapeText, html } from './html.ts';
import { junitXml } from './junit.ts';
import { renderReport } from './page.ts';
import { parseConsole, parseJournal } from './read.ts';
import type { Attempt } from './read.ts';

const EVIL = `</pre></script><script>alert(1)</script><img src=x onerror="alert(2)">'"&\u0000\u001b[31m\ud800`;

const REJECTED: Attempt = {
  verdict: {
    status: 'rejected',
    phase: 'initrd',
    cause: 'fs-corrupt',
    image: `/isos/${EVIL.replaceAll('/', '')}.iso`,
    firmware: 'bios',
    startedAt: '2026-01-01T00:00:00.000Z',
    endMs: 20_000,
    attempts: [{ folder: 'attempt-1', status: 'inconclusive', cause: 'infra:qemu', phase: 'kernel' }],
    milestones: { firmware: 0, bootloader: 500, kernel: 8_000, initrd: 12_000 },
    evidence: [{ source: 'serial', atMs: 15_000, line: EVIL, detector: 'squashfs' }],
    findings: [
      {
        severity: 'warn',
        cause: 'oops',
        phase: 'kernel',
        evidence: { source: 'serial', atMs: 9_000, line: `warned ${EVIL}`, detector: 'kernel-warning' },
      },
    ],
  },
  checks: [
    { name: 'holds', atMs: 1_000 },
    { name: `fails ${EVIL}`, failure: EVIL, atMs: 2_000 },
    { name: 'cannot be made', notJudged: EVIL, atMs: 3_000 },
  ],
  serial: [
    { atMs: 100, text: 'one' },
    { atMs: 15_000, text: EVIL },
  ],
  journal: [{ atMs: 9_000, text: `kernel: ${EVIL}`, priority: 3 }],
  shots: [{ atMs: 1_000, file: 'shots/000.png', png: Buffer.from('png') }],
  host: { accelerator: 'tcg', reason: EVIL },
  reproduce: `#!/bin/sh\n${EVIL}`,
  files: ['serial.log', `${EVIL}.txt`],
};

describe('a report', () => {
  const page = renderReport(REJECTED);

  test('holds nothing that the guest wrote as markup', () => {
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain('<img src=x');
    expect(page).not.toContain('onerror="');
    // oxlint-disable-next-line no-control-regex -- that there are none is the point
    expect(page).not.toMatch(/[\u0000-\u0008\u001b]/);
    expect(page.isWellFormed()).toBe(true);
  });

  test('names no address that a browser would load', () => {
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(page).toContain(`default-src &#39;none&#39;`);
  });

  test('tells first what decided, then the failing checks, then the timeline', () => {
    const order = [
      'fs-corrupt in phase initrd',
      'serial: squashfs',
      '1 of 3 checks hold, 1 not judged',
      'fails',
      'not judged: ',
      'Timeline',
    ];
    const places = order.map((text) => page.indexOf(text));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  test('of an image that was never booted has no timeline', () => {
    const { milestones: _, ...verdict } = REJECTED.verdict;
    const nothing = { checks: [], serial: [], journal: [], shots: [], host: {}, reproduce: '', files: [] };
    const preflight = renderReport({
      ...nothing,
      verdict: { ...verdict, milestones: {}, endMs: 0, phase: 'preflight' },
    });
    expect(preflight).toContain('not booted');
    expect(preflight).not.toContain('id="time"');
  });

  test('stays below 5 MB, whatever there is', () => {
    const lines = Array.from({ length: 50_000 }, (_, index) => ({ atMs: index, text: '<&>"'.repeat(20) }));
    const shots = Array.from({ length: 150 }, (_, index) => ({
      atMs: index,
      file: `shots/${index}.png`,
      png: Buffer.alloc(100_000),
    }));
    expect(renderReport({ ...REJECTED, serial: lines, journal: lines, shots }).length).toBeLessThan(10_000_000);
    const text = lines.map((line) => ({ ...line, text: 'an ordinary line of a console, of sixty or seventy letters' }));
    expect(renderReport({ ...REJECTED, serial: text, journal: text, shots }).length).toBeLessThan(5_000_000);
  });
});

// The table of all characters takes seconds to be made on a busy machine.
test('escaped text has no markup, and lists and templates join', () => {
  assert(
    property(string({ unit: 'binary' }), (text) => !/[<>"']/.test(escapeText(text))),
    { numRuns: 200 },
  );
  expect(html`<p title="${'"'}">${['a', html`<b>${'<'}</b>`, undefined, false]}</p>`.text).toBe(
    '<p title="&quot;">a<b>&lt;</b></p>',
  );
}, 60_000);

test('JUnit XML has a failing case for the phase and one for each failing check', () => {
  const xml = junitXml(REJECTED);
  expect(xml.match(/<testcase/g)).toHaveLength(7);
  expect(xml.match(/<failure/g)).toHaveLength(2);
  expect(xml.match(/<skipped/g)).toHaveLength(1);
  expect(xml).toContain('tests="7" failures="2" errors="0" skipped="1"');
  expect(xml).not.toContain('<script');
  // oxlint-disable-next-line no-control-regex -- that there are none is the point
  expect(xml).not.toMatch(/[\u0000-\u0008\u001b]/);
  expect(junitXml({ ...REJECTED, verdict: { ...REJECTED.verdict, status: 'inconclusive' } })).toContain('<error');
});

describe('budgets', () => {
  const lines = Array.from({ length: 100 }, (_, index) => ({ atMs: index, text: '1234567890' }));

  test('lines that fit stay', () => {
    expect(trimLines(lines, 1000, 'x.log')).toEqual(lines);
  });

  test('of too many lines the beginning and the end stay, and it is said where the rest is', () => {
    const kept = trimLines(lines, 300, 'x.log');
    expect(kept).toHaveLength(31);
    expect(kept[0]).toBe(lines[0]);
    expect(kept.at(-1)).toBe(lines.at(-1));
    expect(kept.find(({ text }) => text.startsWith('…'))?.text).toBe('… 70 lines are only in x.log');
  });

  test('of too many pictures every other goes; the last stays', () => {
    const shots = Array.from({ length: 9 }, (_, index) => ({ index, png: Buffer.alloc(10) }));
    expect(thin(shots, 90)).toEqual(shots);
    expect(thin(shots, 50).map(({ index }) => index)).toEqual([0, 2, 4, 6, 8]);
    expect(thin(shots, 10).map(({ index }) => index)).toEqual([8]);
    expect(thin(shots, 9)).toEqual([]);
  });
});

test('our serial.log is read back with its times', () => {
  expect(parseConsole('[   0.558] GRUB\n[ 100.000] [    1.5] x \n\n[cut')).toEqual([
    { atMs: 558, text: 'GRUB' },
    { atMs: 100_000, text: '[    1.5] x' },
  ]);
});

const entry = (ms: number, message: string) =>
  JSON.stringify({
    MESSAGE: message,
    SYSLOG_IDENTIFIER: 'a',
    PRIORITY: '4',
    __REALTIME_TIMESTAMP: String(ms * 1000),
  });

test('journal entries get times since the start, never going back', () => {
  const start = Date.parse('2026-01-01T00:00:00Z');
  const text = [entry(start + 5_000, 'one'), entry(start + 4_000, 'two'), '{"cut'].join('\n');
  expect(parseJournal(text, '2026-01-01T00:00:00Z')).toEqual([
    { atMs: 5_000, text: 'a: one', priority: 4 },
    { atMs: 5_000, text: 'a: two', priority: 4 },
  ]);
});
