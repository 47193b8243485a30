import { Writable } from 'node:stream';

/** Longer lines are cut, and the rest of them is dropped. */
const maxLineLength = 16_384;

/** Cuts what is written to it into lines: the same ones, whatever pieces they come in. */
export function lineSink(onLine: (line: string) => void): Writable {
  const decoder = new TextDecoder();
  let rest = '';
  const emit = (line: string): void => onLine(line.replace(/\r$/u, '').slice(0, maxLineLength));
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      // One character more than is passed on, for the carriage return.
      rest = (lines.pop() ?? '').slice(0, maxLineLength + 1);
      for (const line of lines) emit(line);
      done();
    },
    final(done) {
      if (rest !== '') emit(rest);
      done();
    },
  });
}
