import { openPlainFile } from '@phyllome/host/plain-file';
import { MAX_LINE_LENGTH } from './log-line.ts';

/** Of one log, at its beginning and at its end: what decides is there. In bytes. */
const HEAD_BYTES = 8 * 2 ** 20;
const TAIL_BYTES = 56 * 2 ** 20;

/**
 * Hands over the lines of a file, long ones cut, of a huge file those of its beginning and its end.
 *
 * @returns the number of bytes in between that were skipped
 */
export async function readLines(path: string, onLine: (line: string) => void): Promise<number> {
  const { handle, state } = await openPlainFile(path);
  await using _ = handle;
  const { size } = state;
  const whole = size <= HEAD_BYTES + TAIL_BYTES;
  const parts = whole
    ? [[0, size]]
    : [
        [0, HEAD_BYTES],
        [size - TAIL_BYTES, size],
      ];
  const buffer = Buffer.alloc(1 << 20);
  for (const [from = 0, to = 0] of parts) {
    const lines = lineSplitter(onLine);
    for (let at = from; at < to;) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, to - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
      lines.push(buffer.subarray(0, bytesRead));
    }
    lines.end();
  }
  return whole ? 0 : size - HEAD_BYTES - TAIL_BYTES;
}

/** Cuts bytes into lines, the same ones whatever pieces they come in; of a line that is too long the rest is dropped. */
function lineSplitter(onLine: (line: string) => void): { push(chunk: Uint8Array): void; end(): void } {
  const decoder = new TextDecoder();
  let rest = '';
  const take = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH);
    for (const line of lines) onLine(line.slice(0, MAX_LINE_LENGTH));
  };
  return {
    push: (chunk) => take(decoder.decode(chunk, { stream: true })),
    end() {
      take(decoder.decode());
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
