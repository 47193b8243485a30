import { rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runAttempt } from './attempt.ts';
import type { BuildContext } from './context.ts';
import { type BuildEvent, phases } from '../progress/build-event.ts';
import type { BuilderImage } from '../container/builder-image.ts';
import { sync } from '../container/receive.ts';
import { messageOf } from '@phyllome/host';
import { IsoBuildError } from '../errors.ts';
import { gatherEvidence } from '../evidence/gather.ts';
import { writeEvidence } from '../evidence/write.ts';
import type { Executor } from '../executor/executor.ts';
import { verifyInstaller } from '../evidence/verify-installer.ts';
import { verifyIso } from '../evidence/verify-iso.ts';
import type { Manifest } from '../evidence/manifest.ts';
import type { IsoResult } from './options.ts';
import { enforce } from '../preflight/check.ts';
import { freeBytes, judgeSpace } from '../preflight/space.ts';
import { readHistory, remember, type UsualTimes } from '../progress/history.ts';
import type { ResultDirectory } from './result-directory.ts';

/** Of mkksiso with an installer of a GiB, in milliseconds: it copies. */
const mkksisoTimes: UsualTimes = {
  phasesMs: { preflight: 1000, upload: 10_000, start: 40_000, fetch: 10_000, verify: 10_000 },
};

/**
 * The build itself, in a directory of its own: checks, the builder, livemedia-creator, the ISO read back, evidence, and
 * the one step that makes it the destination.
 */
export async function buildInto(
  context: BuildContext,
  executor: Executor,
  { directory, argv }: { directory: ResultDirectory; argv: readonly string[] },
): Promise<IsoResult> {
  const { builder, neededBytes, isoName, volid, timings } = context.options;
  const { signal, warn } = context;
  const history = await readHistory(timings);
  context.expect(history, context.options.installer === undefined ? undefined : mkksisoTimes);
  const here = { what: `the result's destination, ${context.destination},`, free: await freeBytes(directory.path) };
  enforce([judgeSpace('space-destination', { ...here, needed: neededBytes?.destination ?? 0 })], warn);
  enforce(await executor.check(), warn);

  context.enter('image');
  const image = await executor.prepare({ signal, onEvent: context.emit });
  enforce(await executor.checkWith(image), warn);

  const { iso: fetched, squashfsBytes } = await runAttempt(context, executor, {
    directory: directory.path,
    image,
    argv,
  });

  context.enter('verify');
  // After the container is removed: what it had written need not get to the disk any more, and would have come first.
  await sync(join(directory.path, isoName));
  const facts = await verifyIso(join(directory.path, isoName), { signal });
  if (facts.volid !== volid)
    throw new IsoBuildError('ISO_VOLID_WRONG', `${isoName} has the volume id "${facts.volid}", not "${volid}"`, {
      hint: `the ${builder.name} builder ignored its options: please report this`,
    });
  await checkInstaller(context, {
    iso: join(directory.path, isoName),
    kickstartName: basename(executor.paths.kickstart),
  });

  const described = { name: isoName, sha256: fetched.sha256, ...facts };
  const evidence = await gatherEvidence(context, { directory: directory.path, image, argv, iso: described });
  const iso = join(context.destination, isoName);
  const done: BuildEvent = { time: Date.now(), type: 'done', iso, ...fetched };
  // Whatever is still to come is not an event of this build any more.
  context[Symbol.dispose]();
  await writeEvents(context, directory, done);
  const manifest = await writeEvidence(directory.path, evidence);
  signal.throwIfAborted();
  await directory.commit();
  await rm(`${context.destination}.failed`, { recursive: true, force: true });
  context.emit(done);
  if (timings !== undefined)
    await remember(timings, history, timingOf(manifest, image, squashfsBytes)).catch(() => undefined);
  return { directory: context.destination, iso, ...fetched, facts, manifest, shared: false };
}

/** The menu of an installer medium erases disks: that it says so, and waits, is seen and not believed. */
async function checkInstaller(
  { options }: BuildContext,
  expected: { iso: string; kickstartName: string },
): Promise<void> {
  const { installer, kickstart, volid, medium } = options;
  if (installer === undefined) return;
  const { iso, kickstartName } = expected;
  await verifyInstaller(iso, { volid, kickstart, kickstartName, unattended: medium === 'unattended-installer' });
}

/** `events.jsonl`: all of them, and the one that ends it. */
async function writeEvents({ events }: BuildContext, directory: ResultDirectory, terminal: BuildEvent): Promise<void> {
  const lines = [...events, terminal].map((event) => `${JSON.stringify(event)}\n`);
  await writeFile(join(directory.path, 'logs', 'events.jsonl'), lines);
}

/** What the next build of the same may expect. Making the image, and waiting for others, is not repeated. */
const timingOf = (
  { phasesMs }: Manifest,
  image: BuilderImage,
  squashfsBytes: number | undefined,
): Parameters<typeof remember>[2] => ({
  phasesMs: Object.fromEntries(
    phases.flatMap((phase) =>
      phase === 'preflight' || (phase === 'image' && image.built) ? [] : [[phase, phasesMs[phase] ?? 0] as const],
    ),
  ),
  ...(squashfsBytes === undefined ? {} : { squashfsBytes }),
});

/**
 * Keeps the logs of a build that got as far as making an image or running it, to find out why it failed.
 *
 * @returns where they are; undefined when there are none
 */
export async function keepFailed(
  context: BuildContext,
  directory: ResultDirectory,
  failed: BuildEvent,
): Promise<string | undefined> {
  if (!context.events.some((event) => event.type === 'log' || (event.type === 'phase' && event.phase === 'start')))
    return undefined;
  await rm(join(directory.path, context.options.isoName), { force: true });
  try {
    await writeEvents(context, directory, failed);
    // What lines of the logs count in; `phyllome explain-failure` looks for it by this name.
    await writeFile(join(directory.path, 'logs', 'kickstart.cfg'), context.options.kickstart);
    return await directory.keepAsFailed();
  } catch (failure) {
    // The build's own failure is the one to report.
    context.warn(`the logs could not be kept: ${messageOf(failure)}`);
    return undefined;
  }
}
