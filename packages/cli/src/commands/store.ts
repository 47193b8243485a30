import { safeLine } from '@phyllome/host/terminal';
import {
  collectGarbage,
  type CollectOptions,
  type ImageStore,
  type ImageUse,
  openStore,
  storeExists,
  usesOf,
  verifyStore,
} from '@phyllome/pipeline/store';
import { type Command, Option } from 'commander';
import type { Context, Example } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { wholeNumber } from '../options/number.ts';
import { printJson, printText } from '../print.ts';

export const examples: readonly Example[] = [
  ['phyllome store ls', 'list the images of the store'],
  ['phyllome store gc --older-than 30 --dry-run', 'print what has not been used for a month'],
];

export function define(command: Command, context: Context): void {
  const { env, signal } = context;
  command
    .command('ls')
    .description('list the images of the store, and where they are')
    .option('--json', 'for programs', false)
    .action(async ({ json }: { json: boolean }) => {
      await storeListCommand({ store: openStore(env), json, signal });
    });
  command
    .command('verify')
    .description('read every file of the store; put aside what is damaged')
    .option('--json', 'for programs', false)
    .action(async ({ json }: { json: boolean }) => {
      if (!(await storeVerifyCommand({ store: openStore(env), json, signal }))) context.exitWith(exitCodes.no);
    });
  command
    .command('gc')
    .description('remove images that are in no dist/')
    .addOption(new Option('--older-than <days>', 'only those unused for this long').argParser(wholeNumber))
    .addOption(
      new Option('--max-size <GiB>', 'only as many as must go for the store to take no more').argParser(wholeNumber),
    )
    .option('--all', 'also those that are in a dist/, where they stay', false)
    .option('--dry-run', 'remove nothing; print what would be removed', false)
    .option('--json', 'for programs', false)
    .action(async ({ json, ...flags }: GcFlags & { json: boolean }) => {
      await storeGcCommand(flags, { store: openStore(env), json, signal });
    });
}

interface StoreCommandOptions {
  store: ImageStore;
  json: boolean;
  signal: AbortSignal;
}

const dayMs = 24 * 60 * 60_000;

/** `phyllome store ls`: the images of the store, what they take, and where they lie. */
export async function storeListCommand({ store, json, signal }: StoreCommandOptions): Promise<void> {
  const uses = (await storeExists(store)) ? await usesOf(store, { signal }) : [];
  if (json) {
    printJson({ version: 1, store: store.root, images: uses.map(forPrograms) }, 2);
    return;
  }
  if (uses.length === 0) printText(`${store.root}: no images`);
  for (const image of uses) for (const line of describe(image)) printText(line);
  if (uses.length > 0) printText(`${store.root}: ${uses.length} images, ${sizeOf(sum(uses))}`);
}

/** `phyllome store verify`: reads all of it. False when something was wrong. */
export async function storeVerifyCommand({ store, json, signal }: StoreCommandOptions): Promise<boolean> {
  const { blobs, bytes, problems } = (await storeExists(store))
    ? await verifyStore(store, { signal })
    : { blobs: 0, bytes: 0, problems: [] };
  const good = problems.length === 0;
  if (json) printJson({ version: 1, store: store.root, good, blobs, bytes, problems }, 2);
  else {
    for (const problem of problems) printText(safeLine(`WRONG  ${problem}`));
    printText(
      `${store.root}: ${blobs} blobs, ${sizeOf(bytes)}: ${good ? 'all as they should be' : `${problems.length} problems`}`,
    );
    if (!good) printText('hint: what was damaged is built again, or fetched, when it is wanted');
  }
  return good;
}

/** What `phyllome store gc` may remove. */
export interface GcFlags {
  /** Days. */
  olderThan?: number;
  /** GiB. */
  maxSize?: number;
  all: boolean;
  dryRun: boolean;
}

/** `phyllome store gc`: removes images that lie in no `dist/`. */
export async function storeGcCommand(
  { olderThan, maxSize, all, dryRun }: GcFlags,
  { store, json, signal }: StoreCommandOptions,
): Promise<void> {
  const options: CollectOptions = {
    signal,
    all,
    dryRun,
    olderThanMs: olderThan === undefined ? undefined : olderThan * dayMs,
    maxBytes: maxSize === undefined ? undefined : maxSize * 2 ** 30,
  };
  const { images, blobs, bytes } = (await storeExists(store))
    ? await collectGarbage(store, options)
    : { images: [], blobs: 0, bytes: 0 };
  if (json) {
    printJson({ version: 1, store: store.root, dryRun, images: images.map(forPrograms), blobs, bytes }, 2);
    return;
  }
  for (const image of images) for (const line of describe(image)) printText(line);
  const did = dryRun ? 'would be removed' : 'removed';
  printText(`${store.root}: ${images.length} images and ${blobs} blobs ${did}, ${sizeOf(bytes)} freed`);
}

function forPrograms({ digest, iso, evidence, facts, bytes, usedAt, usedBy }: ImageUse) {
  return { digest, iso, facts, evidence: evidence.length, bytes, usedAt: new Date(usedAt).toISOString(), usedBy };
}

/** Lines of their own: a path may have a line feed. */
function describe({ iso, facts, bytes, usedAt, usedBy }: ImageUse): string[] {
  const of = [facts.profile, facts.created].filter(Boolean).join(', ');
  return [
    `${iso.path}  ${sizeOf(bytes)}${of === '' ? '' : `, ${of}`}`,
    `  sha256 ${iso.sha256}`,
    ...usedBy.map((path) => `  in ${path}`),
    ...(usedBy.length === 0 ? [`  in no dist/; last used ${new Date(usedAt).toISOString().slice(0, 10)}`] : []),
  ].map((line) => safeLine(line));
}

function sizeOf(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

function sum(images: readonly ImageUse[]): number {
  return images.reduce((total, { bytes }) => total + bytes, 0);
}
