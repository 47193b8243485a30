import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf, nameProblem } from '@phyllome/host';
import { readPlainFile } from '@phyllome/host/plain-file';
import { ReleaseError } from '../errors.ts';
import { parseReleases } from './releases.ts';

/** Bytes of one document at most: the list of packages of a desktop has one million. */
const largestDocument = 64 * 2 ** 20;
/** The same of `releases.json`. */
const releasesLimit = 16 * 2 ** 20;
/** Milliseconds that a server may take for one of them. */
const patience = 120_000;

/**
 * Brings what a release is compared with, and nothing else, from where the last one is served.
 *
 * @param url of the directory, http or https
 * @param directory an empty one, which then reads as that release
 * @throws {ReleaseError} PREVIOUS_UNREACHABLE, or NOT_A_BUILD when what is served is not a release
 */
export async function fetchRelease(url: string, directory: string, signal?: AbortSignal): Promise<void> {
  const at = (path: string): URL => new URL(path, url.endsWith('/') ? url : `${url}/`);
  await download(at('releases.json'), join(directory, 'releases.json'), releasesLimit, signal);
  const [last] = parseReleases((await readPreviousReleases(directory)) ?? '').releases;
  for (const { edition, verdicts } of last?.editions ?? []) {
    const named = [edition, ...verdicts.map(({ firmware }) => firmware)];
    if (named.some((name) => nameProblem('file', name) !== undefined)) {
      throw new ReleaseError('NOT_A_BUILD', `${url} names an edition or a firmware as nothing can be named`, {
        hint: 'give the address of a release made by phyllome release',
      });
    }
    await mkdir(join(directory, edition));
    const names = ['image.json', 'manifest.json', 'packages.json', 'kickstart.cfg'];
    for (const name of [...names, ...verdicts.map(({ firmware }) => `${firmware}-verdict.json`)])
      await download(at(`${edition}/${name}`), join(directory, edition, name), largestDocument, signal);
  }
}

async function download(url: URL, target: string, limit: number, signal: AbortSignal | undefined): Promise<void> {
  const time = AbortSignal.timeout(patience);
  const either = signal === undefined ? time : AbortSignal.any([signal, time]);
  try {
    const { ok, status, body } = await fetch(url, { signal: either });
    if (!ok || body === null) throw new Error(`the answer is ${status}`);
    let size = 0;
    const bounded = new Transform({
      transform(chunk: Buffer, _, next) {
        size += chunk.length;
        if (size > limit) next(new Error(`it has more than ${limit / 2 ** 20} MiB`));
        else next(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(body), bounded, createWriteStream(target, { flags: 'wx' }), { signal: either });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ReleaseError('PREVIOUS_UNREACHABLE', `${url.href} cannot be fetched: ${messageOf(cause)}`, {
      hint: 'look whether the last release is served there; without --previous the page says nothing of changes',
      cause,
    });
  }
}

/** `releases.json` beside an older release's page. */
export async function readPreviousReleases(directory: string): Promise<string | undefined> {
  const path = basename(directory) === 'releases.json' ? directory : join(directory, 'releases.json');
  return await readPlainFile(path, releasesLimit).then(String, (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new ReleaseError('NOT_A_BUILD', `${dirname(path)} is not a release`, {
      hint: 'name a released directory',
      cause: error,
    });
  });
}
