import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { checkLive } from './check-live.ts';
import { closure } from './closure.ts';
import { flatten } from './flatten.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';

const ROOT = join(import.meta.dirname, '../../..');
const LEAVES = globSync('leaves/*.cfg', { cwd: ROOT }).toSorted();
const BLOCKS = globSync('leaves/blocks/**/*.cfg', { cwd: ROOT }).toSorted();

const readFile = (path: string): string | undefined => {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    return undefined;
  }
};

describe('the leaves of this repository', () => {
  it('are there', () => {
    expect(LEAVES).toEqual(expect.arrayContaining(['leaves/l.cfg', 'leaves/ldhi.cfg', 'leaves/dhi.cfg']));
  });

  it.each([...LEAVES, ...BLOCKS])('%s prints to itself', (path) => {
    const text = readFile(path) ?? '';
    expect(print(parse(path, text))).toBe(text);
  });

  it.each(LEAVES)('%s flattens to what is committed, without a warning', (leaf) => {
    const { text, diagnostics } = flatten(leaf, { readFile });
    expect(diagnostics).toEqual([]);
    expect(readFile(`flat/flat-${basename(leaf)}`)).toBe(text);
  });

  it.each(LEAVES)('the flat kickstart of %s flattens to itself', (leaf) => {
    const flat = `flat/flat-${basename(leaf)}`;
    expect(flatten(flat, { readFile }).text).toBe(readFile(flat));
  });

  it.each(LEAVES)('%s has one services line and no secret', (leaf) => {
    const { kickstart } = flatten(leaf, { readFile });
    const of = (name: string): string[] => kickstart.commands.filter((c) => c.name === name).map((c) => c.text);
    expect(of('services')).toHaveLength(1);
    expect(of('rootpw')).toEqual(['rootpw --lock']);
    expect(of('user')).toEqual([]);
  });

  it.each(LEAVES)('%s stops at a script that fails, and fetches nothing in one', (leaf) => {
    for (const script of flatten(leaf, { readFile }).kickstart.scripts) {
      expect(script.erroronfail).toBe(true);
      expect(script.body).toMatch(/^set -eu$/m);
      expect(script.body).not.toMatch(/\b(curl|wget|dnf|git|nmcli|virsh|localectl)\b/);
    }
  });

  it.each(LEAVES)('the scripts of %s are shell', (leaf) => {
    for (const script of flatten(leaf, { readFile }).kickstart.scripts) {
      const { status, stderr } = spawnSync('sh', ['-n'], { input: script.body, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    }
  });

  it.each(LEAVES.filter((leaf) => basename(leaf).startsWith('l')))('livemedia-creator takes %s', (leaf) => {
    expect(checkLive(flatten(leaf, { readFile }).kickstart)).toEqual([]);
  });

  it('an installed edition would be refused by livemedia-creator', () => {
    const codes = checkLive(flatten('leaves/dhi.cfg', { readFile }).kickstart).map((d) => d.code);
    expect(codes).toContain('KS_LIVE_DISPLAY_MODE');
  });

  it('every block belongs to an edition', () => {
    const used = new Set(LEAVES.flatMap((leaf) => closure(leaf, { readFile })));
    expect(BLOCKS.filter((block) => !used.has(block))).toEqual([]);
  });

  it('no flat file is left of a leaf that is gone', () => {
    const expected = LEAVES.map((leaf) => `flat/flat-${basename(leaf)}`);
    expect(globSync('flat/*.cfg', { cwd: ROOT }).toSorted()).toEqual(expected);
  });
});
