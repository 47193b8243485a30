import { finished } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { lineSink } from './lines.ts';

async function linesOf(chunks: readonly (string | Buffer)[]): Promise<string[]> {
  const lines: string[] = [];
  const sink = lineSink((line) => lines.push(line));
  for (const chunk of chunks) sink.write(chunk);
  await finished(sink.end());
  return lines;
}

test('lines end at line feeds, with or without a carriage return; the last may have no end', async () => {
  expect(await linesOf(['one\ntw', 'o\r', '\n\nlast'])).toEqual(['one', 'two', '', 'last']);
});

test('a character may be cut between two pieces', async () => {
  const bytes = Buffer.from('é\n');
  expect(await linesOf([bytes.subarray(0, 1), bytes.subarray(1)])).toEqual(['é']);
});

test('a line that is too long is one line, cut, whatever pieces it comes in', async () => {
  const long = 'x'.repeat(50_000);
  const cut = 'x'.repeat(16_384);
  expect(await linesOf([`${long}\nnext\n`])).toEqual([cut, 'next']);
  expect(await linesOf([long, long, '\nnext\n'])).toEqual([cut, 'next']);
  expect(await linesOf([`${cut}\r\nnext\n`])).toEqual([cut, 'next']);
});
