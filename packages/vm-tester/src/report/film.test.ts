import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import { film } from './film.ts';

/** A grey picture with a white rectangle. */
function picture(width: number, height: number, from = 0, to = 0): Buffer {
  const png = new PNG({ width, height });
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const white = x >= from && x < to && y >= from && y < to;
      png.data.set([...Array.from({ length: 3 }, () => (white ? 255 : 90)), 255], (y * width + x) * 4);
    }
  }
  return PNG.sync.write(png);
}

function chunks(bytes: Buffer): { type: string; data: Buffer }[] {
  const found: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    found.push({
      type: bytes.toString('latin1', at + 4, at + 8),
      data: bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)),
    });
  }
  return found;
}

/** Of each fcTL: its number, area and delay in ms. */
function controls(bytes: Buffer): { area: number[]; delayMs: number }[] {
  return chunks(bytes)
    .filter(({ type }) => type === 'fcTL')
    .map(({ data }) => ({
      area: [4, 8, 12, 16].map((at) => data.readUInt32BE(at)),
      delayMs: data.readUInt16BE(20),
    }));
}

describe('a film of screens', () => {
  const frames = [
    { png: picture(20, 10), atMs: 0 },
    { png: picture(20, 10, 2, 5), atMs: 3_000 },
    { png: picture(40, 30), atMs: 600_000 },
  ];
  const bytes = film(frames, 600_100) ?? Buffer.alloc(0);

  test('begins with the first, on a canvas as large as the largest, also for who knows no animation', () => {
    const { width, height, data } = PNG.sync.read(bytes);
    expect([width, height]).toEqual([40, 30]);
    expect([...data.subarray(0, 4)]).toEqual([90, 90, 90, 255]);
    expect([...data.subarray(30 * 4, 30 * 4 + 4)]).toEqual([0, 0, 0, 255]);
  });

  test('has what changed of the others, and their times in quick motion', () => {
    expect(controls(bytes)).toEqual([
      { area: [40, 30, 0, 0], delayMs: 300 },
      { area: [3, 3, 2, 2], delayMs: 2_000 },
      { area: [40, 30, 0, 0], delayMs: 100 },
    ]);
    const numbered = chunks(bytes).filter(({ type }) => type === 'fcTL' || type === 'fdAT');
    expect(numbered.map(({ data }) => data.readUInt32BE(0))).toEqual(numbered.map((_, index) => index));
    expect(chunks(bytes).map(({ type }) => type)).toEqual([
      'IHDR',
      'acTL',
      'fcTL',
      'IDAT',
      'fcTL',
      'fdAT',
      'fcTL',
      'fdAT',
      'IEND',
    ]);
  });

  test('leaves out some of many, and keeps the first and the last', () => {
    const many = Array.from({ length: 200 }, (_, index) => ({ png: picture(8, 8, index % 7, 8), atMs: index }));
    const shown = controls(film(many, 200) ?? Buffer.alloc(0));
    expect(shown.length).toBeLessThanOrEqual(60);
    expect(shown.length).toBeGreaterThan(20);
  });

  test('is none of no screens', () => {
    expect(film([], 1)).toBeUndefined();
  });
});
