import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allowance, checkAllowList, readAllowList } from './allow.ts';
import { BootMonitor } from './boot-monitor.ts';

const entry = { pattern: /thermald/, tracker: 'https://example.org/1', expires: '2026-06-30' };
const line = 'thermald.service is failed: no sensors';

describe('allowance', () => {
  test.each([
    ['2026-06-29', true],
    ['2026-06-30', true],
    ['2026-07-01', false],
  ])('on %s: %s', (day, allowed) => {
    expect(allowance(line, [entry], new Date(`${day}T12:00:00Z`))).toMatchObject({ allowed });
  });

  test('of a pattern that remembers where it was', () => {
    const sticky = { ...entry, pattern: /thermald/g, expires: '9999-12-31' };
    for (let times = 0; times < 2; times++) expect(allowance(line, [sticky])).toMatchObject({ allowed: true });
  });

  test('of what no entry speaks of', () => {
    expect(allowance('gdm.service is failed', [entry])).toBeUndefined();
  });
});

describe('a monitor with a list', () => {
  const evidence = { source: 'guest', atMs: 1, line, detector: 'failed-units' } as const;
  const judge = (expires: string) => {
    const monitor = new BootMonitor({ timeScale: 1, allow: [{ ...entry, expires }] });
    monitor.add('fail', 'failed-unit', evidence);
    return monitor;
  };

  test('does not hold an allowed fault against the image, and says so', () => {
    const monitor = judge('9999-12-31');
    expect(monitor.rejection).toBeUndefined();
    expect(monitor.findings).toMatchObject([
      { severity: 'warn', evidence: { line: expect.stringContaining('allowed') } },
    ]);
  });

  test('holds one against it whose time is over', () => {
    expect(judge('2020-01-01').rejection).toMatchObject({
      cause: 'failed-unit',
      evidence: { line: expect.stringContaining('no longer allowed since 2020-01-01: https://example.org/1') },
    });
  });
});

describe('a list is refused', () => {
  test.each([
    ['without a tracker', { tracker: ' ' }],
    ['with no day', { expires: 'soon' }],
    ['with a day that does not exist', { expires: '2026-02-30' }],
  ])('%s', (_, wrong) => {
    expect(() => checkAllowList([{ ...entry, ...wrong }])).toThrow(expect.objectContaining({ code: 'ALLOW_INVALID' }));
  });

  test.each([
    ['{}'],
    ['[{"pattern": "x", "tracker": "t"}]'],
    ['[{"pattern": "(", "tracker": "t", "expires": "2026-01-01"}]'],
    ['[{"pattern": "x", "tracker": "t", "expires": "2026-01-01", "why": "?"}]'],
  ])('in a file: %s', async (text) => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'allow-'));
    await writeFile(join(directory.path, 'allow.json'), text);
    await expect(readAllowList(join(directory.path, 'allow.json'))).rejects.toMatchObject({ code: 'ALLOW_INVALID' });
  });

  test('that is not there', async () => {
    await expect(readAllowList('/nowhere/allow.json')).rejects.toMatchObject({
      code: 'ALLOW_INVALID',
      message: expect.stringContaining('no such file'),
      hint: expect.stringContaining('name a JSON file'),
    });
  });
});

test('a list is read from a file', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'allow-'));
  const path = join(directory.path, 'allow.json');
  await writeFile(path, JSON.stringify([{ ...entry, pattern: 'thermald' }]));
  expect(await readAllowList(path)).toEqual([entry]);
});
