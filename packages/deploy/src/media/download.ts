import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DeployError } from '../errors.ts';

export interface DownloadOptions {
  /** What it must be. */
  sha256?: string | undefined;
  signal?: AbortSignal | undefined;
  /** In bytes; the total if the server reports it. */
  onProgress?: ((done: number, total: number | undefined) => void) | undefined;
}

/**
 * Fetches a file, which appears at `path` whole and with the right sum, or not at all.
 *
 * @throws {DeployError} DOWNLOAD_FAILED, CHECKSUM_WRONG
 */
export async function download(url: string, path: string, options: DownloadOptions = {}): Promise<void> {
  const { signal, sha256, onProgress } = options;
  const response = await get(url, signal);
  const total = Number(response.headers.get('content-length')) || undefined;
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  const hash = createHash('sha256');
  try {
    let done = 0;
    await pipeline(
      response.body === null ? Readable.from([]) : Readable.fromWeb(response.body),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          done += chunk.length;
          onProgress?.(done, total);
          yield chunk;
        }
      },
      createWriteStream(partial),
      signal ? { signal } : {},
    );
    checkSum(url, hash.digest('hex'), sha256);
    await rename(partial, path);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof DeployError) throw cause;
    throw failed(url, cause);
  } finally {
    await rm(partial, { force: true });
  }
}

/** A small file's text. @throws {DeployError} DOWNLOAD_FAILED, CHECKSUM_WRONG */
export async function fetchText(url: string, { sha256, signal }: DownloadOptions = {}): Promise<string> {
  const response = await get(url, signal);
  const text = await response.text().catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw failed(url, cause);
  });
  checkSum(url, createHash('sha256').update(text).digest('hex'), sha256);
  return text;
}

/** @throws {DeployError} CHECKSUM_WRONG when the file is not what it must be */
export async function checkFile(path: string, sha256: string | undefined, signal?: AbortSignal): Promise<void> {
  if (sha256 !== undefined) checkSum(path, await sumOf(path, signal), sha256);
}

/** A file's SHA-256, in hexadecimal. */
export async function sumOf(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, signal ? { signal } : {});
  return hash.digest('hex');
}

export const isFile = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFile() ?? false;

async function get(url: string, signal: AbortSignal | undefined): Promise<Response> {
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (response.ok) return response;
    throw new Error(`the server answers ${response.status} ${response.statusText}`.trim());
  } catch (cause) {
    signal?.throwIfAborted();
    throw failed(url, cause);
  }
}

function failed(url: string, cause: unknown): DeployError {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  // fetch says no more than "fetch failed" itself.
  const why = error.cause instanceof Error ? error.cause.message || error.message : error.message;
  return new DeployError('DOWNLOAD_FAILED', `${url} cannot be fetched: ${why}`, {
    hint: 'check the address and the network, or use an ISO on this machine: --source FILE',
    cause,
  });
}

function checkSum(what: string, found: string, expected: string | undefined): void {
  if (expected === undefined || found === expected) return;
  throw new DeployError('CHECKSUM_WRONG', `${what} has the sha256 ${found}, and ${expected} was expected`, {
    hint: 'get it anew, and compare the sum with the one that its publisher lists',
  });
}
