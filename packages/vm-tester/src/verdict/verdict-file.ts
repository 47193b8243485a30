import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { parseJson } from '../json.ts';
import { CAUSES, PHASES, SOURCES } from './verdict.ts';
import type { Verdict } from './verdict.ts';

const milestones = z.partialRecord(z.enum(PHASES), z.number());
const evidence = z.array(
  z.object({
    source: z.enum(SOURCES),
    atMs: z.number(),
    line: z.string(),
    detector: z.string(),
  }),
);
const reasons = { phase: z.enum(PHASES), cause: z.enum(CAUSES), evidence, milestones };

const VerdictFile = z.discriminatedUnion('status', [
  z.object({ status: z.literal('accepted'), milestones }),
  z.object({ status: z.literal('rejected'), ...reasons }),
  z.object({ status: z.literal('inconclusive'), ...reasons }),
]);

/** The verdict among an attempt's artifacts; undefined when the attempt did not get that far. */
export async function readVerdict(artifactsDir: string): Promise<Verdict | undefined> {
  return parseJson(VerdictFile, await readFile(join(artifactsDir, 'verdict.json'), 'utf8').catch(() => ''));
}
