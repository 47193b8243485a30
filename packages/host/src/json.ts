/**
 * JSON that somebody else wrote: a cache, a store, an engine, a builder, a guest. It is read in one place, so that none of
 * them can end a process by nesting it: what walks through a value, as JSON.stringify does, runs out of stack after some
 * thousand levels, anywhere and long after it was read.
 */

/** No document of ours, of an engine or of a registry has a tenth of it. */
const deepest = 200;

/**
 * Parses JSON.
 *
 * @throws {SyntaxError} when it is not JSON, or nested deeper than any document is
 */
export function parseJson(text: string): unknown {
  if (depthOf(text) > deepest) throw new SyntaxError(`JSON is nested deeper than ${deepest} levels`);
  return JSON.parse(text);
}

/** Whether a value of JSON is an object: neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How deep brackets and braces are nested; whether it is JSON beyond that is not asked. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === openBracket || code === openBrace) most = Math.max(most, (depth += 1));
    else if (code === closeBracket || code === closeBrace) depth -= 1;
  }
  return most;
}

// ASCII.
const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Where a string ends that begins at `start`; the end of the text when it does not. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === backslash) at += 1;
    else if (code === quote) return at;
  }
  return text.length;
}
