import { crc32 } from 'node:zlib';
import { PNG } from 'pngjs';
import { thin } from './budget.ts';

/** A screen as PNG, and when it was seen. */
export interface Frame {
  png: Buffer;
  atMs: number;
}

const MOST_FRAMES = 60;
const MOST_BYTES = 4 * 2 ** 20;
/** In quick motion; a screen that stayed for minutes is looked at for two seconds. */
const FASTER = 10;
const [LEAST_MS, MOST_MS] = [100, 2_000];

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
/** In the header, which is every PNG's first chunk. */
const [WIDTH_AT, HEIGHT_AT] = [16, 20];

/**
 * What a monitor showed from the start to the end, as an animated PNG (W3C's PNG specification, third edition), which
 * browsers play once. Of many screens every other one is left out; each but the first has only what changed.
 * undefined for no screens.
 */
export function film(seen: readonly Frame[], endMs: number): Buffer | undefined {
  const frames = thin(few(seen), MOST_BYTES);
  const width = Math.max(0, ...frames.map(({ png }) => png.readUInt32BE(WIDTH_AT)));
  const height = Math.max(0, ...frames.map(({ png }) => png.readUInt32BE(HEIGHT_AT)));
  if (width === 0 || height === 0) return undefined;
  const parts: Buffer[] = [];
  let sequence = 0;
  let before: PNG | undefined;
  for (const [index, { png, atMs }] of frames.entries()) {
    const picture = PNG.sync.read(png); // one at a time: each takes megabytes
    const canvas = black(width, height);
    PNG.bitblt(picture, canvas, 0, 0, picture.width, picture.height, 0, 0);
    const area = before === undefined ? { x: 0, y: 0, width, height } : changedArea(before, canvas);
    before = canvas;
    const nextMs = frames[index + 1]?.atMs ?? endMs;
    const delayMs = Math.round(Math.min(MOST_MS, Math.max(LEAST_MS, (nextMs - atMs) / FASTER)));
    parts.push(control(sequence++, area, delayMs));
    for (const data of dataOf(canvas, area)) {
      parts.push(index === 0 ? chunk('IDAT', data) : chunk('fdAT', Buffer.concat([number(sequence++), data])));
    }
  }
  const head = Buffer.concat([number(width), number(height), Buffer.from([8, 2, 0, 0, 0])]);
  const animation = chunk('acTL', Buffer.concat([number(frames.length), number(1)]));
  return Buffer.concat([SIGNATURE, chunk('IHDR', head), animation, ...parts, chunk('IEND', Buffer.alloc(0))]);
}

function few(frames: readonly Frame[]): readonly Frame[] {
  if (frames.length <= MOST_FRAMES) return frames;
  return few(frames.filter((_, index) => index % 2 === 0 || index === frames.length - 1));
}

interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

function black(width: number, height: number): PNG {
  const png = new PNG({ width, height });
  for (let at = 3; at < png.data.length; at += 4) png.data[at] = 0xff;
  return png;
}

/** The least rectangle with every difference; one pixel where there is none. */
function changedArea(before: PNG, { width, height, data }: PNG): Area {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    const [from, to] = [y * width * 4, (y + 1) * width * 4];
    if (data.subarray(from, to).equals(before.data.subarray(from, to))) continue;
    top = Math.min(top, y);
    bottom = y;
    for (let x = 0; x < width; x++) {
      const at = from + x * 4;
      if (data.readUInt32BE(at) === before.data.readUInt32BE(at)) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
    }
  }
  if (right < 0) return { x: 0, y: 0, width: 1, height: 1 };
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** The compressed pixels of a part of a picture, in RGB. */
function dataOf(canvas: PNG, { x, y, width, height }: Area): Buffer[] {
  const part = new PNG({ width, height });
  PNG.bitblt(canvas, part, x, y, width, height, 0, 0);
  const bytes = PNG.sync.write(part, { colorType: 2, inputColorType: 6, deflateLevel: 6 });
  const found: Buffer[] = [];
  for (let at = SIGNATURE.length; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') {
      found.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
    }
  }
  return found;
}

/** fcTL: leaves what was shown and puts the area over it. */
function control(sequence: number, { x, y, width, height }: Area, delayMs: number): Buffer {
  const delay = Buffer.alloc(4);
  delay.writeUInt16BE(delayMs, 0);
  delay.writeUInt16BE(1_000, 2);
  return chunk('fcTL', Buffer.concat([...[sequence, width, height, x, y].map(number), delay, Buffer.from([0, 0])]));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([number(data.length), body, number(crc32(body))]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
