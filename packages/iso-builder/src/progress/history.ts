import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import writeFileAtomic from 'write-file-atomic';
import * as z from 'zod';
import { type Phase, phases } from './build-event.ts';

/** Builds that are remembered: enough that one on a busy machine does not count much. */
const rememberedBuilds = 5;

const historySchema = z.object({
  schema: z.literal('phyllome-timings/1'),
  /** Oldest first. */
  builds: z.array(
    z.object({
      /** Milliseconds in each phase. */
      phasesMs: z.partialRecord(z.enum(phases), z.number()),
      /** Size of the compressed root file system. */
      squashfsBytes: z.number().optional(),
    }),
  ),
});
/** How long the phases of earlier builds of the same took. */
export type History = z.infer<typeof historySchema>;
export type Timing = History['builds'][number];

const empty: History = { schema: 'phyllome-timings/1', builds: [] };

/** An unreadable file is as good as none: all it has is how long something may take. */
export async function readHistory(path: string | undefined): Promise<History> {
  if (path === undefined) return empty;
  try {
    return historySchema.parse(parseJson(await readFile(path, 'utf8')));
  } catch {
    return empty;
  }
}

/** Remembers a build, and forgets the oldest. Appears in one step; of two at once, one is forgotten. */
export async function remember(path: string, history: History, timing: Timing): Promise<void> {
  const next: History = { ...history, builds: [...history.builds, timing].slice(-rememberedBuilds) };
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, `${JSON.stringify(next, null, 2)}\n`);
}

/** What a builder is known to take, in milliseconds; what is left out is guessed. */
export interface UsualTimes {
  /** Of a first build that finds the builder's image. */
  readonly phasesMs?: Readonly<Partial<Record<Phase, number>>>;
  readonly buildImageMs?: number;
}

/** What a build is expected to take. */
export interface Expectation {
  /** Milliseconds. */
  readonly phasesMs: Readonly<Partial<Record<Phase, number>>>;
  /** What building the builder's image takes, which few builds have to. */
  readonly buildImageMs: number;
  readonly squashfsBytes: number | undefined;
  /** From earlier builds; else it is a guess, good for the proportions and not for a time. */
  readonly learnt: boolean;
}

/**
 * For a build of which nothing is known: public reports of real installations (15 to 60 minutes, most of them in the
 * installer), and livemedia-creator's own steps as timed with lorax 43.12.
 */
const guess: Readonly<Record<Phase, number>> = {
  preflight: 1000,
  image: 1000,
  upload: 1000,
  start: 3000,
  install: 900_000,
  squashfs: 60_000,
  initramfs: 120_000,
  iso: 10_000,
  fetch: 20_000,
  verify: 15_000,
};

/** lorax and anaconda with all that they need, from a mirror nearby. */
const guessedImageMs = 180_000;

/**
 * The median of what is remembered, phase by phase; where nothing is, what is usual. Pure.
 *
 * @param usual in milliseconds, where the builder has times of its own
 */
export const expectationOf = (
  { builds }: History,
  { phasesMs: usual = guess, buildImageMs = guessedImageMs }: UsualTimes = {},
): Expectation => ({
  phasesMs: Object.fromEntries(
    phases.map((phase) => [
      phase,
      median(builds.flatMap(({ phasesMs }) => phasesMs[phase] ?? [])) ?? (builds.length > 0 ? 0 : (usual[phase] ?? 0)),
    ]),
  ),
  buildImageMs,
  squashfsBytes: median(builds.flatMap(({ squashfsBytes }) => squashfsBytes ?? [])),
  learnt: builds.length > 0,
});

const median = (values: readonly number[]): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
