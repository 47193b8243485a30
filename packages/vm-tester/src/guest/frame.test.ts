import { describe, expect, test } from 'vitest';
import { FrameDecoder, helloFrame, runFrame } from './frame.ts';

const STREAM = Buffer.concat([Buffer.from('HELLO abc\nDONE 1 0 5 0\nout\n\0DONE 2 127 0 3\nerrDONE 3 0 0 0\n')]);
const FRAMES = [
  { type: 'hello', nonce: 'abc' },
  { type: 'done', id: 1, exitCode: 0, stdout: Buffer.from('out\n\0'), stderr: Buffer.from('') },
  { type: 'done', id: 2, exitCode: 127, stdout: Buffer.from(''), stderr: Buffer.from('err') },
  { type: 'done', id: 3, exitCode: 0, stdout: Buffer.from(''), stderr: Buffer.from('') },
];

describe('FrameDecoder', () => {
  test.each([1, 2, 3, 7, 16, 1000])('cuts the same frames from chunks of %i bytes', (size) => {
    const decoder = new FrameDecoder();
    const frames = [];
    for (let at = 0; at < STREAM.length; at += size) frames.push(...decoder.push(STREAM.subarray(at, at + size)));
    expect(frames).toEqual(FRAMES);
  });

  test('a payload that looks like a header stays a payload', () => {
    const payload = 'DONE 9 9 9 9\n';
    expect(new FrameDecoder().push(Buffer.from(`DONE 1 0 ${payload.length} 0\n${payload}`))).toMatchObject([
      { id: 1, stdout: Buffer.from(payload) },
    ]);
  });

  test.each(['garbage\n', 'DONE 1 0 x 0\n', 'HELLO \n', 'DONE 1 0 9999999999 0\n', 'x'.repeat(300)])(
    'refuses %j',
    (bytes) => {
      expect(() => new FrameDecoder().push(Buffer.from(bytes))).toThrow(
        expect.objectContaining({ code: 'GUEST_PROTOCOL' }),
      );
    },
  );
});

test('runFrame counts bytes, not characters', () => {
  expect(runFrame(7, Buffer.from('écho'), Buffer.from('ß')).toString()).toBe('RUN 7 5 2\néchoß');
});

test.each([1, 3, 1000])('what was sent before a guest was set back is skipped, in chunks of %i bytes', (size) => {
  const decoder = new FrameDecoder();
  decoder.push(Buffer.from('DONE 1 0 100 0\nhalf of what it'));
  decoder.skipTo('abc-1');
  const stream = Buffer.from('was to send\nHELLO abc\nDONE 2 0 0 0\nHELLO abc-1\nDONE 3 0 1 0\n!');
  const frames = [];
  for (let at = 0; at < stream.length; at += size) frames.push(...decoder.push(stream.subarray(at, at + size)));
  expect(frames).toMatchObject([
    { type: 'hello', nonce: 'abc-1' },
    { type: 'done', id: 3, stdout: Buffer.from('!') },
  ]);
});

test('a greeting asks for the token', () => {
  expect(helloFrame('t0').toString()).toBe('HELLO t0\n');
});
