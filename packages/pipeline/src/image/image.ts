import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Diagnostic, optionValue } from '@phyllome/flattener';
import { cacheDirectory } from '@phyllome/host';
import { parseJson } from '@phyllome/host/json';
import * as z from 'zod';
import {
  type BuildEngine,
  type Builder,
  type BuildEvent,
  IsoBuildError,
  type Manifest,
  type Material,
  type Medium,
  buildIso,
  resultFiles,
} from '@phyllome/iso-builder';
import { describeDrift, driftSize, lockReportOf } from '@phyllome/rehearsal';
import { PipelineError } from '../errors.ts';
import { type FlatLeaf, describeLine, kickstartDigest } from '../flat.ts';
import type { Profile } from '../profile.ts';
import { installedBy } from '../leaves.ts';
import { type Workspace, distOf } from '../workspace.ts';
import { withLeafLines } from './leaf-lines.ts';
import type { PinnedInstaller } from '../release.ts';
import { type Image, recordFile } from '../record.ts';
import type { ImagePlan, ImageRequest } from './plan.ts';
import { describeDifference } from './recorded-packages.ts';

/** How an edition's ISO is to be built. */
export interface ImageOptions extends ImageRequest {
  /** For the installer's downloads. */
  proxy?: string;
  /** Of the installer, in minutes. */
  timeout?: number;
  /** Opens what builds run on. */
  openEngine: (options: {
    env: NodeJS.ProcessEnv;
    signal: AbortSignal;
    builder: Builder;
    profile: Profile;
  }) => Promise<BuildEngine>;
  /** Brings the distribution's installer, verified; its path. */
  openInstaller: (
    installer: PinnedInstaller,
    options: { onNote: (line: string) => void; signal: AbortSignal },
  ) => Promise<string>;
  signal: AbortSignal;
}

/** What is to be known of a build while it runs. */
export interface ImageObserver {
  /** Warnings about the edition's leaf. */
  diagnostics(found: readonly Diagnostic[]): void;
  /** One line about the build. */
  note(line: string): void;
  /** Is given the build's events, and shows them until they end. */
  events(events: AsyncIterable<BuildEvent>): Promise<void>;
  /** The lines of a leaf that the failure which follows speaks of. */
  leafLines(lines: readonly string[]): void;
}

/** For all of livemedia-creator's work beside the installer, when that has a limit. */
const besideInstallerMs = 60 * 60_000;
/**
 * For livemedia-creator to end by itself in a container after Ctrl-C: Nx kills what it interrupted after five seconds, and
 * the container still has to be removed, which ends everything in it. What this process cannot do any more, the process
 * that waits for its end does.
 */
const graceMs = 2500;

/**
 * Builds an edition's ISO in a container and checks it. Both it and its evidence go to `dist/iso-<edition>/`, which changes
 * in one step and only when all of it is there. `image.json`, by which others know that there is an ISO, is part of it.
 *
 * @throws {IsoBuildError} when the build fails; `evidence.directory` keeps its logs
 */
export async function buildImage(
  workspace: Workspace,
  plan: ImagePlan,
  options: ImageOptions,
  observer: ImageObserver,
): Promise<{ image: Image; manifest: Manifest }> {
  const {
    profile,
    unattended = false,
    extraBootArgs = '',
    proxy,
    timeout,
    env,
    openEngine,
    openInstaller,
    signal,
  } = options;
  const { edition, flat, builder, release, volid, project, sourceDateEpoch, neededBytes, recorded, inputs } = plan;
  const pinned = plan.installer;
  observer.diagnostics(flat.diagnostics);
  const rehearsal = builder.name === 'rehearsal';
  const medium = mediumOf(edition, unattended);
  const destination = distOf(workspace, edition);

  const described: Described = {
    edition,
    volid,
    kickstart: kickstartDigest(flat),
    builder: builder.name,
    rehearsal,
    profile,
    extraBootArgs,
    ...(unattended ? { unattended } : {}),
  };
  const installer =
    pinned === undefined
      ? undefined
      : {
          iso: await openInstaller(pinned, { onNote: (line) => observer.note(line), signal }),
          what: `${project} ${flat.leaf}`,
        };
  await using engine = await openEngine({ env, signal, builder, profile });
  observer.note(
    `Building edition ${edition}, profile ${profile}, with the ${builder.name} builder on ${engine.kind} ${engine.version}`,
  );
  await using build = buildIso({
    engine,
    builder,
    kickstart: flat.text,
    destination,
    isoName: `${volid.toLowerCase()}.iso`,
    volid,
    project,
    releasever: String(release.version),
    profile,
    medium,
    installer,
    // What is installed gets the kickstart's own from the installer.
    extraBootArgs: [...(medium === 'live' ? [kernelArguments(flat)] : []), extraBootArgs].filter(Boolean).join(' '),
    proxy,
    installTimeoutMinutes: timeout,
    timeoutMs: timeout === undefined ? undefined : timeout * 60_000 + besideInstallerMs,
    abortGraceMs: engine.kind === 'host' && env['NX_TASK_TARGET_PROJECT'] === undefined ? undefined : graceMs,
    timings: timingsPath(env, { edition, builder: builder.name, profile, engine: engine.kind }),
    neededBytes,
    sourceDateEpoch,
    annotateReport: (report) => withLeafLines(report, flat.origins),
    materials: [...leavesOf(workspace, flat), ...(pinned === undefined ? [] : [materialOf(pinned)])],
    documents: (iso) => ({ [recordFile]: describe(iso, described) }),
    labels: { edition, leaf: flat.leaf, builder: builder.name, rehearsal: String(rehearsal), inputs },
    signal,
  });
  await observer.events(build.events());
  const result = await build.result.catch((error: unknown) => {
    const line = error instanceof IsoBuildError ? error.evidence.kickstartLine : undefined;
    if (line !== undefined) observer.leafLines(describeLine(flat, line));
    throw error;
  });
  for (const line of driftLines(result.manifest.report)) observer.note(line);
  if (recorded !== undefined) {
    const list = packagesSchema.parse(parseJson(await readFile(join(destination, resultFiles.packages), 'utf8')));
    for (const line of describeDifference(recorded, list.packages)) observer.note(line);
  }

  return { image: describe(result.manifest.iso, described), manifest: result.manifest };
}

/** @throws {PipelineError} BAD_OPTION for a live one that is unattended */
function mediumOf(edition: string, unattended: boolean): Medium {
  if (installedBy(edition) !== undefined) return unattended ? 'unattended-installer' : 'installer';
  if (!unattended) return 'live';
  throw new PipelineError('BAD_OPTION', `${edition} is a live ISO: nothing in its menu erases a disk`, {
    hint: '--unattended is for installer media, as install-dhi',
  });
}

const materialOf = ({ name, url, sha256 }: PinnedInstaller): Material => ({
  name,
  ...(url === undefined ? {} : { uri: url }),
  digest: { sha256 },
});

/** The file that remembers how long builds of the same took; what takes a container a minute may take a machine ten. */
function timingsPath(
  env: NodeJS.ProcessEnv,
  { edition, builder, profile, engine }: { edition: string; builder: string; profile: string; engine: string },
): string {
  return join(cacheDirectory(env), 'timings', `${edition}-${builder}-${profile}-${engine}.json`);
}

/** Packages in other versions than the locked ones, some of them by name. */
function driftLines(report: unknown): string[] {
  const lock = lockReportOf(report);
  if (lock === undefined) return [];
  const drift = {
    changed: [...lock.packages.changed, ...lock.builder.changed],
    unlocked: [...lock.packages.unlocked, ...lock.builder.unlocked],
  };
  const count = driftSize(drift);
  if (count === 0) return [];
  return [
    `${count} packages are not those of the lock file (pnpm phyllome lock locks what the mirror offers):`,
    ...describeDrift(drift, 5).map((line) => `  ${line}`),
  ];
}

/** The leaf and every block it includes, as they were read, for the provenance. */
function leavesOf(workspace: Workspace, flat: FlatLeaf): Material[] {
  return flat.files.map((path) => ({
    uri: path,
    digest: { sha256: hash('sha256', workspace.readFile(path) ?? '') },
  }));
}

/**
 * livemedia-creator takes the live medium's kernel arguments from its command line and not from the kickstart, which
 * speaks of the installed system's boot loader; an edition needs the same in both.
 */
function kernelArguments(flat: FlatLeaf): string {
  const bootloader = flat.kickstart.commands.find(({ name }) => name === 'bootloader');
  const append = bootloader && optionValue(bootloader, '--append');
  return typeof append === 'string' ? append : '';
}

/** Of `packages.json`, what is compared. */
const packagesSchema = z.object({ packages: z.array(z.object({ name: z.string(), version: z.string() })) });

type Described = Omit<Image, 'schema' | 'name' | 'size' | 'sha256'>;

function describe({ name, size, sha256 }: Pick<Image, 'name' | 'size' | 'sha256'>, described: Described): Image {
  return { schema: 1, ...described, name, size, sha256 };
}
