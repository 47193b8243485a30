import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type IsoResult, IsoBuildError, type Material, buildIso, openEngine } from '@phyllome/iso-builder';
import { describeDrift, driftSize, lockReportOf } from '@phyllome/rehearsal';
import { z } from 'zod';
import { KickstartError, optionValue } from '@phyllome/flattener';
import {
  compareFlat,
  describeLine,
  distOf,
  fedoraRelease,
  type FlatLeaf,
  flatPath,
  kickstartDigest,
  leafOfEdition,
  leafPath,
  type Profile,
  requireFresh,
  volidOf,
  type Workspace,
  writeIfChanged,
} from '@phyllome/pipeline';
import { chooseBuilder, sourceDateEpoch, sourcesOf, withLeafLines } from '@phyllome/pipeline/image';
import { addIso, type ImageStore, timingsPath } from '@phyllome/pipeline/store';
import { makeLastWill } from '../last-will.ts';
import { printDiagnostics, say } from '../render.ts';
import { showBuild, viewFor } from '../render-build.ts';
import { printNote } from '../print.ts';

/** `image.json`: which ISO an edition is. Small, so that Nx can cache it and hash it; the ISO is in the store. */
const imageSchema = z.object({
  schema: z.literal(1),
  edition: z.string(),
  /** File name of the ISO. */
  name: z.string(),
  volid: z.string(),
  /** Bytes. */
  size: z.number(),
  sha256: z.string(),
  /** sha256 of the flat kickstart. */
  kickstart: z.string(),
  builder: z.string(),
  /** True: made of Debian packages by the rehearsal builder, to prove the pipeline. It is not Phyllome OS. */
  rehearsal: z.boolean(),
  profile: z.enum(['draft', 'release']),
  /** Kernel arguments that somebody asked for beside the kickstart's. */
  extraBootArgs: z.string().default(''),
});
export type Image = z.infer<typeof imageSchema>;

export interface ImageOptions {
  store: ImageStore;
  profile: Profile;
  /** More kernel arguments, after the kickstart's own. */
  extraBootArgs?: string;
  proxy?: string;
  /** Of the installer, in minutes. */
  timeout?: number;
  /** Standard output is for programs: events and the result, one JSON object a line. */
  json?: boolean;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** For all of livemedia-creator's work beside the installer, when that has a limit. */
const besideInstallerMs = 60 * 60_000;
/**
 * Nx kills what it interrupted after five seconds, and the container still has to be removed: under it, livemedia-creator
 * gets less time to end by itself. What this process cannot do any more, its last will does.
 */
const graceUnderNxMs = 3000;

/**
 * `phyllome image EDITION`: builds the ISO in a container, checks it, and puts it into the image store; its evidence
 * goes to `dist/iso-<edition>/`, which changes in one step and only when all of it is there. `image.json`, by which other
 * commands know that there is an ISO, comes last.
 */
export async function imageCommand(workspace: Workspace, edition: string, options: ImageOptions): Promise<Image> {
  const { store, profile, extraBootArgs = '', proxy, timeout, json = false, env, signal } = options;
  const flat = requireFresh(workspace, leafOfEdition(workspace, edition));
  printDiagnostics(flat.diagnostics, workspace);
  const builder = chooseBuilder(workspace.root, profile, env);
  const rehearsal = builder.name === 'rehearsal';
  const volid = volidOf(edition, rehearsal);

  makeLastWill(signal);
  await using engine = await openEngine({ env, signal });
  if (!json)
    say(
      `Building edition ${edition}, profile ${profile}, with the ${builder.name} builder on ${engine.kind} ${engine.version}`,
    );
  await using build = buildIso({
    engine,
    builder,
    kickstart: flat.text,
    destination: distOf(workspace, edition),
    isoName: `${volid.toLowerCase()}.iso`,
    volid,
    project: 'Phyllome OS',
    releasever: fedoraRelease,
    profile,
    extraBootArgs: [kernelArguments(flat), extraBootArgs].filter(Boolean).join(' '),
    proxy,
    installTimeoutMinutes: timeout,
    timeoutMs: timeout === undefined ? undefined : timeout * 60_000 + besideInstallerMs,
    abortGraceMs: env['NX_TASK_TARGET_PROJECT'] === undefined ? undefined : graceUnderNxMs,
    timings: timingsPath(env, { edition, builder: builder.name, profile }),
    neededBytes: spaceNeeded(flat, rehearsal),
    sourceDateEpoch: await sourceDateEpoch(workspace.root, sourcesOf(flatPath(flat.leaf), builder.name), env),
    annotateReport: (report) => withLeafLines(report, flat.origins),
    materials: leavesOf(workspace, flat),
    labels: { edition, leaf: flat.leaf, builder: builder.name, rehearsal: String(rehearsal) },
    signal,
  });
  await showBuild(build.events(), viewFor(json, env));
  const result = await build.result.catch((error: unknown) => {
    sayLeafLine(error, flat);
    throw error;
  });

  if (!json) for (const line of driftLines(result.manifest.report)) say(line);

  const image = describe(result, {
    edition,
    volid,
    kickstart: kickstartDigest(flat),
    builder: builder.name,
    rehearsal,
    profile,
    extraBootArgs,
  });
  await addIso(store, image, result.iso);
  await writeIfChanged(workspace, imagePath(workspace, edition), `${JSON.stringify(image, null, 2)}\n`);
  return image;
}

/** Packages in other versions than the locked ones are told, some of them by name. */
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

/** The installer speaks of lines of the flat kickstart; what has to be corrected is a line of a leaf. */
function sayLeafLine(error: unknown, flat: FlatLeaf): void {
  const line = error instanceof IsoBuildError ? error.evidence.kickstartLine : undefined;
  if (line === undefined) return;
  for (const text of describeLine(flat, line)) printNote(text);
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

/**
 * Bytes to have free before anything slow starts, by the size that the kickstart gives `/`. lorax fills an image of
 * that size, then makes a squashfs and an ISO of about a quarter of it each, the ISO twice for a moment; the rehearsal
 * builder makes no image.
 */
function spaceNeeded(flat: FlatLeaf, rehearsal: boolean): { engine: number; destination: number } {
  const root = flat.kickstart.commands.findLast(
    (command) =>
      command.name.startsWith('part') &&
      command.arguments.some((arg) => arg.kind === 'positional' && arg.value === '/'),
  );
  const rootBytes = Number(root && optionValue(root, '--size')) * 2 ** 20;
  return { engine: rootBytes * (rehearsal ? 0.75 : 1.75), destination: rootBytes * 0.5 };
}

type Described = Omit<Image, 'schema' | 'name' | 'size' | 'sha256'>;

function describe(result: IsoResult, described: Described): Image {
  return { schema: 1, ...described, name: basename(result.iso), size: result.size, sha256: result.sha256 };
}

const imagePath = (workspace: Workspace, edition: string): string => join(distOf(workspace, edition), 'image.json');

/** Says on stderr when the edition's leaf is another now than when its ISO was built: that one is what is booted. */
export function noteIfOutdated(workspace: Workspace, { edition, kickstart }: Image): void {
  const leaf = leafOfEdition(workspace, edition);
  if (isNow(workspace, leaf, kickstart)) return;
  printNote(
    `note: ${leafPath(leaf)} or its blocks have changed since this ISO was built: pnpm nx build iso-${edition}`,
  );
}

function isNow(workspace: Workspace, leaf: string, kickstart: string): boolean {
  try {
    return kickstartDigest(compareFlat(workspace, leaf).flat) === kickstart;
  } catch (error) {
    if (error instanceof KickstartError) return false;
    throw error;
  }
}

/** The image that was built last for an edition, if `dist/` still knows one; a damaged `image.json` is as good as none. */
export async function readImage(workspace: Workspace, edition: string): Promise<Image | undefined> {
  const text = await readFile(imagePath(workspace, edition), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return imageSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
