import type { Word } from './words.ts';

/** A character that is not what it looks like, if it looks like anything. */
export interface OddCharacter {
  /** Where it stands in its line, from 0. */
  readonly at: number;
  readonly message: string;
  readonly hint: string;
}

/** Blanks that only look so: shlex separates words at a space and a tab alone. */
const BLANKS = /[\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]/;
/** What nothing shows: soft hyphen, zero-width characters, marks of direction, a byte order mark inside. */
const UNSEEN = /[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF]/;
// oxlint-disable-next-line no-control-regex -- they are what is looked for; those that end lines are handled elsewhere
const CONTROLS = /[\u0000-\u0008\u000E-\u001B\u001F\u007F-\u0084\u0086-\u009F]/;
const ODD = new RegExp([BLANKS, UNSEEN, CONTROLS].map(({ source }) => source).join('|'));

/**
 * The first odd character of a line.
 *
 * @param words of the line: its comment does not count, and a quoted blank is meant
 */
export function oddCharacter(line: string, words: readonly Word[]): OddCharacter | undefined {
  if (!ODD.test(line)) return undefined;
  const end = words.at(-1)?.end ?? line.length;
  for (const { index: at, 0: character } of line.slice(0, end).matchAll(new RegExp(ODD, 'g'))) {
    const name = `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
    if (BLANKS.test(character)) {
      const word = words.find((one) => one.start <= at && at < one.end);
      if (word !== undefined && /["']/.test(line.slice(word.start, word.end))) continue;
      return { at, message: `${name} looks like a blank, but separates no words`, hint: 'write a plain space' };
    }
    const what = UNSEEN.test(character) ? 'cannot be seen' : 'is a control character';
    return { at, message: `${name} ${what}, and is part of the line`, hint: 'remove it' };
  }
  return undefined;
}
