import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';

import { tree } from '../test/support/tree.ts';
import { flatten } from './flatten.ts';
import { linesFrom, originAt, printSourceMap, readSourceMap, sourceMap } from './source-map.ts';
import schema from './source-map.schema.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '../../..');
const LEAVES = globSync('leaves/*.cfg', { cwd: ROOT }).toSorted();
function fromRoot(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    return undefined;
  }
}

const FILES = {
  'leaf.cfg': '%include a.cfg\nbootloader --timeout=1\n%packages --nocore\nnano\n%end\n',
  'a.cfg': '# why\n  bootloader --append="quiet"\n%include b.cfg\n',
  'b.cfg': 'lang C\n%post\n%include b.sh\n%end\n%packages\nvim\n%end\n',
  'b.sh': 'echo b',
};

describe('a source map', () => {
  const flat = flatten('leaf.cfg', tree(FILES));
  const map = readSourceMap(printSourceMap(sourceMap('flat.cfg', flat)), flat.text);
  const lineOf = (text: string): number => flat.text.split('\n').indexOf(text) + 1;

  test('gives every origin back after it was printed and read', () => {
    expect(flat.origins.map((_, index) => originAt(map, index + 1))).toEqual(flat.origins);
    expect(originAt(map, 0)).toBeUndefined();
    expect(originAt(map, flat.origins.length + 1)).toBeUndefined();
  });

  test('knows place, chain and what was merged in', () => {
    expect(originAt(map, lineOf('echo b'))).toEqual({
      path: 'b.sh',
      line: 1,
      column: 1,
      includedFrom: [
        { path: 'b.cfg', line: 3, column: 1 },
        { path: 'a.cfg', line: 3, column: 1 },
        { path: 'leaf.cfg', line: 1, column: 1 },
      ],
      earlier: [],
    });
    const bootloader = originAt(map, lineOf('bootloader --append=quiet --timeout=1'));
    expect(bootloader).toMatchObject({ path: 'leaf.cfg', line: 2, earlier: [{ path: 'a.cfg', line: 2, column: 3 }] });
  });

  test('goes the other way', () => {
    const bootloader = lineOf('bootloader --append=quiet --timeout=1');
    expect(linesFrom(flat.origins, { path: 'a.cfg', line: 2 })).toEqual([{ line: bootloader, relation: 'merged' }]);
    expect(linesFrom(flat.origins, { path: 'b.cfg', line: 1 })).toEqual([
      { line: lineOf('lang C'), relation: 'source' },
    ]);
    expect(linesFrom(flat.origins, { path: 'a.cfg', line: 1 })).toEqual([]);
    expect(linesFrom(flat.origins, { path: 'b.cfg', line: 3 })).toEqual([
      { line: lineOf('echo b'), relation: 'include' },
    ]);
    const header = lineOf('%packages --nocore');
    expect(linesFrom(flat.origins, { path: 'leaf.cfg', line: 3 })).toEqual([{ line: header, relation: 'merged' }]);
    expect(linesFrom(flat.origins, { path: 'leaf.cfg', line: 1 })).toHaveLength(6);
  });

  test('explains no other text than the one it was made for', () => {
    const json = printSourceMap(map);
    expect(() => readSourceMap(json, `${flat.text}\n`)).toThrow(expect.objectContaining({ code: 'MAP_STALE' }));
    for (const broken of ['', 'null', '[]', '{"version":3}', json.replace('"version":2', '"version":3')]) {
      expect(() => readSourceMap(broken, flat.text)).toThrow(expect.objectContaining({ code: 'MAP_INVALID' }));
    }
  });
});

describe('the source maps of this repository', { timeout: 60_000 }, () => {
  const validate = new Ajv2020({ allErrors: true, strictTuples: false }).compile(schema);

  test.each(LEAVES)('%s: as the schema has it, with every line at its place', (leaf) => {
    const flat = flatten(leaf, { readFile: fromRoot });
    const map = readSourceMap(printSourceMap(sourceMap('flat.cfg', flat)), flat.text);
    validate(JSON.parse(JSON.stringify(map)));
    expect(validate.errors).toBeNull();
    expect(map.lines).toHaveLength(flat.text.split('\n').length - 1);
    const lines = flat.text.split('\n').slice(0, -1);
    const origins = lines.map((_, index) => originAt(map, index + 1));
    // Without an origin are only the comments above commands and the blank lines between sections.
    expect(lines.filter((line, index) => origins[index] === undefined && !/^(#.*)?$/.test(line))).toEqual([]);
    const gone = origins.filter((at) => at && fromRoot(at.path)?.split('\n')[at.line - 1] === undefined);
    expect(gone).toEqual([]);
  });

  test('the schema refuses what is not a map', () => {
    expect(validate({ version: 1 })).toBe(false);
    expect(validate({ ...sourceMap('x', flatten('x', tree({ x: 'lang C' }))), lines: [[0, 0]] })).toBe(false);
  });
});
