/** What a monitor would show, as red, green, blue bytes, row by row. */
export interface Screen {
  width: number;
  height: number;
  pixels: Buffer;
}

/** QEMU's screendump without a format: a binary PPM of 8 bits a channel (ppm(5)). */
export function parsePpm(bytes: Buffer): Screen {
  const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.toString('latin1', 0, 64));
  if (!header) throw new TypeError(`no PPM image: it begins with ${JSON.stringify(bytes.toString('latin1', 0, 16))}`);
  const [width, height] = [Number(header[1]), Number(header[2])];
  const pixels = bytes.subarray(header[0].length);
  if (pixels.length !== width * height * 3) throw new TypeError('the PPM image is cut short');
  return { width, height, pixels };
}

/** How many colours it has: a text console a handful, a painted desktop hundreds. */
export function countColours({ pixels }: Screen): number {
  const colours = new Set<number>();
  for (let at = 0; at < pixels.length; at += 3) colours.add(pixels.readUIntBE(at, 3));
  return colours.size;
}

/** A blinking cursor does not make a screen move. */
export const STILL_SHARE = 0.001;

/** The share of pixels in which two screens differ; all of them when their sizes do. */
export function differingShare(one: Screen, other: Screen): number {
  if (one.width !== other.width || one.height !== other.height) return 1;
  const [a, b] = [one.pixels, other.pixels];
  let differing = 0;
  for (let at = 0; at < a.length; at += 3) {
    if (a[at] !== b[at] || a[at + 1] !== b[at + 1] || a[at + 2] !== b[at + 2]) differing++;
  }
  return differing / (one.width * one.height);
}

/** Is it of one colour? */
export function isBlank({ pixels }: Screen): boolean {
  for (let at = 3; at < pixels.length; at++) if (pixels[at] !== pixels[at - 3]) return false;
  return true;
}
