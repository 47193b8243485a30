import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { parseJson } from '../json.ts';
import { CAUSES, PHASES, SOURCES } from './verdict.ts';
import type { Verdict } from './verdict.ts';

const status = z.enum(['accepted', 'rejected', 'inconclusive']);
const phase = z.enum(PHASES);
const cause = z.enum(CAUSES);
const evidence = z.object({ source: z.enum(SOURCES), atMs: z.number(), line: z.string(), detector: z.string() });

/** An attempt's verdict.json: its verdict, and what the run was. */
export const VerdictFile = z.object({
  status,
  phase: phase.optional(),
  cause: cause.optional(),
  evidence: z.array(evidence).default([]),
  milestones: z.partialRecord(phase, z.number()),
  image: z.string(),
  firmware: z.string(),
  /** How the guest was reached, if it was. */
  instrument: z.string().optional(),
  /** When QEMU was started, in ISO 8601; absent when it was not. */
  startedAt: z.string().optional(),
  /** How long it ran. */
  endMs: z.number().default(0),
  /** Earlier attempts; their artifacts are in these folders beside the report. */
  attempts: z
    .array(z.object({ folder: z.string(), status, phase: phase.optional(), cause: cause.optional() }))
    .default([]),
  /** The boot without our instruments, if one was due. */
  uninstrumented: z
    .object({ status: z.string(), folder: z.string().optional(), why: z.string().optional() })
    .optional(),
  findings: z.array(z.object({ severity: z.enum(['fatal', 'fail', 'warn']), cause, phase, evidence })).default([]),
});
export type VerdictFile = z.infer<typeof VerdictFile>;

/** The verdict among an attempt's artifacts; undefined when the attempt did not get that far. */
export async function readVerdict(artifactsDir: string): Promise<Verdict | undefined> {
  const file = parseJson(VerdictFile, await readFile(join(artifactsDir, 'verdict.json'), 'utf8').catch(() => ''));
  if (file === undefined) return undefined;
  const { milestones } = file;
  if (file.status === 'accepted') return { status: file.status, milestones };
  if (file.phase === undefined || file.cause === undefined) return undefined;
  return { status: file.status, phase: file.phase, cause: file.cause, evidence: file.evidence, milestones };
}
