import type { Screen } from '@phyllome/vm-tester';

/**
 * What the button says that leads to the next page of GNOME's assistant: `ready`, `incomplete` where the page still asks
 * for something; undefined: there is none.
 */
export type Forward = 'ready' | 'incomplete' | undefined;

/** libadwaita's accent colour, and half of it on its header bar, as a button that cannot be pressed is painted. */
const COLOURS = { ready: [53, 132, 228], incomplete: [154, 193, 241] } as const;
/** The header bar is up here, and the button has some 2000 pixels without its text. */
const HEADER_ROWS = 80;
const LEAST_PIXELS = 1000;

/** Reads the button off a screen. Pure. */
export function forwardButton({ width, height, pixels }: Screen): Forward {
  const found = { ready: 0, incomplete: 0 };
  for (let at = 0; at < Math.min(HEADER_ROWS, height) * width * 3; at += 3)
    for (const state of ['ready', 'incomplete'] as const)
      if (COLOURS[state].every((value, channel) => pixels[at + channel] === value)) found[state]++;
  return (['ready', 'incomplete'] as const).find((state) => found[state] >= LEAST_PIXELS);
}
