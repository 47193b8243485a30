import leven from 'leven';

/**
 * The candidate that was most likely meant, if one is near enough and no other is as near: a wrong suggestion is worse
 * than none.
 * Letter case does not count, two letters in the wrong order are one mistake, and dashes in front do not count.
 */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const bare = bareOf(word);
  const byBare = new Map(candidates.map((candidate) => [bareOf(candidate), candidate]));
  const same = byBare.get(bare);
  if (same !== undefined) return same === word ? undefined : same;
  const swapped = transpositions(bare).find((other) => byBare.has(other));
  if (swapped !== undefined) return byBare.get(swapped);
  const best = nearest(bare, [...byBare.keys()]);
  return best === undefined || isOpposite(bare, best) ? undefined : byBare.get(best);
}

function nearest(bare: string, candidates: readonly string[]): string | undefined {
  let least = mistakes(bare) + 1;
  let found: string[] = [];
  for (const one of candidates) {
    const distance = leven(bare, one, { maxDistance: least + 1 });
    if (distance < least) [least, found] = [distance, [one]];
    else if (distance === least && found.length > 0) found.push(one);
  }
  return found.length === 1 ? found[0] : undefined;
}

function bareOf(word: string): string {
  return word.replace(/^-+/, '').toLowerCase();
}

/** How many letters may be wrong: none in a word of two. */
function mistakes(bare: string): number {
  return bare.length < 3 ? 0 : bare.length < 6 ? 1 : bare.length < 10 ? 2 : 3;
}

/** `--noverifyssl` and `--verifyssl`: near, and just what was not meant. */
function isOpposite(one: string, other: string): boolean {
  return one.startsWith('no') !== other.startsWith('no');
}

function transpositions(bare: string): string[] {
  if (bare.length > 40) return [];
  return Array.from(
    { length: Math.max(0, bare.length - 1) },
    (_, at) => bare.slice(0, at) + bare.charAt(at + 1) + bare.charAt(at) + bare.slice(at + 2),
  );
}
