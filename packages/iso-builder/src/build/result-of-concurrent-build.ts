import { hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { BuildContext } from './context.ts';
import { readManifest } from '../evidence/manifest.ts';
import { withoutPasswords } from '../evidence/write.ts';
import type { IsoResult } from './options.ts';

/** What another process has built of the same inputs while this one waited for it; undefined when it has not. */
export async function resultOfConcurrentBuild(
  context: BuildContext,
  argv: readonly string[],
): Promise<IsoResult | undefined> {
  const { kickstart, builder, installer, sourceDateEpoch } = context.options;
  // Its command line does not say which installer it was made of.
  if (installer !== undefined) return undefined;
  const directory = context.destination;
  const manifest = await readManifest(directory);
  if (manifest === undefined) return undefined;
  const wanted = [hash('sha256', kickstart), builder.contextDigest, sourceDateEpoch, choices(withoutPasswords(argv))];
  const { contextDigest } = manifest.builder;
  const made = [manifest.kickstart.sha256, contextDigest, manifest.sourceDateEpoch, choices(manifest.argv)];
  if (!isDeepStrictEqual(wanted, made) || new Date(manifest.finishedAt) < context.startedAt) return undefined;
  const { name, sha256, ...facts } = manifest.iso;
  const iso = join(directory, name);
  const { size } = facts;
  const found = await stat(iso).catch(() => undefined);
  if (found?.size !== size) return undefined;
  context.emit({ type: 'done', iso, size, sha256 });
  return { directory, iso, size, sha256, facts, manifest, shared: true };
}

/** The command line without the paths of one attempt. */
const choices = (argv: readonly string[]): string[] =>
  argv.filter((argument) => !/^--(?:ks|resultdir|tmp|logfile)=/u.test(argument));
