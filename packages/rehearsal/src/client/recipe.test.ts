import { describe, expect, test } from 'vitest';
import { parseRecipe, recipeKey, rootfsArgv } from './recipe.ts';
import { reasonFor } from './mmdebstrap.ts';

const recipe = { suite: 'trixie', variant: 'minbase', packages: ['xorriso', 'nodejs'] };

describe('recipeKey', () => {
  test('depends on what is made, not on the order it is written in', () => {
    expect(recipeKey({ ...recipe, packages: ['nodejs', 'xorriso'] })).toBe(recipeKey(recipe));
    expect(recipeKey({ ...recipe, packages: ['nodejs'] })).not.toBe(recipeKey(recipe));
  });
});

describe('rootfsArgv', () => {
  test('names no mirror', () => {
    expect(rootfsArgv(recipe, '/x/rootfs.tar').slice(-2)).toEqual(['trixie', '/x/rootfs.tar']);
  });
});

describe('parseRecipe', () => {
  test('refuses what is not a recipe', () => {
    expect(() => parseRecipe('{"suite": "trixie"}')).toThrow(TypeError);
  });
});

describe('reasonFor', () => {
  test.each([
    ['E: Failed to fetch … Could not resolve host', 'REHEARSAL_MIRROR_UNREACHABLE'],
    ['tar: write error: No space left on device', 'REHEARSAL_DISK_FULL'],
    ['W: GPG error: … NO_PUBKEY 6ED0E7B82643E131', 'REHEARSAL_KEYRING_MISSING'],
    ['E: something else', 'REHEARSAL_ROOTFS_FAILED'],
  ])('knows what %j comes down to', (output, code) => {
    expect(reasonFor(output).code).toBe(code);
  });
});
