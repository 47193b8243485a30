import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import * as z from 'zod';
import { VmTesterError } from '../errors.ts';
import { parseJson } from '../json.ts';
import type { Screen } from './screen.ts';
import type { Rect } from './text.ts';

/** Percent of similarity that an area needs, and how far it may have moved, in pixels: openQA's defaults. */
const DEFAULT_MATCH = 96;
const DEFAULT_MARGIN = 50;

const Area = z.object({
  type: z.enum(['match', 'exclude']),
  xpos: z.number().int().min(0),
  ypos: z.number().int().min(0),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  match: z.number().min(0).max(100).default(DEFAULT_MATCH),
  margin: z.number().int().min(0).default(DEFAULT_MARGIN),
});

/** `name.json` beside `name.png`: the format of openQA's needles, without its OCR areas. */
const Description = z.object({ tags: z.array(z.string()).min(1), area: z.array(Area).min(1) });

export interface NeedleArea extends Rect {
  match: number;
  margin: number;
}

/** A screen that was once seen, and which parts of it count. */
export interface Needle {
  name: string;
  tags: string[];
  picture: Screen;
  areas: NeedleArea[];
  /** What is in these does not count. */
  excluded: Rect[];
}

/**
 * The needles of a directory.
 * @throws {VmTesterError} NEEDLE_INVALID with the file and what is wrong in it
 */
export async function readNeedles(directory: string): Promise<Needle[]> {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw new VmTesterError('NEEDLE_INVALID', `cannot read the needles in ${directory}`, {
      hint: 'the machine option needles names a directory of NAME.png and NAME.json',
      cause,
    });
  });
  const described = names.filter((name) => name.endsWith('.json')).toSorted();
  return await Promise.all(described.map((name) => readNeedle(directory, name.slice(0, -'.json'.length))));
}

async function readNeedle(directory: string, name: string): Promise<Needle> {
  const file = join(directory, `${name}.json`);
  const invalid = (what: string, cause?: unknown) =>
    new VmTesterError('NEEDLE_INVALID', `${file}: ${what}`, {
      hint: '{"tags":["login"],"area":[{"type":"match","xpos":0,"ypos":0,"width":100,"height":20}]}',
      cause,
    });
  const description = parseJson(Description, await readFile(file, 'utf8'));
  if (!description) throw invalid('no needle: it needs tags, and areas of type match or exclude');
  const picture = await readPng(join(directory, `${name}.png`)).catch((cause: unknown) => {
    throw invalid(`its picture ${name}.png cannot be read`, cause);
  });
  const outside = description.area.find(
    ({ xpos, ypos, width, height }) => xpos + width > picture.width || ypos + height > picture.height,
  );
  if (outside) throw invalid(`its area at ${outside.xpos},${outside.ypos} is not within the picture`);
  const areas = description.area.filter(({ type }) => type === 'match');
  if (areas.length === 0) throw invalid('no area is of type match');
  return {
    name,
    tags: description.tags,
    picture,
    areas: areas.map((area) => ({ ...rect(area), match: area.match, margin: area.margin })),
    excluded: description.area.filter(({ type }) => type === 'exclude').map(rect),
  };
}

function rect({ xpos: x, ypos: y, width, height }: z.infer<typeof Area>): Rect {
  return { x, y, width, height };
}

/** A screen as a PNG file's bytes. */
export function toPng({ width, height, pixels }: Screen): Buffer {
  const png = new PNG({ width, height });
  for (let pixel = 0; pixel < width * height; pixel++) {
    pixels.copy(png.data, pixel * 4, pixel * 3, pixel * 3 + 3);
    png.data[pixel * 4 + 3] = 0xff;
  }
  return PNG.sync.write(png);
}

async function readPng(path: string): Promise<Screen> {
  const { width, height, data } = PNG.sync.read(await readFile(path));
  const pixels = Buffer.alloc(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) data.copy(pixels, pixel * 3, pixel * 4, pixel * 4 + 3);
  return { width, height, pixels };
}
