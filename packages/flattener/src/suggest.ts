import { closest, distance } from 'fastest-levenshtein';

/** The candidate that was most likely meant, if one is near enough to be worth saying. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const best = closest(word, candidates);
  return best !== word && distance(word, best) <= Math.ceil(word.length / 3) ? best : undefined;
}
