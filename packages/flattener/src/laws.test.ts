import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { type Files, LAW_RUNS, brokenTree, bytes, kickstart, releaseTree } from '../test/support/grammar.ts';
import { run } from '../test/support/tool.ts';
import { tree } from '../test/support/tree.ts';
import { checkLive } from './check-live.ts';
import { closure } from './closure.ts';
import { KickstartError } from './diagnostics.ts';
import { diffKickstarts, isSame } from './diff/diff.ts';
import { type Flattened, flatten } from './flatten.ts';
import { lint } from './lint/lint.ts';
import { parse, parseBody } from './parse.ts';
import { print } from './print.ts';
import { ksflatten } from './pykickstart/tools/ksflatten.ts';
import { renderDiagnostic } from './render-diagnostic.ts';
import { originAt, printSourceMap, readSourceMap, sourceMap } from './source-map.ts';

interface FlattenedHow {
  readonly release?: string;
  readonly comments?: boolean;
}

/** The flat kickstart, or undefined where the leaf is refused as it should be: with a typed error. */
function flattenOrRefuse(files: Files, options: FlattenedHow = {}): Flattened | undefined {
  try {
    return flatten('leaf.cfg', { ...tree(files), ...options });
  } catch (error) {
    if (!(error instanceof KickstartError)) throw error;
    for (const diagnostic of error.diagnostics) renderDiagnostic(diagnostic, (path) => files[path]);
    return undefined;
  }
}

const again = (flat: Flattened, options: FlattenedHow): Flattened =>
  flatten('flat.cfg', { ...tree({ 'flat.cfg': flat.text }), ...options });

const LIMIT = { timeout: 60_000 + LAW_RUNS * 20 };
const numRuns = LAW_RUNS;

describe('the tree', LIMIT, () => {
  const texts = fc.oneof(kickstart, bytes, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));

  test('prints back byte for byte', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(print(parse('x.cfg', text))).toBe(text);
        parseBody('x.cfg', text);
      }),
      { numRuns },
    );
  });

  test('of a tree that something was done to prints back too', () => {
    fc.assert(
      fc.property(brokenTree, (files) => {
        for (const [path, text] of Object.entries(files)) expect(print(parse(path, text))).toBe(text);
      }),
      { numRuns },
    );
  });
});

describe('flattening', LIMIT, () => {
  test('again changes nothing, with comments or without, and neither does it change the meaning', () => {
    let flattened = 0;
    fc.assert(
      fc.property(releaseTree, ({ release, files }) => {
        const plain = flattenOrRefuse(files, { release });
        if (plain === undefined) return;
        flattened += 1;
        const commented = flattenOrRefuse(files, { release, comments: true });
        if (commented === undefined) throw new Error('comments made a leaf wrong');
        expect(again(plain, { release }).text).toBe(plain.text);
        expect(again(commented, { release, comments: true }).text).toBe(commented.text);
        const uncommented = again(commented, { release }).text;
        expect(uncommented.split('\n').slice(1)).toEqual(plain.text.split('\n').slice(1));
        expect(isSame(diffKickstarts(plain.kickstart, again(plain, { release }).kickstart))).toBe(true);
      }),
      { numRuns },
    );
    // The law would hold for a flattener that refuses everything.
    expect(flattened).toBeGreaterThan(numRuns / 4);
  });

  test('writes what pykickstart accepts for the release', () => {
    fc.assert(
      fc.property(releaseTree, ({ release, files }) => {
        const flat = flattenOrRefuse(files, { release });
        if (flat === undefined) return;
        const { stderr, code } = run(ksflatten, ['-c', 'flat.cfg', '-v', release], { 'flat.cfg': flat.text });
        expect(code, stderr).toBe(0);
      }),
      { numRuns },
    );
  });

  test('has an origin for each line, which its map gives back', () => {
    fc.assert(
      fc.property(releaseTree, fc.boolean(), ({ release, files }, comments) => {
        const flat = flattenOrRefuse(files, { release, comments });
        if (flat === undefined) return;
        const map = readSourceMap(printSourceMap(sourceMap('flat.cfg', flat)), flat.text);
        expect(map.lines).toHaveLength(flat.origins.length);
        flat.origins.forEach((origin, index) => expect(originAt(map, index + 1)).toEqual(origin));
      }),
      { numRuns },
    );
  });

  test('fails by nothing but a KickstartError, whatever it is given', () => {
    fc.assert(
      fc.property(brokenTree, fc.boolean(), (files, comments) => {
        expect(() => {
          const flat = flattenOrRefuse(files, { comments });
          if (flat !== undefined) checkLive(flat.kickstart);
        }).not.toThrow();
        expect(closure('leaf.cfg', tree(files))[0]).toBe('leaf.cfg');
      }),
      { numRuns },
    );
  });

  test('of bytes fails by nothing else either', () => {
    fc.assert(
      fc.property(bytes, bytes, (one, other) => {
        const files = { 'leaf.cfg': `${one}\n%include a.cfg\n`, 'a.cfg': other };
        expect(() => flattenOrRefuse(files)).not.toThrow();
      }),
      { numRuns },
    );
  });
});

describe('lint', LIMIT, () => {
  test('never fails, and points into the files', async () => {
    await fc.assert(
      fc.asyncProperty(brokenTree, fc.boolean(), async (files, live) => {
        const found = await lint({ ...tree(files), leaves: [{ path: 'leaf.cfg', live }], complete: true });
        for (const finding of found) {
          expect(files[finding.at.path]).toBeDefined();
          expect(finding.length).toBeGreaterThan(0);
          renderDiagnostic(finding, (path) => files[path]);
        }
      }),
      { numRuns },
    );
  });
});
