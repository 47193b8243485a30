import { describe, expect, test } from 'vitest';

import { run } from '../../../test/support/tool.ts';
import { ksverdiff } from './ksverdiff.ts';

describe('ksverdiff', () => {
  test('prints what a release removed, deprecated and added', () => {
    expect(run(ksverdiff, ['-f', 'F42', '--to=F43'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('bootc rdp'),
    });
    expect(run(ksverdiff, ['-f', 'f44', '-t', 'f45']).stdout).toMatch(
      /^The following commands were removed in f45:\nmodule nvdimm vnc\n\nThe following commands were deprecated in f45:\n\nThe following commands were added in f45:\n\n/,
    );
  });

  test('finds nothing between a release and itself but what is deprecated', () => {
    expect(run(ksverdiff, ['-f', 'F45', '-t', 'F45']).stdout).not.toMatch(/options were (added|removed)/);
  });

  test.each([
    [['-f', 'F45'], 1],
    [['-f', 'F45', '-t', 'F99'], 1],
    [['-x'], 2],
    [['-l'], 0],
  ])('%s exits %i', (args, code) => {
    expect(run(ksverdiff, args).code).toBe(code);
  });
});
