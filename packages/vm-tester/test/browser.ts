import { accessSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];

/** The first of them on the PATH. */
export function findBrowser(): string | undefined {
  const places = (process.env['PATH'] ?? '').split(delimiter);
  return BROWSERS.flatMap((name) => places.map((place) => join(place, name))).find((path) => {
    try {
      accessSync(path);
      return true;
    } catch {
      return false;
    }
  });
}
