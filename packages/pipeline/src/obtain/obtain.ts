import { codeOf, messageOf, takeLock } from '@phyllome/host';
import { digestOfPlainFile, PlainFileError } from '@phyllome/host/plain-file';
import { openSigners } from '@phyllome/signing';
import { join } from 'node:path';
import type { Image } from '../record.ts';
import { openRemote, RemoteError } from '../remote/index.ts';
import { asStoreError } from '../store/errors.ts';
import { pathsOf } from '../store/directories.ts';
import { checkStore, type ImageStore, type StoreOptions } from '../store/index.ts';
import { distOf, type Workspace } from '../workspace.ts';
import { buildImage, type ImageObserver, type ImageOptions } from '../image/image.ts';
import { type ImagePlan, planImage } from '../image/plan.ts';
import { findResult, keepImage, restoreImage, type StoredResult } from './keep.ts';
import { pullImage } from './pull.ts';

/** How an edition's image came to `dist/` and the store. `kept`: it was there already, and nothing was done. */
export interface Obtained {
  image: Image;
  /** Digest of what decides it. */
  inputs: string;
  how: 'kept' | 'store' | 'remote' | 'built';
}

export interface ObtainOptions extends ImageOptions {
  store: ImageStore;
  /** Builds in any case. */
  rebuild?: boolean;
}

export interface ObtainObserver extends ImageObserver {
  /** What did not go as it should, and does not end the build. */
  warning(line: string): void;
}

/**
 * The edition's image in the image store and its evidence in `dist/`, on the cheapest way: it is there; it is in the
 * store, where another clone has left it; the remote store has it; it is built. Of two that want the same at once, the
 * second waits and takes what the first has made.
 *
 * A remote store that does not answer, or sends what cannot be used, is a warning: the image is built.
 *
 * @throws {StoreError} STORE_UNWRITABLE, STORE_FULL, STORE_INVALID, before anything slow starts
 * @throws what {@link buildImage} throws
 */
export async function obtainImage(
  workspace: Workspace,
  edition: string,
  options: ObtainOptions,
  observer: ObtainObserver,
): Promise<Obtained> {
  const { store, env, signal, profile, rebuild = false } = options;
  // What cannot be signed afterwards is not built for an hour.
  const signers = await openSigners(env, { profile, signal });
  const plan = await planImage(workspace, edition, options);
  const { inputs, volid } = plan;
  const directory = distOf(workspace, edition);
  // What others made and left unsigned is not signed here: our signature would claim that we built it.
  const ownOnly = signers.provenance !== undefined || signers.checksum !== undefined;
  const storeOptions = { signal, onNote: (line: string) => observer.note(`note: ${line}`), ownOnly };

  await using _ = await lockInputs(store, inputs, { signal, observer });
  if (!rebuild) {
    const find = (): Promise<StoredResult | undefined> => findResult(store, { edition, inputs }, storeOptions);
    const there = await find();
    if (there !== undefined && (await isKept(there, directory))) return { image: there.image, inputs, how: 'kept' };
    const pulled =
      there === undefined && (await pull(store, { edition, inputs, volid }, options, { observer, ownOnly }));
    const found = pulled ? await find() : there;
    const image = found && (await restoreImage(store, found, directory));
    if (image !== undefined) return { image, inputs, how: pulled ? 'remote' : 'store' };
  }
  if (!rebuild) observer.note('No image of these inputs is in the image store: building one');
  return { image: await buildAndKeep(workspace, plan, options, observer), inputs, how: 'built' };
}

async function buildAndKeep(
  workspace: Workspace,
  plan: ImagePlan,
  options: ObtainOptions,
  observer: ObtainObserver,
): Promise<Image> {
  const { store, signal } = options;
  const directory = distOf(workspace, plan.edition);
  await checkStore(store, { bytes: plan.neededBytes.store, destination: directory });
  const { image, manifest } = await buildImage(workspace, plan, options, observer);
  const kept = { directory, image, manifest, inputs: plan.inputs };
  await keepImage(store, kept, { signal, onNote: (line) => observer.note(line) });
  return image;
}

/** While it is held, no other process of this store builds or fetches the same. */
async function lockInputs(
  store: ImageStore,
  inputs: string,
  { signal, observer }: { signal: AbortSignal; observer: ObtainObserver },
): Promise<AsyncDisposable> {
  try {
    return await takeLock(join(pathsOf(store).building, inputs.slice('sha256:'.length)), {
      signal,
      onWait: (holder) => observer.note(`${holder} builds or fetches the same: waiting for it`),
    });
  } catch (error) {
    signal.throwIfAborted();
    throw asStoreError(store.root, error);
  }
}

/** Whether all of the evidence in `dist/` is that of the store. */
async function isKept({ evidence }: StoredResult, directory: string): Promise<boolean> {
  for (const file of evidence) {
    try {
      const there = await digestOfPlainFile(join(directory, file.path));
      if (there.sha256 !== file.sha256) return false;
    } catch (error) {
      if (error instanceof PlainFileError || codeOf(error) === 'ENOTDIR') return false;
      throw error;
    }
  }
  return true;
}

/** Whether the remote store had it. */
async function pull(
  store: ImageStore,
  wanted: { edition: string; inputs: string; volid: string },
  { env, signal }: ObtainOptions,
  { observer, ownOnly }: { observer: ObtainObserver; ownOnly: boolean },
): Promise<boolean> {
  const remote = openRemote(env);
  if (remote === undefined) return false;
  if (ownOnly && !env['PHYLLOME_REMOTE_KEY']) {
    observer.note('Not pulling: what is signed here is built here, or signed by PHYLLOME_REMOTE_KEY');
    return false;
  }
  const options: StoreOptions & { onFound: (bytes: number) => void } = {
    signal,
    onNote: (line) => observer.note(`note: ${line}`),
    onFound: (bytes) =>
      observer.note(`Pulling ${wanted.volid}, ${Math.ceil(bytes / 2 ** 20)} MiB, from ${remote.repository}`),
  };
  try {
    return (await pullImage(store, wanted, remote, options)) !== undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RemoteError)) throw error;
    observer.warning(`warning[${error.code}] ${messageOf(error)}\n  hint: ${error.hint}`);
    return false;
  }
}
