import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  cacheDirectory,
  findProgram,
  isAlive,
  ownOwner,
  parentDeathPrefix,
  parseOwner,
  takeLock,
} from '@phyllome/host';
import { parseJson } from '@phyllome/host/json';
import {
  type BuildEventBody,
  type Builder,
  type Engine,
  ensureImage,
  entriesOf,
  exportImage,
  IsoBuildError,
  type MachineLayer,
  type MachineNeeds,
} from '@phyllome/iso-builder';
import { execa } from 'execa';
import * as z from 'zod';
import { init, initramfsOf } from './initramfs.ts';
import { wantedModules } from './modules.ts';
import { findSystem, type FoundSystem } from './system.ts';

const schema = z.object({
  /** The engine's id of the builder's image. */
  imageId: z.string(),
  /** Of the kernel. */
  release: z.string(),
  /** What the image gives its programs: `NAME=value`. */
  environment: z.array(z.string()),
});

/** A builder's image as a machine boots it: files that are only read. */
export interface MachineImage extends z.infer<typeof schema> {
  /** The image's file system, as squashfs. */
  readonly root: string;
  readonly kernel: string;
  readonly initramfs: string;
  /** It was not there before. */
  readonly made: boolean;
}

/** What is not used for so long goes: every change of a builder makes another one, of 100 MB. */
const unusedMs = 30 * 24 * 60 * 60_000;

/** The directory that keeps them: `machines/` in the directory for caches. */
export const machinesDirectory = (env: NodeJS.ProcessEnv): string => join(cacheDirectory(env), 'machines');

/** Where a builder's is kept: its image, the kernel and what starts it are in the name. */
export function machineDirectory(
  env: NodeJS.ProcessEnv,
  { name, contextDigest }: Pick<Builder, 'name' | 'contextDigest'>,
  needs: MachineNeeds,
): string {
  const key = hash(
    'sha256',
    JSON.stringify([contextDigest, needs.system?.key, needs.layer?.contextDigest, init.toString(), wantedModules]),
  );
  return join(machinesDirectory(env), `${name}-${key.slice(0, 32)}`);
}

/** The one that is there; undefined when there is none. */
export async function findMachineImage(directory: string): Promise<MachineImage | undefined> {
  const text = await readFile(join(directory, 'machine.json'), 'utf8').catch(() => undefined);
  const known = text === undefined ? undefined : schema.safeParse(parseJson(text)).data;
  return known && { ...known, ...filesIn(directory), made: false };
}

const filesIn = (directory: string): Pick<MachineImage, 'root' | 'kernel' | 'initramfs'> => ({
  root: join(directory, 'root.squashfs'),
  kernel: join(directory, 'kernel'),
  initramfs: join(directory, 'initramfs'),
});

/**
 * Makes sure of a builder's image as a machine boots it. The engine is asked for its image only when it is not there yet:
 * who is given what was made needs no engine. It appears whole or not at all.
 *
 * @throws {IsoBuildError} as `ensureImage`; HOST_UNSUITABLE when a program is missing, or a kernel in the image
 * @throws the signal's reason when aborted
 */
export async function ensureMachineImage(
  builder: Builder,
  needs: MachineNeeds,
  {
    env,
    signal,
    onEvent,
    engine,
  }: {
    env: NodeJS.ProcessEnv;
    signal: AbortSignal;
    onEvent: (event: BuildEventBody) => void;
    engine: () => Promise<Engine>;
  },
): Promise<MachineImage> {
  const directory = machineDirectory(env, builder, needs);
  const found = await findMachineImage(directory);
  if (found !== undefined) {
    const now = new Date();
    // One that is somebody else's to keep is good enough as it is.
    await utimes(directory, now, now).catch(() => undefined);
    return found;
  }
  await mkdir(dirname(directory), { recursive: true });
  await using lock = await takeLock(`${directory}.lock`, {
    signal,
    onWait: (holder) => onEvent({ type: 'waiting', what: 'image', holder }),
  });
  const made = lock.waited ? await findMachineImage(directory) : undefined;
  if (made !== undefined) return made;
  await tidy(env);
  const making = `${directory}.making~${ownOwner}`;
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => rm(making, { recursive: true, force: true }));
  await mkdir(making);
  await make(making, builder, needs, { env, signal, onEvent, engine });
  // What stands there is not whole: it was looked for.
  await rm(directory, { recursive: true, force: true });
  await rename(making, directory);
  const complete = await findMachineImage(directory);
  if (complete === undefined) throw new Error(`${directory} is gone`);
  return { ...complete, made: true };
}

async function make(
  directory: string,
  builder: Builder,
  needs: MachineNeeds,
  { env, signal, onEvent, engine: open }: Parameters<typeof ensureMachineImage>[2],
): Promise<void> {
  const { root, kernel, initramfs } = filesIn(directory);
  await using engine = await open();
  const image = await ensureImage(engine, builder, { signal, onEvent });
  const layered =
    needs.layer && (await ensureImage(engine, withLayer(builder, needs.layer, image.id), { signal, onEvent }));
  onEvent({ type: 'log', source: 'image', line: `exporting the image of the ${builder.name} builder for a machine` });
  const exported = await exportImage(
    engine,
    { imageId: layered?.id ?? image.id, builder: builder.name, signal },
    async (from) => {
      if (needs.system !== undefined) {
        await writeSquashfs(from.tar, root, { env, signal });
        return { environment: from.environment, system: undefined };
      }
      // Two readers of one stream: the slower one sets the pace.
      const copy = new PassThrough();
      const system = findSystem(entriesOf(copy), `the image of the ${builder.name} builder`);
      system.catch(() => copy.resume());
      from.tar.pipe(copy);
      const rest = new PassThrough();
      from.tar.pipe(rest);
      await writeSquashfs(rest, root, { env, signal });
      return { environment: from.environment, system: await system };
    },
  );
  const booted = exported.system ?? (await systemOf(needs, builder, signal));
  await writeFile(kernel, booted.kernel);
  await writeFile(initramfs, await initramfsOf(booted));
  const known: z.infer<typeof schema> = {
    imageId: image.id,
    release: booted.release,
    environment: exported.environment,
  };
  await writeFile(join(directory, 'machine.json'), `${JSON.stringify(known, null, 2)}\n`);
  signal.throwIfAborted();
}

/** The image of a machine's root as a builder's of its own: engines build and find it as they do that one. */
const withLayer = (builder: Builder, { contextDigest, files }: MachineLayer, imageId: string): Builder => ({
  name: `${builder.name}-machine`,
  contextDigest,
  buildArgs: { BUILDER: imageId },
  privileges: builder.privileges,
  context: () => Promise.resolve(files),
});

async function systemOf(needs: MachineNeeds, builder: Builder, signal: AbortSignal): Promise<FoundSystem> {
  const tar = await needs.system?.tar({ signal });
  if (tar === undefined) throw new TypeError('a machine without a system of its own has that of its image');
  return await findSystem(entriesOf(createReadStream(tar)), `the system of the ${builder.name} builder's machine`);
}

/** Owners, modes and extended attributes as the archive has them: sqfstar(1) makes no file of it, and needs no right. */
async function writeSquashfs(
  tar: Readable,
  path: string,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<void> {
  if (findProgram('sqfstar', env) === undefined)
    throw new IsoBuildError('HOST_UNSUITABLE', 'sqfstar is not on the PATH', {
      hint: 'run ./setup, or install squashfs-tools 4.5 or newer',
    });
  // What an emulated processor unpacks soonest. (sqfstar before 4.6 knows no options of compressors.)
  const options = ['-comp', 'lz4', '-root-mode', '755', '-no-progress', '-quiet'];
  const [command = 'sqfstar', ...args] = parentDeathPrefix(env);
  const packing = execa(command, [...args, ...(args.length > 0 ? ['sqfstar'] : []), ...options, path], {
    env,
    extendEnv: false,
    stdin: 'pipe',
    stdout: 'ignore',
    cancelSignal: signal,
    reject: false,
  });
  // When it ends early, its own words are the better ones.
  await pipeline(tar, packing.stdin).catch(() => undefined);
  const { exitCode, stderr, shortMessage } = await packing;
  signal.throwIfAborted();
  if (exitCode === 0) return;
  const said = stderr?.trim().split('\n').at(-1) || shortMessage;
  throw new IsoBuildError('HOST_UNSUITABLE', `the image cannot be packed for a machine: ${said ?? 'sqfstar failed'}`, {
    hint: 'see whether the disk of the directory for caches is full',
  });
}

/** Removes what was not used for long, and what killed processes left half made. */
async function tidy(env: NodeJS.ProcessEnv, nowMs = Date.now()): Promise<void> {
  const directory = machinesDirectory(env);
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const owner = parseOwner(name.split('.making~')[1] ?? '');
    const found = await stat(path).catch(() => undefined);
    const isLeft = owner !== undefined && !isAlive(owner);
    const isUnused = found?.isDirectory() === true && owner === undefined && nowMs - found.mtimeMs > unusedMs;
    // Another process may remove it at the same time.
    if (isLeft || isUnused) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * Removes all of them, except those that are being made.
 *
 * @param dryRun removes nothing
 * @returns the names of what was removed, or would be
 */
export async function removeMachineImages(env: NodeJS.ProcessEnv, { dryRun = false } = {}): Promise<string[]> {
  const directory = machinesDirectory(env);
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.includes('.making~'));
  if (!dryRun) for (const { name } of names) await rm(join(directory, name), { recursive: true, force: true });
  return names.map(({ name }) => name);
}
