import { safeLine } from '@phyllome/host/terminal';
import { type Profile, profiles } from '@phyllome/pipeline';
import { planImage } from '@phyllome/pipeline/image';
import { pullImage } from '@phyllome/pipeline/obtain';
import { openRemote, type Pushed, pushImage, type Remote, RemoteError } from '@phyllome/pipeline/remote';
import {
  collectGarbage,
  type CollectOptions,
  findImage,
  type ImageStore,
  type ImageUse,
  listImages,
  openStore,
  type StoredImage,
  storeExists,
  usesOf,
  verifyStore,
} from '@phyllome/pipeline/store';
import { type Command, Option } from 'commander';
import type { Context, Example } from '../command.ts';
import { CliError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { wholeNumber } from '../options/number.ts';
import { printJson, printNote, printText } from '../print.ts';
import { pushedText } from '../pushed-text.ts';

export const examples: readonly Example[] = [
  ['phyllome store ls', 'list the images of the store'],
  ['phyllome store push dhi --to registry.example/phyllome/images', 'share the image of dhi'],
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
  command
    .command('push')
    .description(
      'push images to the remote store: of editions as they would be built now, or all that are in the store',
    )
    .argument('[edition...]', 'as dhi')
    .option(
      '--to <repository>',
      'the remote store (default: PHYLLOME_REMOTE_STORE), as registry.example/phyllome/images',
    )
    .addOption(profileOption())
    .option('--replace', 'also where another image of the same inputs is', false)
    .option('--json', 'for programs', false)
    .action(async (editions: string[], { to, profile, replace, json }: ShareFlags) => {
      const workspace = editions.length > 0 ? context.open() : undefined;
      const remote = requireRemote(env, to);
      // A user who asks for it by name means it, unless the environment forbids it.
      const mode = env['PHYLLOME_REMOTE_STORE_MODE'] ? remote.mode : 'write';
      const plans =
        workspace && (await Promise.all(editions.map((one) => planImage(workspace, one, { profile, env }))));
      const inputs = plans?.map((plan) => plan.inputs);
      await storePushCommand(inputs, { ...remote, mode }, { store: openStore(env), json, signal, replace });
    });
  command
    .command('pull')
    .description('pull images of editions, as they would be built now, from the remote store')
    .argument('<edition...>', 'as dhi')
    .option(
      '--from <repository>',
      'the remote store (default: PHYLLOME_REMOTE_STORE), as registry.example/phyllome/images',
    )
    .addOption(profileOption())
    .option('--json', 'for programs', false)
    .action(async (editions: string[], { from, profile, json }: ShareFlags) => {
      const workspace = context.open();
      const remote = requireRemote(env, from);
      const expected = await Promise.all(editions.map((edition) => planImage(workspace, edition, { profile, env })));
      await storePullCommand(expected, remote, { store: openStore(env), json, signal });
    });
}

/** @throws {RemoteError} NO_REMOTE_STORE */
function requireRemote(env: NodeJS.ProcessEnv, named: string | undefined): Remote {
  const remote = openRemote(env, named);
  if (remote !== undefined) return remote;
  throw new RemoteError('NO_REMOTE_STORE', 'no remote store is named', {
    hint: 'set PHYLLOME_REMOTE_STORE, or use --to or --from',
  });
}

/**
 * `phyllome store push`: each image, or every image of the store that was built here.
 *
 * @param inputs digests of what decides the images
 */
async function storePushCommand(
  inputs: readonly string[] | undefined,
  remote: Remote,
  { store, json, signal, replace }: StoreCommandOptions & { replace: boolean },
): Promise<void> {
  const images: StoredImage[] = [];
  for (const one of inputs ?? []) {
    const image = await findImage(store, one, { signal, ownOnly: true });
    if (image === undefined)
      throw new CliError('NO_IMAGE', 'the image store has no image of these inputs that was built here', {
        hint: 'phyllome build, then push again',
      });
    images.push(image);
  }
  if (inputs === undefined && (await storeExists(store)))
    images.push(
      ...(await listImages(store, { signal })).filter(
        ({ facts }) => facts.inputs !== undefined && facts.source === undefined,
      ),
    );
  const done: { iso: string; sha256: string; result: Pushed }[] = [];
  for (const image of images) {
    const result = await pushImage(store, image, remote, { signal, replace });
    done.push({ iso: image.iso.path, sha256: image.iso.sha256, result });
    if (!json) printText(safeLine(`${image.iso.path}: ${pushedText[result]}`));
  }
  if (json) printJson({ version: 1, store: store.root, remote: remote.repository, images: done }, 2);
  else if (images.length === 0) printText(`${store.root}: no images that were built here`);
}

/** `phyllome store pull`: each image into the store; what is there already is not fetched. */
async function storePullCommand(
  expected: readonly { edition: string; inputs: string }[],
  remote: Remote,
  { store, json, signal }: StoreCommandOptions,
): Promise<void> {
  const done: { edition: string; result: 'pulled' | 'there already' }[] = [];
  for (const one of expected) {
    const there = await findImage(store, one.inputs, { signal });
    if (there === undefined && (await pullImage(store, one, remote, { signal, onNote: printNote })) === undefined)
      throw new RemoteError('REMOTE_LACKS_IMAGE', `${remote.repository} has no image of ${one.edition} as it is now`, {
        hint: `phyllome build ${one.edition}`,
      });
    const result = there === undefined ? 'pulled' : 'there already';
    done.push({ edition: one.edition, result });
    if (!json) printText(`${one.edition}: ${result === 'pulled' ? 'Pulled' : 'It is there already'}`);
  }
  if (json) printJson({ version: 1, store: store.root, remote: remote.repository, images: done }, 2);
}

/** The options of `phyllome store push` and `pull`. */
interface ShareFlags {
  to?: string;
  from?: string;
  profile: Profile;
  replace: boolean;
  json: boolean;
}

function profileOption(): Option {
  return new Option('--profile <profile>', 'of which profile').choices(profiles).default('draft');
}

interface StoreCommandOptions {
  store: ImageStore;
  json: boolean;
  signal: AbortSignal;
}

const dayMs = 24 * 60 * 60_000;

/** `phyllome store ls`: the images of the store, what they take, and where they are. */
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

/** `phyllome store gc`: removes images that are in no `dist/`. */
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
