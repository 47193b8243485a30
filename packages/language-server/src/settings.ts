import * as z from 'zod';

/** What a client may set, as `initializationOptions` or under `kickstart` in its configuration. */
export interface Settings {
  /** The release whose commands and options count, as `F44`; that of the checkout or of `#version=` when left out. */
  readonly release?: string | undefined;
  /** Folders to look for includes in, relative to the folder that is open. */
  readonly includePaths: readonly string[];
  /** Paths of includes that the installer makes: they are not looked for. */
  readonly keepIncludes: readonly string[];
  /** Whether kickstarts outside of a checkout are held to the rules for live media. */
  readonly live: boolean;
}

export const DEFAULT_SETTINGS: Settings = { includePaths: [], keepIncludes: [], live: false };

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
