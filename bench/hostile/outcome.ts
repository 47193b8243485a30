import * as z from 'zod';

/** What came of one build with a hostile leaf. */
export const outcomeSchema = z.object({
  /** Of the ISO; undefined when the build was refused. */
  sha256: z.string().optional(),
  /** The error, and the line of the kickstart that it points at. */
  refusal: z.object({ message: z.string(), kickstartLine: z.number().optional() }).optional(),
  seconds: z.number(),
  /** Lines of the leaf: `tried: NAME`, `reached: WHAT`. */
  said: z.array(z.string()),
  /** Digests of all files of the cache. */
  cache: z.array(z.string()),
  /** What the engine can limit here. */
  limits: z.object({ processes: z.boolean(), memory: z.boolean() }),
});
export type Outcome = z.infer<typeof outcomeSchema>;
