import { mkdtempDisposable, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { film } from '../../src/report/film.ts';
import { FILM, withArrival } from '../../src/report/read.ts';
import { writeReport } from '../../src/report/write.ts';
import { BROWSERS, findBrowser } from '../browser.ts';
import { png } from './png.ts';

const stamp = (atMs: number) => `[${(atMs / 1000).toFixed(3).padStart(8)}]`;

/** Of a guest whose clock is of 1970 for the first half, and of 2040 for the second. */
const entry = (atMs: number) => ({
  MESSAGE: `entry at ${atMs}`,
  SYSLOG_IDENTIFIER: 'systemd',
  PRIORITY: atMs === 16_000 ? '3' : '6',
  __REALTIME_TIMESTAMP: String(atMs < 10_000 ? atMs * 1000 : 2_208_988_800_000_000),
  __MONOTONIC_TIMESTAMP: String(atMs * 1000),
});

/** An attempt as a machine leaves it behind: 20 s, a screen every 4 s, a console line every 100 ms. */
async function writeAttempt(directory: string): Promise<void> {
  const write = (name: string, text: string | Buffer) => writeFile(join(directory, name), text);
  const start = Date.parse('2026-01-01T00:00:00Z');
  await mkdir(join(directory, 'shots'));
  const shots = [0, 1, 2, 3, 4].map((index) => ({ file: `shots/00${index}.png`, atMs: index * 4_000 }));
  const screens = shots.map(({ atMs }, index) => ({ atMs, png: png(64, 40, [index * 50, 80, 200 - index * 40]) }));
  for (const [index, { file }] of shots.entries()) await write(file, screens[index]?.png ?? '');
  await write(FILM, film(screens, 20_000) ?? '');
  const events = [
    ...shots.map((shot) => ({ type: 'screenshot', ...shot })),
    { type: 'check', name: 'has a root', atMs: 15_000 },
    { type: 'check', name: 'has no <b>failed</b> unit', failure: 'x.service is failed', atMs: 16_000 },
  ];
  await write('events.jsonl', events.map((event) => JSON.stringify(event)).join('\n'));
  const times = Array.from({ length: 200 }, (_, index) => index * 100);
  const lines = times.map((atMs) => `${stamp(atMs)} line at ${atMs} <script>document.title = 'owned'</script>`);
  await write('serial.log', lines.join('\n') + '\n');
  await write('journal.json', times.map((atMs) => withArrival(JSON.stringify(entry(atMs)), atMs)).join('\n'));
  await write('host.json', JSON.stringify({ accelerator: 'tcg' }));
  await write('reproduce.sh', '#!/bin/sh\n');
  const evidence = { source: 'guest', atMs: 16_000, line: 'x.service is failed', detector: 'failed-units' };
  const finding = { severity: 'fail', cause: 'failed-unit', phase: 'checks', evidence };
  const verdict = {
    status: 'rejected',
    phase: 'checks',
    cause: 'failed-unit',
    evidence: [evidence],
    milestones: { firmware: 0, bootloader: 500, kernel: 3_000, initrd: 6_000, ready: 14_000, checks: 14_100 },
    image: '/isos/test.iso',
    firmware: 'bios',
    startedAt: new Date(start).toISOString(),
    endMs: 20_000,
    findings: [finding],
  };
  await write('verdict.json', JSON.stringify(verdict));
  const last = {
    ...verdict,
    status: 'accepted',
    endMs: 12_000,
    units: [],
    messages: ['line at # <script>', 'entry at #'],
  };
  await write('last-accepted.json', JSON.stringify(last));
}

/** What is shown of the moment, everywhere: in-page.js. */
function shown(page: Page): Promise<unknown> {
  return page.evaluate('shown()');
}

const browser = findBrowser();

test('the report works in a browser: everything follows one moment, offline, by keyboard', async ({ skip }) => {
  if (browser === undefined && process.env['CI'] !== 'true') {
    skip(`none of ${BROWSERS.join(', ')} is installed; CI=true ./setup brings one`);
  }
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  await writeAttempt(directory.path);
  const report = writeReport(directory.path);

  const chrome = await chromium.launch({ executablePath: browser ?? 'chromium', chromiumSandbox: false });
  try {
    const page = await chrome.newPage();
    const requests: string[] = [];
    const problems: string[] = [];
    page.on('request', (request) => requests.push(request.url().slice(0, 40)));
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    await page.addInitScript({ path: join(import.meta.dirname, 'in-page.js') });
    await page.goto(pathToFileURL(report).href);

    // It opens at what decided, and the check that fails comes before the one that holds.
    expect(await shown(page)).toEqual({
      now: '16.0 s',
      screen: '16000',
      milestone: 'checks',
      serial: '16.0',
      journal: '16.0',
      inView: true,
    });
    expect(await page.title()).toBe('rejected: test.iso, bios');
    expect(await page.locator('.checks .failed span').textContent()).toBe('has no <b>failed</b> unit');

    // It is the first thing below the headline, and its moment is one click away, in view.
    await expect(page.locator('main > section').first().locator('h2').textContent()).resolves.toBe(
      '1 of 2 checks failed',
    );
    await page.locator('#time').fill('0');
    await page.locator('.checks .failed .at').click();
    expect(await shown(page)).toMatchObject({ now: '16.0 s', screen: '16000', serial: '16.0', journal: '16.0' });
    expect(await page.evaluate("document.querySelector('#timeline').getBoundingClientRect().top")).toBeLessThan(100);
    await page.locator('#time').fill('0');
    await page.locator('.findings circle').click();
    expect(await shown(page)).toMatchObject({ now: '16.0 s' });
    await expect(page.locator('#compared').isVisible()).resolves.toBe(true);

    await page.locator('.milestones .at').nth(2).click();
    await expect
      .poll(() => shown(page))
      .toMatchObject({ now: '3.0 s', screen: '0', milestone: 'kernel', inView: true });

    // By keyboard: the slider, then the buttons.
    await page.locator('#time').focus();
    await page.keyboard.press('Home');
    expect(await shown(page)).toMatchObject({ now: '0.0 s', milestone: 'firmware', serial: '0.0' });
    for (let tabs = 0; tabs < 2; tabs++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await shown(page)).toMatchObject({ now: '4.0 s', screen: '4000', milestone: 'kernel', serial: '4.0' });

    // The arrow keys step from screen to screen, and a frame of the film goes to its own.
    await page.keyboard.press('ArrowLeft');
    expect(await shown(page)).toMatchObject({ now: '0.0 s', screen: '0' });
    await page.keyboard.press('ArrowRight');
    expect(await shown(page)).toMatchObject({ now: '4.0 s', screen: '4000' });
    await page.locator('.film button').nth(3).click();
    expect(await shown(page)).toMatchObject({ now: '12.0 s', screen: '12000', milestone: 'initrd' });

    // Its screens as a film, of which the browser knows the form.
    await page.locator('.motion summary').click();
    await expect.poll(() => page.evaluate("document.querySelector('.motion img').naturalWidth")).toBe(64);
    await page.locator('.motion summary').click();

    // Scrolling one console moves the screen and the other console.
    await page.locator('#journal').evaluate((box) => (box.scrollTop = box.scrollHeight));
    await expect.poll(() => shown(page)).toMatchObject({ screen: '16000', serial: '19.9', journal: '19.9' });

    expect(problems).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('data:'))).toHaveLength(1);

    // Text is readable on its paper in both colour schemes (WCAG: 4.5).
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await page.evaluate('lowestContrast()'), colorScheme).toBeGreaterThan(4.5);
    }
  } finally {
    await chrome.close();
  }
});
