import { hash } from 'node:crypto';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { temporaryDirectory } from '@phyllome/host';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROWSERS, findBrowser } from '../../../vm-tester/test/browser.ts';
import { png } from '../../../vm-tester/test/integration/png.ts';
import { publish, readBuild, type ReleasedBuild } from '../../src/index.ts';
import { excessOf, launchBrowser, openPage, violations, waysToSee } from '../browser-page.ts';

const isLeftOut = findBrowser() === undefined && process.env['CI'] !== 'true';
if (isLeftOut)
  process.stdout.write(`left out, as none of ${BROWSERS.join(', ')} is installed: the release page in a browser\n`);

let work: Awaited<ReturnType<typeof temporaryDirectory>>;
let chrome: Browser;
let release: string;

const verdict = (status: string) => JSON.stringify({ status, milestones: {}, cause: 'failed-unit' });

/** One edition with everything that the page shows: verdicts of both kinds, screens, and many packages. */
async function makeBuild(root: string, edition: string, version: string): Promise<ReleasedBuild['build']> {
  const directory = join(root, `iso-${edition}`);
  const content = `${edition} ${version}`.padEnd(40, 'x');
  const name = `phyllome-${edition}-44-rehearsal.iso`;
  const iso = { name, sha256: hash('sha256', content), size: content.length };
  const packages = Array.from({ length: 300 }, (_, index) => ({
    name: `a-package-with-a-rather-long-name-<b>${index}</b>`,
    version: `${version}+dfsg1-really${index}~deb13u1`,
  }));
  const about = { edition, ...iso, volid: 'X', builder: 'rehearsal', rehearsal: true, profile: 'draft' };
  const files: Record<string, string | Buffer> = {
    [name]: content,
    'image.json': JSON.stringify({ schema: 1, ...about }),
    'manifest.json': JSON.stringify({ iso, releasever: '44' }),
    'packages.json': JSON.stringify({ packages }),
    'sbom.spdx.json': '{}',
    'provenance.intoto.json': '{}',
    'test-vm/bios/verdict.json': verdict('accepted'),
    'test-vm/bios/final.png': png(640, 400, [20, 60, 120]),
    'test-vm/bios/report.html': '<!doctype html><title>report</title>',
    'test-vm/uefi/verdict.json': verdict(edition === 'l' ? 'rejected' : 'inconclusive'),
    'test-vm/uefi/final.png': png(640, 400, [120, 60, 20]),
  };
  for (const [path, data] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), data);
  }
  return await readBuild(directory);
}

describe.skipIf(isLeftOut)('the release page', () => {
  beforeAll(async () => {
    work = await temporaryDirectory('release-page-');
    const released = async (edition: string): Promise<ReleasedBuild> => ({
      build: await makeBuild(join(work.path, 'now'), edition, '2.0'),
      title: 'hypervisor <script>document.title = "owned"</script>',
      kickstart: 'lang en_US.UTF-8\n',
      kickstartChanges: [`+ bootloader --append="${'an.argument=1 '.repeat(40)}"`],
      previous: await makeBuild(join(work.path, 'before'), edition, '1.0'),
    });
    release = join(work.path, 'release');
    await publish({
      tag: '44.1',
      project: 'Phyllome OS',
      date: '2026-11-29T00:00:00Z',
      builds: [await released('l'), await released('dhi')],
      destination: release,
      splitBytes: 30,
      evenUnjudged: true,
    });
    chrome = await launchBrowser();
  });
  afterAll(async () => {
    await chrome?.close();
    await work?.[Symbol.asyncDispose]();
  });

  test.each(waysToSee)(
    'in $colorScheme, on a screen of $viewport.width by $viewport.height, everyone can read it, and nothing sticks out',
    async (way) => {
      await using opened = await open(way);
      const { page } = opened;
      expect(await excessOf(page)).toBe(0);
      // What can be opened counts as well.
      for (const summary of await page.locator('summary').all()) await summary.click();
      expect(await excessOf(page)).toBe(0);
      expect(await violations(page)).toEqual([]);
      expect(opened.problems).toEqual([]);
    },
  );

  test('it has no script, loads nothing from elsewhere, and every link leads to a file of the release', async () => {
    await using opened = await open();
    const { page, requests } = opened;
    await page.locator('img').last().scrollIntoViewIfNeeded();
    const own = pathToFileURL(release).href;
    expect(requests.filter((url) => !url.startsWith(`${own}/`))).toEqual([]);
    expect(requests.length).toBeGreaterThan(1);
    expect(await page.locator('script').count()).toBe(0);
    expect(await page.title()).toBe('Phyllome OS 44.1');
    const links = await page.locator('a').evaluateAll((all) => all.map((one) => String(Reflect.get(one, 'href'))));
    expect(links.length).toBeGreaterThan(10);
    for (const link of links) await access(fileURLToPath(link.split('#', 1)[0] ?? ''));
    const broken = await page
      .locator('img')
      .evaluateAll((all) => all.filter((one) => Reflect.get(one, 'naturalWidth') === 0).length);
    expect(broken).toBe(0);
  });

  test('by keyboard: the way past the header, every link, and what opens', async () => {
    await using opened = await open();
    const { page } = opened;
    const focused = (): Promise<unknown> => page.evaluate("document.activeElement.textContent.trim().split('\\n')[0]");
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the editions');
    expect(await page.locator('.skip').boundingBox()).toMatchObject({ x: expect.any(Number) });
    expect((await page.locator('.skip').boundingBox())?.x).toBeGreaterThanOrEqual(0);
    await page.keyboard.press('Enter');
    expect(page.url()).toMatch(/#editions$/u);
    const reached = new Set<unknown>();
    const opens = page.locator('details').first();
    for (let press = 0; press < 100 && !(await opens.evaluate((one) => one.hasAttribute('open'))); press += 1) {
      await page.keyboard.press('Tab');
      const at = await focused();
      reached.add(at);
      if (/packages updated/u.test(String(at))) await page.keyboard.press('Enter');
    }
    expect([...reached]).toEqual(
      expect.arrayContaining(['manifest.json', 'CHECKSUM', '300 packages updated, 0 added, 0 removed']),
    );
    expect(await opens.getAttribute('open')).not.toBeNull();
    // Where the keyboard is can be seen.
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
  });
});

/** The page, opened, and what it asked for and complained of. */
const open = (options: BrowserContextOptions = {}) =>
  openPage(chrome, pathToFileURL(join(release, 'index.html')).href, options);
