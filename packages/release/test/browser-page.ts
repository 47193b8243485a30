import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findBrowser } from '../../vm-tester/test/browser.ts';

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: findBrowser() ?? 'chromium', chromiumSandbox: false });

/** How people see a page: on a desk, in the dark, on a phone. */
export const waysToSee = [
  { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  { colorScheme: 'light', viewport: { width: 320, height: 640 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const satisfies BrowserContextOptions[];

/** A page, opened, and what it asked for and complained of. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const requests: string[] = [];
  const problems: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(url);
  return { page, requests, problems, [Symbol.asyncDispose]: () => context.close() };
}

/** What axe-core finds, as `rule: element`. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found: { id: string; nodes: { html: string }[] }[] = await page.evaluate(
    'axe.run().then(({ violations }) => violations)',
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

/** Pixels by which a page is wider than the screen. */
export function excessOf(page: Page): Promise<unknown> {
  return page.evaluate('document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth');
}
