import { expect, test } from 'vitest';
import { frameReader } from './frames.ts';

function frame(type: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = type;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

function read(chunks: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const take = frameReader((output, content) => seen.push(`${output}: ${String(content)}`));
  for (const chunk of chunks) take(chunk);
  return seen;
}

test.each([1, 3, 8, 1000])('the same pieces, in chunks of %i bytes', (size) => {
  const stream = Buffer.concat([frame(1, 'out\n'), frame(2, ''), frame(2, 'err é\n')]);
  const chunks = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) =>
    stream.subarray(index * size, (index + 1) * size),
  );
  expect(read(chunks)).toEqual(['stdout: out\n', 'stderr: ', 'stderr: err é\n']);
});

test('any number of short pieces in one chunk', () => {
  expect(read([Buffer.concat(Array.from({ length: 50_000 }, () => frame(2, '\n')))])).toHaveLength(50_000);
});

test('a piece that broke off is not told', () => {
  expect(read([Buffer.concat([frame(1, 'whole'), frame(1, 'broken').subarray(0, 12)])])).toEqual(['stdout: whole']);
});
