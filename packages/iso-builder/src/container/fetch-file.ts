import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Dial } from '../engine/endpoint.ts';
import type { Engine } from '../engine/engine.ts';
import type { FetchOptions } from '../executor/executor.ts';
import type { Fetched } from '../executor/executor.ts';

/** What the thread is sent. */
export interface FetchOrder {
  readonly dial: Dial;
  readonly containerId: string;
  readonly path: string;
  readonly target: string;
}

/** What it reports: progress, then one of the others. */
export type FetchReport =
  | { type: 'progress'; done: number; total: number }
  | ({ type: 'fetched' } & Fetched)
  | { type: 'missing' }
  | { type: 'failed'; message: string; code?: string; statusCode?: number };

/** MiB for what lives short in the thread: little, so that it is looked through often, and quickly. */
const youngGenerationMb = 2;

/**
 * Copies one file of the container to `target`, hashing as it comes. Done by a thread of its own (fetch-worker.ts). That
 * it is on disk is not waited for.
 *
 * @returns undefined when it is not there
 * @throws the signal's reason when aborted
 */
export async function fetchFile(
  engine: Pick<Engine, 'dial'>,
  containerId: string,
  path: string,
  { target, signal, onProgress }: FetchOptions & { target: string },
): Promise<Fetched | undefined> {
  signal.throwIfAborted();
  const order: FetchOrder = { dial: engine.dial, containerId, path, target };
  // A source, or built of one: as this file is.
  const worker = new Worker(new URL(`./fetch-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: order,
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
  });
  let last: FetchReport | undefined;
  worker.on('message', (report: FetchReport) => {
    if (report.type === 'progress') onProgress(report.done, report.total);
    else last = report;
  });
  const abort = (): void => void worker.terminate();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await once(worker, 'exit');
  } finally {
    signal.removeEventListener('abort', abort);
  }
  signal.throwIfAborted();
  if (last?.type === 'fetched') return { size: last.size, sha256: last.sha256 };
  if (last?.type === 'missing') return undefined;
  const { message, ...known } = last?.type === 'failed' ? last : { message: 'its thread ended without a word' };
  throw Object.assign(new Error(message), known);
}
