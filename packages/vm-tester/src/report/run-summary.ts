import * as z from 'zod';
import { PHASES } from '../verdict/verdict.ts';

/** What is kept of a run that was accepted, for later runs of the same image and firmware to be compared with. */
export const RunSummary = z.object({
  image: z.string(),
  firmware: z.string(),
  /** ISO 8601. */
  startedAt: z.string().optional(),
  /** How long it ran. */
  endMs: z.number(),
  milestones: z.partialRecord(z.enum(PHASES), z.number()),
  /** Units whose start process 1 reported as done. */
  units: z.array(z.string()),
  /** The kinds of its messages (as compareRuns has them), of journal and serial console together. */
  messages: z.array(z.string()),
});
export type RunSummary = z.infer<typeof RunSummary>;
