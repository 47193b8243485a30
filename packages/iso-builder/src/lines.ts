import { Writable } from 'node:stream';

/** Longer lines are cut. */
const maxLineLength = 16_384;

/** Cuts what is written to it into lines. */
export const lineSink = (onLine: (line: string) => void): Writable => {
  const decoder = new TextDecoder();
  let rest = '';
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > maxLineLength) {
        lines.push(rest);
        rest = '';
      }
      for (const line of lines) onLine(line.replace(/\r$/u, '').slice(0, maxLineLength));
      done();
    },
    final(done) {
      if (rest !== '') onLine(rest);
      done();
    },
  });
};
