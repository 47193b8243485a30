import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { outputLines } from './image.ts';

async function linesOf(chunks: Iterable<string>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of outputLines(Readable.from(chunks))) lines.push(line);
  return lines;
}

function* flood(): Generator<string> {
  yield '{"stream":"';
  for (let sent = 0; sent < 64; sent += 1) yield 'x'.repeat(2 ** 16);
  throw new Error('it was read on');
}

test("an engine's messages are the lines of the build, wherever they are cut", async () => {
  const text = '{"stream":"Step 1\\n"}\n{"status":"pulling"}\n{"stream":"a"}\n{"stream":"b\\n"}\n';
  expect(await linesOf([text.slice(0, 9), text.slice(9, 40), text.slice(40)])).toEqual(['Step 1', 'pulling', 'ab']);
});

test('its error ends them', async () => {
  await expect(linesOf(['{"error":" no space "}\n'])).rejects.toThrow(/^no space$/u);
});

test.each([
  ['no JSON', 'hello\n'],
  ['another kind of value', '[]\n'],
  ['a number for a text', '{"stream":5}\n'],
  ['an error that is no text', '{"error":{"message":"x"}}\n'],
  ['JSON without end', `${'['.repeat(100_000)}\n`],
])('%s is refused in words', async (_, text) => {
  await expect(linesOf([text])).rejects.toThrow('the engine sent something else than messages of a build');
});

test('a message without end is not waited for', async () => {
  await expect(linesOf(flood())).rejects.toThrow('the engine sent a message without end');
});

test('of a line without end, the end is kept', async () => {
  const message = `${JSON.stringify({ stream: 'x'.repeat(2 ** 19) })}\n`;
  const [line = ''] = await linesOf(Array.from({ length: 8 }, () => message));
  expect(line.length).toBe(2 ** 20);
});
