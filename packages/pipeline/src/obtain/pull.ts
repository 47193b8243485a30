import { parseJson } from '@phyllome/host/json';
import { readVerificationKey } from '@phyllome/signing';
import { imageSchema, recordFile } from '../record.ts';
import { fetchImage, type Remote, tagOf, wrong } from '../remote/index.ts';
import type { ImageStore, StoreOptions } from '../store/index.ts';
import { readPlainFile } from '@phyllome/host/plain-file';
import { join } from 'node:path';
import { keepImage } from './keep.ts';
import { verifyResult } from './verify.ts';

/**
 * Brings the image of these inputs from the remote store into this one. What comes is checked as `phyllome verify` checks
 * a result: the ISO read from end to end, its medium, every document against the others; and against its tag.
 * Consistency is not authenticity: with `PHYLLOME_REMOTE_KEY`, the path of a public key or keyring, it must be signed by
 * that; without, it is marked, and never signed here.
 *
 * @returns bytes of the ISO; undefined when the registry has none
 * @throws {RemoteError} REMOTE_WRONG when it is not what it should be: nothing of it is used; others when it cannot be had
 * @throws {SigningError} when the key cannot be read
 * @throws {StoreError}
 */
export async function pullImage(
  store: ImageStore,
  { edition, inputs }: { edition: string; inputs: string },
  remote: Remote,
  { onFound, ...options }: StoreOptions & { onFound?: (bytes: number) => void } = {},
): Promise<{ size: number } | undefined> {
  const { signal } = options;
  const { env, repository } = remote;
  const path = env['PHYLLOME_REMOTE_KEY'] || undefined;
  const key = path === undefined ? undefined : await readVerificationKey(path);
  await using fetched = await fetchImage(store, inputs, remote, { signal, ...(onFound ? { onFound } : {}) });
  if (fetched === undefined) return undefined;
  const { directory } = fetched;
  const name = `${repository}:${tagOf(inputs)}`;
  const { manifest, checks } = await verifyResult(directory, { key, env, signal });
  const problem = checks.find(({ problems }) => problems.length > 0)?.problems[0];
  // Without a path of this machine: the file has the same name there.
  if (problem !== undefined) throw wrong(name, `is refused, ${problem.message.replaceAll(`${directory}/`, '')}`);
  const image = imageSchema.parse(parseJson(String(await readPlainFile(join(directory, recordFile), 2 ** 20))));
  if (manifest === undefined || manifest.labels['inputs'] !== inputs || image.edition !== edition)
    throw wrong(name, 'is of other inputs than its tag says');
  const source = key === undefined ? repository : undefined;
  await keepImage(store, { directory, image, manifest, inputs, source }, options);
  return { size: image.size };
}
