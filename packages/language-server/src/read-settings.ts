import * as z from 'zod';
import type { Settings } from './settings.ts';

const paths = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);

/** Editors send null, or nothing, for what is not set. */
const schema = z.object({
  release: z
    .string()
    .nullish()
    .transform((name) => name || undefined),
  includePaths: paths,
  keepIncludes: paths,
  live: z
    .boolean()
    .nullish()
    .transform((live) => live ?? false),
});

/** Some send their settings alone, some under their name. */
const named = z.object({ kickstart: z.unknown() });

/**
 * Reads what a client sent.
 *
 * @returns the settings, or in words what is wrong with them
 */
export function readSettings(sent: unknown): Settings | { readonly problem: string } {
  const outer = named.safeParse(sent);
  const read = schema.safeParse((outer.success ? (outer.data.kickstart ?? {}) : sent) ?? {});
  return read.success ? read.data : { problem: z.prettifyError(read.error) };
}
