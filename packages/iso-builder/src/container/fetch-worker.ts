import { type IncomingMessage, type RequestOptions, get } from 'node:http';
import { get as getTls } from 'node:https';
import { parentPort, workerData } from 'node:worker_threads';
import type { Dial } from '../engine/endpoint.ts';
import { onSilence } from '../engine/silence.ts';
import { codeOf, messageOf } from '@phyllome/host';
import type { FetchOrder, FetchReport } from './fetch-file.ts';
import { receive } from './receive.ts';
import { entriesOf } from './tar.ts';

/**
 * Fetches one file from an engine: the body of a thread.
 *
 * A gigabyte comes in tens of thousands of pieces, each in memory of its own outside of JavaScript's heap, and every few
 * megabytes of that have V8 look through all of the heap. Here the heap is next to nothing; in a program with all of its
 * libraries the same took three times the CPU of the work itself.
 */
const order: FetchOrder = workerData;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, no window
const report = (message: FetchReport): void => parentPort?.postMessage(message);

async function fetch({ dial, containerId, path, target }: FetchOrder): Promise<FetchReport> {
  const answer = await request(dial, `/containers/${containerId}/archive?path=${encodeURIComponent(path)}`);
  if (answer.statusCode === 404) return { type: 'missing' };
  if (answer.statusCode !== 200) {
    const { statusCode = 0 } = answer;
    return { type: 'failed', statusCode, message: (await textOf(answer)).trim() };
  }
  for await (const { header, content } of entriesOf(answer))
    if (header.type === 'file') {
      const onProgress = (done: number, total: number): void => report({ type: 'progress', done, total });
      // Aborted by ending the thread.
      const signal = new AbortController().signal;
      return { type: 'fetched', ...(await receive(content, header.size ?? 0, target, { signal, onProgress })) };
    }
  return { type: 'missing' };
}

async function request(dial: Dial, path: string): Promise<IncomingMessage> {
  const ways = await waysOf(dial);
  return new Promise((resolve, reject) => {
    const [send, options] = ways;
    const silent = new Error(`the engine was silent for ${silenceMs / 1000} s`);
    const timer = setTimeout(() => asked.destroy(silent), silenceMs);
    const asked = send({ ...options, path, headers: { connection: 'close' } }, (answer) => {
      clearTimeout(timer);
      onSilence(answer, silenceMs, () => answer.destroy(silent));
      resolve(answer);
    });
    asked.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

/** For more to come, from a disk that is busy with something else. */
const silenceMs = 5 * 60_000;

async function waysOf(dial: Dial): Promise<[typeof get, RequestOptions]> {
  if ('socketPath' in dial) return [get, dial];
  if ('ssh' in dial) {
    // Its library is large: only where it is needed.
    const { sshAgent } = await import('../engine/ssh.ts');
    return [get, { host: 'engine', agent: sshAgent(new URL(dial.ssh), dial.env) }];
  }
  const { tls, ...options } = dial;
  return [tls ? getTls : get, options];
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
  return text;
}

try {
  report(await fetch(order));
} catch (error) {
  const code = codeOf(error);
  report({ type: 'failed', message: messageOf(error), ...(code === undefined ? {} : { code }) });
}
