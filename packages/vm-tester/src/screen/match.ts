import type { Needle, NeedleArea } from './needle.ts';
import type { Screen } from './screen.ts';
import type { Rect } from './text.ts';

/** Where an area of a needle is on a screen, or what there looks most like it. */
export interface AreaMatch extends Rect {
  /** Percent. */
  similarity: number;
  matched: boolean;
}

/** How well a needle fits a screen: it matches when each of its areas does. */
export interface NeedleMatch {
  needle: string;
  matched: boolean;
  /** Of its worst area, in percent. */
  similarity: number;
  /** Where each area was found, or what looks most like it. */
  areas: AreaMatch[];
}

/** The search looks at so many pixels of an area; the best places are then compared in full. */
const PROBES = 400;
const FINALISTS = 12;

/** Looks for every area of a needle on a screen, each within its margin. */
export function matchNeedle(needle: Needle, screen: Screen): NeedleMatch {
  const [pictured, shown] = [grey(needle.picture), grey(screen)];
  const areas = needle.areas.map((area) => find(area, needle, pictured, shown));
  const similarity = Math.min(...areas.map((area) => area.similarity));
  return { needle: needle.name, matched: areas.every(({ matched }) => matched), similarity, areas };
}

/** Brightness, a byte a pixel. */
interface Grey {
  width: number;
  height: number;
  values: Uint8Array;
}

function grey({ width, height, pixels }: Screen): Grey {
  const values = new Uint8Array(width * height);
  for (let pixel = 0, at = 0; pixel < values.length; pixel++, at += 3) {
    values[pixel] = ((pixels[at] ?? 0) * 77 + (pixels[at + 1] ?? 0) * 151 + (pixels[at + 2] ?? 0) * 28) >> 8;
  }
  return { width, height, values };
}

/** Where within its margin the area fits best. Where it was is looked at first, in full: mostly it has not moved. */
function find(area: NeedleArea, needle: Needle, pictured: Grey, shown: Grey): AreaMatch {
  const points = countedPoints(area, needle.excluded);
  const result = (x: number, y: number, similarity: number): AreaMatch => {
    const { width, height, match } = area;
    return { x, y, width, height, similarity: Math.round(similarity * 10) / 10, matched: similarity >= match };
  };
  const inside = (x: number, y: number) =>
    x >= 0 && y >= 0 && x + area.width <= shown.width && y + area.height <= shown.height;
  const at = (x: number, y: number, some: Point[]) => likeness(some, pictured, shown, x - area.x, y - area.y);
  if (inside(area.x, area.y)) {
    const here = at(area.x, area.y, points);
    if (here >= area.match) return result(area.x, area.y, here);
  }
  const step = Math.ceil(points.length / PROBES);
  const probes = points.filter((_, index) => index % step === 0);
  const places: AreaMatch[] = [];
  for (let y = area.y - area.margin; y <= area.y + area.margin; y++) {
    for (let x = area.x - area.margin; x <= area.x + area.margin; x++) {
      if (inside(x, y)) places.push(result(x, y, at(x, y, probes)));
    }
  }
  const best = places.toSorted((a, b) => b.similarity - a.similarity).slice(0, FINALISTS);
  const compared = best.map(({ x, y }) => result(x, y, at(x, y, points)));
  return compared.reduce(
    (one, other) => (other.similarity > one.similarity ? other : one),
    result(area.x, area.y, 0), // a screen too small for it
  );
}

interface Point {
  x: number;
  y: number;
}

function countedPoints({ x, y, width, height }: Rect, excluded: Rect[]): Point[] {
  const points: Point[] = [];
  for (let row = y; row < y + height; row++) {
    for (let column = x; column < x + width; column++) {
      if (!excluded.some((rect) => contains(rect, column, row))) points.push({ x: column, y: row });
    }
  }
  return points;
}

function contains(rect: Rect, x: number, y: number): boolean {
  return x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
}

/**
 * Percent: the normalised correlation of the two brightnesses, less what their levels differ. Correlation sees the
 * shapes, so that a text that differs on an equal background is recognised; the level distinguishes black from white where
 * there are no shapes.
 */
function likeness(points: Point[], needle: Grey, screen: Grey, dx: number, dy: number): number {
  const n = points.length;
  if (n === 0) return 100; // all of it is excluded
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  for (const { x, y } of points) {
    const a = needle.values[y * needle.width + x] ?? 0;
    const b = screen.values[(y + dy) * screen.width + x + dx] ?? 0;
    sumA += a;
    sumB += b;
    sumAA += a * a;
    sumBB += b * b;
    sumAB += a * b;
  }
  const level = Math.abs(sumA - sumB) / n / 255;
  const [varianceA, varianceB] = [sumAA - (sumA * sumA) / n, sumBB - (sumB * sumB) / n];
  const flat = n; // a variance of one grey level a pixel: no shape
  const shapes = [varianceA, varianceB].filter((variance) => variance > flat).length;
  const correlation =
    shapes === 0 ? 1 : shapes === 1 ? 0 : (sumAB - (sumA * sumB) / n) / Math.sqrt(varianceA * varianceB);
  return Math.max(0, correlation - level) * 100;
}
