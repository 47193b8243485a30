import { expect, test } from 'vitest';
import { Transcript } from './transcript.ts';

const line = (text: string) => Buffer.from(`${text}\n`);

test('has what was said since a place, though the beginning was forgotten meanwhile', () => {
  const transcript = new Transcript();
  const flood = (lines: number) => {
    for (let index = 0; index < lines; index++) transcript.push(line('x'.repeat(999)));
  };
  const beginning = transcript.end;
  flood(2_000);
  transcript.push(Buffer.from('host login: '));
  const place = transcript.end;
  expect(transcript.since(place)).toBe('');
  flood(500);
  transcript.push(Buffer.from('Password: '));
  expect(transcript.text.length).toBeLessThan(2_000_000);
  expect(transcript.since(place)).toBe(`${`${'x'.repeat(999)}\n`.repeat(500)}Password: `);
  expect(transcript.since(beginning)).toBe(transcript.text);
});

test('begins anew where its machine does', () => {
  const transcript = new Transcript();
  transcript.push(Buffer.from('half a li'));
  transcript.rewind('before\n');
  transcript.push(Buffer.from('after'));
  expect([transcript.text, transcript.end]).toEqual(['before\nafter', 12]);
});
