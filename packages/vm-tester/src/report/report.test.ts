import { readFileSync } from 'node:fs';
import { mkdir, mkdtempDisposable, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { thin, trimLines } from './budget.ts';
import { compareRuns, kindOf, summarizeRun } from './compare.ts';
import { escapeText, html } from './html.ts';
import { junitXml } from './junit.ts';
import { bringLastAccepted, keepAccepted } from './last-accepted.ts';
import { renderReport } from './page.ts';
import { parseConsole, parseJournal, readAttempt, withArrival } from './read.ts';
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
  started: [{ unit: `${EVIL}.service`, atMs: 9_500 }],
  last: {
    image: `/isos/${EVIL}.iso`,
    firmware: 'bios',
    endMs: 9_000,
    milestones: { firmware: 0, kernel: 4_000 },
    units: [EVIL],
    messages: [],
  },
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

  test('begins with the failing check, then the other reasons, what is different, and the timeline', () => {
    const order = [
      'fs-corrupt in phase initrd',
      '1 of 3 checks failed',
      'fails',
      'serial: squashfs',
      '1 of 3 checks hold, 1 not judged',
      'not judged: ',
      'What is different from the last accepted run',
      'Timeline',
    ];
    const places = order.map((text) => page.indexOf(text));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  test('leads from each check and finding to its moment, above the timeline and on it', () => {
    for (const atMs of [2_000, 15_000, 9_000]) expect(page).toContain(`class="at" data-go="${atMs}"`);
    expect(page.match(/<circle\s+data-go="9000"\s+class="warn"\s+cx="45.00%"/g)).toHaveLength(1);
  });

  test('without an accepted run before it compares nothing', () => {
    const { last: _, ...alone } = REJECTED;
    expect(renderReport(alone)).not.toContain('last accepted run');
  });

  test('of an image that was never booted has no timeline', () => {
    const { milestones: _, ...verdict } = REJECTED.verdict;
    const nothing = { checks: [], serial: [], journal: [], started: [], shots: [], host: {}, reproduce: '', files: [] };
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
    const film = Buffer.alloc(400_000);
    expect(renderReport({ ...REJECTED, serial: text, journal: text, shots, film }).length).toBeLessThan(5_000_000);
  });

  test('has the film of a run that failed, or names one that is too large for it', () => {
    const film = Buffer.from('film');
    expect(page).not.toContain('as a film');
    expect(renderReport({ ...REJECTED, film })).toContain(`data:image/apng;base64,${film.toString('base64')}"`);
    const named = renderReport({ ...REJECTED, film: Buffer.alloc(4_000_000) });
    expect(named).toContain('href="screen.apng"');
    expect(named.length).toBeLessThan(100_000);
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

/** An entry that arrived `delayMs` after journald took it, `takenMs` after the guest's kernel began at 3 s. */
const entry = (takenMs: number, { delayMs = 0, beganMs = 3_000, ...fields }: Record<string, unknown> = {}) =>
  withArrival(
    JSON.stringify({
      MESSAGE: `at ${takenMs}`,
      SYSLOG_IDENTIFIER: 'a',
      PRIORITY: '4',
      // A clock that somebody sets to 2040, and back to 1970.
      __REALTIME_TIMESTAMP: String(takenMs % 2_000 === 0 ? 2_208_988_800_000_000 : 0),
      __MONOTONIC_TIMESTAMP: String(takenMs * 1000),
      ...fields,
    }),
    Number(beganMs) + takenMs + Number(delayMs),
  );
const timesOf = (...lines: string[]) => parseJournal(lines.join('\n')).map(({ atMs }) => atMs);

describe('the journal on the time axis of the run', () => {
  test('whatever the clock of the guest says, and however late its first entries arrive', () => {
    const lines = [entry(1_000, { delayMs: 20_000 }), entry(4_000, { delayMs: 17_000 }), entry(30_000), entry(31_000)];
    expect(timesOf(...lines, '{"cut')).toEqual([4_000, 7_000, 33_000, 34_000]);
  });

  test('a message of the kernel when the kernel said it, not when journald came to read it', () => {
    const said = { _TRANSPORT: 'kernel', _SOURCE_MONOTONIC_TIMESTAMP: '250000' };
    expect(timesOf(entry(12_000, said), entry(13_000))).toEqual([3_250, 16_000]);
    // Nobody else is asked when he said it.
    expect(timesOf(entry(12_000, { ...said, _TRANSPORT: 'syslog' }))).toEqual([15_000]);
  });

  test('after a reboot, and after the machine was set back or stood still, each as its own clock says', () => {
    const first = [entry(1_000, { delayMs: 9_000 }), entry(20_000)];
    const again = [entry(1_000, { beganMs: 40_000, delayMs: 5_000 }), entry(8_000, { beganMs: 40_000 })];
    expect(timesOf(...first, ...again)).toEqual([4_000, 23_000, 41_000, 48_000]);
  });

  test('never later than it arrived, nor before the start, whatever a guest writes', () => {
    const liar = withArrival('{"MESSAGE":"x","__MONOTONIC_TIMESTAMP":"9e15","__VMT_ARRIVED_MS":1}', 5_000);
    expect(timesOf(entry(1_000), liar)).toEqual([0, 5_000]);
  });
});

const recorded = (name: string) => readFileSync(join(import.meta.dirname, '../../test/recorded', name), 'utf8');

/** A recorded console as a run that it decided, with what its journal would hold. */
function runOf(name: string, status: 'accepted' | 'rejected', journal: Attempt['journal'] = []): Attempt {
  const serial = parseConsole(recorded(name));
  const milestones = { firmware: 0, kernel: 5_000, initrd: 12_000, ...(status === 'accepted' && { shutdown: 60_000 }) };
  const verdict = { ...REJECTED.verdict, status, milestones, endMs: 65_000 };
  return { ...REJECTED, verdict, serial, journal, started: [] };
}

describe('what is different from when it was good', () => {
  const good = runOf('good-l-uefi.serial.log', 'accepted');

  test('a run is not different from itself', () => {
    const { newMessages, newUnits, missingUnits } = compareRuns(good, summarizeRun(good));
    expect({ newMessages, newUnits, missingUnits }).toEqual({ newMessages: [], newUnits: [], missingUnits: [] });
  });

  test.each([
    ['corrupt-squashfs.serial.log', /SQUASHFS error/],
    ['truncated-iso.serial.log', /attempt to access beyond end of device/],
    ['wrong-label.serial.log', /dracut-initqueue.*timeout|Could not boot/],
    ['root-without-init.serial.log', /contains no usable init/],
  ])('of %s the words that tell are among the new ones, and the rest of the boot is not', (name, telling) => {
    const bad = runOf(name, 'rejected');
    const { newMessages } = compareRuns(bad, summarizeRun(good));
    expect(newMessages.map(({ text }) => text).join('\n')).toMatch(telling);
    expect(newMessages.length).toBeLessThan(new Set(bad.serial.map(({ text }) => text)).size / 4);
  });

  test('the gravest messages come first, each kind once, and a console adds what the journal has not', () => {
    const journal = [
      { atMs: 1_000, text: 'kernel: usb 1-1: new device number 7', priority: 6 },
      { atMs: 2_000, text: 'kernel: usb 1-1: new device number 8', priority: 6 },
      { atMs: 3_000, text: 'x: broke 3 times', priority: 3 },
    ];
    const serial = [
      { atMs: 1_000, text: '[    1.000000] usb 1-1: new device number 7' },
      { atMs: 4_000, text: '[    4.000000] Kernel panic - not syncing: late' },
    ];
    const now = { ...good, journal, serial };
    const last = summarizeRun({ ...good, journal: [], serial: [] });
    expect(compareRuns(now, last).newMessages).toEqual([
      { ...journal[2], count: 1 },
      { ...journal[0], count: 2 },
      { ...serial[1], count: 1 },
    ]);
  });

  test('units that are new and, once all were started, those that are missing', () => {
    const started = [
      { unit: 'a.service', atMs: 1 },
      { unit: 'session-1.scope', atMs: 2 },
    ];
    const last = summarizeRun({ ...good, started });
    const now = { ...good, started: ['session-7.scope', 'b.service', 'b.service'].map((unit) => ({ unit, atMs: 5 })) };
    const { newUnits, missingUnits, phases } = compareRuns(now, last);
    expect([newUnits, missingUnits]).toEqual([[{ unit: 'b.service', atMs: 5 }], ['a.service']]);
    expect(phases).toContainEqual({ phase: 'kernel', nowMs: 7_000, thenMs: 7_000 });
    const early = { ...now, verdict: { ...now.verdict, milestones: { firmware: 0 } } };
    expect(compareRuns(early, last).missingUnits).toEqual([]);
  });

  test.each([
    ['[   12.345678] systemd[1]: Started x.service.', 'Started x.service.'],
    ['\u001b[0;32m[  OK  ] Started x.service.', 'Started x.service.'],
    ['[**    ] (1 of 2) Job x.service/start running (11s / 50min)', ''],
    ['x.service: Consumed 1min 23.144s CPU time', 'x.service: Consumed # CPU time'],
    ['x.service: Consumed 23.144s CPU time', 'x.service: Consumed # CPU time'],
  ])('the kind of %j', (text, kind) => {
    expect(kindOf(text)).toBe(kind);
  });

  // What takes the square of its length does not end in a test's time.
  test('the kind of a long message', () => {
    expect(kindOf(`${'a'.repeat(2 ** 21)} b1`)).toMatch(/^a+ #$/);
  });
});

test('what is kept of an accepted run is brought to the next one; what is damaged is not a run', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const inside = (name: string) => join(directory.path, name);
  const [kept, run, next] = [inside('kept/iso-l.bios.json'), inside('run'), inside('next')];
  await mkdir(run);
  await mkdir(next);
  await bringLastAccepted(kept, next);
  expect(await readdir(next)).toEqual([]);
  const verdict = { ...REJECTED.verdict, status: 'accepted' };
  await writeFile(join(run, 'verdict.json'), JSON.stringify(verdict));
  await writeFile(join(run, 'serial.log'), '[   1.000] [    0.1] usb 1-1: new\n');
  await keepAccepted(run, kept);
  await bringLastAccepted(kept, next);
  await writeFile(join(next, 'verdict.json'), JSON.stringify(verdict));
  expect(readAttempt(next).last).toMatchObject({ firmware: 'bios', messages: ['usb # new'] });
  await writeFile(join(next, 'last-accepted.json'), '{"units": 7}');
  expect(readAttempt(next).last).toBeUndefined();
});
