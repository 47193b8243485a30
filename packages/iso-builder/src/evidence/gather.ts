import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import type { BuildContext } from '../build/context.ts';
import type { BuildEvent } from '../progress/build-event.ts';
import type { BuilderImage } from '../container/builder-image.ts';
import { codeOf } from '@phyllome/host';
import type { Manifest } from './manifest.ts';
import { readPackages } from './packages.ts';
import { type EvidenceInput, withoutPasswords } from './write.ts';

/** Gathers what the evidence of a finished build is made from. `directory` has the complete `logs/`. */
export async function gatherEvidence(
  context: BuildContext,
  {
    directory,
    image,
    argv,
    iso,
  }: { directory: string; image: BuilderImage; argv: readonly string[]; iso: Manifest['iso'] },
): Promise<EvidenceInput> {
  const { builder, kickstart, project, releasever, profile, engine, sourceDateEpoch } = context.options;
  const { labels = {}, materials = [], extraBootArgs = '', dracutArgs = [] } = context.options;
  const own = await readReport(join(directory, 'logs', `${builder.name}.json`));
  const report = context.options.annotateReport?.(own) ?? own;
  const packages = await readPackages(directory, {
    report,
    builder: builder.name,
    distribution: builder.distribution,
    releasever,
  });
  // What an installer installs, it chooses where it runs.
  if (packages.source === null && context.options.installer === undefined)
    context.warn(`what packages are on the ISO is not known: no log of the ${builder.name} builder names them`);
  const finishedAt = new Date();
  return {
    manifest: {
      schema: 'phyllome-image-manifest/1',
      iso,
      builder: { name: builder.name, contextDigest: image.digest, imageId: image.id },
      kickstart: { sha256: hash('sha256', kickstart) },
      project,
      releasever,
      profile,
      ...(sourceDateEpoch === undefined ? {} : { sourceDateEpoch }),
      argv: withoutPasswords(argv),
      engine: { kind: engine.kind, version: engine.version },
      labels: { ...labels },
      startedAt: context.startedAt.toISOString(),
      finishedAt: finishedAt.toISOString(),
      phasesMs: durations(context.events, finishedAt.getTime()),
    },
    report,
    packages,
    materials,
    tools: livemediaCreatorVersion(context.events),
    parameters: { extraBootArgs, dracutArgs },
    documents: context.options.documents?.(iso) ?? {},
    invocationId: context.session,
  };
}

/** The builder's own report of its work, if there is one: what is not JSON does not count. */
async function readReport(path: string): Promise<unknown> {
  try {
    return parseJson(await readFile(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** As it says itself in the first line of its console. */
function livemediaCreatorVersion(events: readonly BuildEvent[]): Record<string, string> {
  for (const event of events) {
    const version = event.type === 'log' && / ?livemedia-creator v(\S+)$/u.exec(event.line)?.[1];
    if (version) return { 'livemedia-creator': version };
  }
  return {};
}

function durations(events: readonly BuildEvent[], end: number): Record<string, number> {
  const begins = events.filter((event) => event.type === 'phase');
  return Object.fromEntries(
    begins.map(({ phase, time }, index) => [phase, (begins[index + 1]?.time ?? end) - time] as const),
  );
}
