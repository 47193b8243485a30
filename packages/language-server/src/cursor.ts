import {
  type CommandLine,
  type Include,
  type KickstartFile,
  type Line,
  type Section,
  type Text,
  type Word,
  parse,
} from '@phyllome/flattener';

/** What is under a cursor: in a command, a section's header or body, on an include. */
export type Place =
  | { readonly kind: 'command'; readonly node: CommandLine; readonly word: Word | undefined }
  | { readonly kind: 'header'; readonly node: Section; readonly word: Word | undefined }
  | { readonly kind: 'include'; readonly node: Include; readonly section: Section | undefined }
  | { readonly kind: 'body'; readonly node: Text; readonly section: Section }
  | { readonly kind: 'end'; readonly section: Section }
  | { readonly kind: 'other' };

/**
 * What stands at a place of a file.
 *
 * @param line from 1
 * @param offset in the line, from 0
 */
export function placeAt(file: KickstartFile, line: number, offset: number): Place {
  const node = file.nodes.find((one) => lastLine(one) >= line);
  if (node === undefined) return { kind: 'other' };
  if (node.kind === 'command') return { kind: 'command', node, word: wordAt(node.words, offset) };
  if (node.kind === 'include') return { kind: 'include', node, section: undefined };
  if (node.kind !== 'section') return { kind: 'other' };
  if (node.header.number === line) {
    const start = node.header.text.indexOf('%');
    const name = { value: node.name, start, end: start + node.name.length };
    return { kind: 'header', node, word: wordAt([name, ...node.words], offset) };
  }
  if (node.end?.number === line) return { kind: 'end', section: node };
  const item = node.body.find((one) => one.line.number === line);
  if (item?.kind === 'include') return { kind: 'include', node: item, section: node };
  return item === undefined ? { kind: 'other' } : { kind: 'body', node: item, section: node };
}

/** The number of the last line of a node. */
function lastLine(node: KickstartFile['nodes'][number]): number {
  if (node.kind !== 'section') return node.line.number;
  return (node.end ?? node.body.at(-1)?.line ?? node.header).number;
}

/** The section whose body a line is in, whether it has an end or not; `line` from 1. */
export function sectionAround(file: KickstartFile, line: number): Section | undefined {
  return file.nodes.find(
    (node): node is Section =>
      node.kind === 'section' &&
      node.header.number < line &&
      (node.end === undefined ? lastLine(node) + 1 >= line : node.end.number > line),
  );
}

function wordAt(words: readonly Word[], offset: number): Word | undefined {
  return words.find(({ start, end }) => start <= offset && offset <= end);
}

/** A line of commands up to the cursor, split into what is complete and the word that is being typed. */
export interface Typed {
  readonly complete: readonly string[];
  readonly partial: string;
  /** Where the partial word starts, from 0. */
  readonly start: number;
}

/** What is typed before a cursor; `undefined` inside of a comment. */
export function typedBefore(line: Line | undefined, offset: number): Typed | undefined {
  const text = (line?.text ?? '').slice(0, offset);
  // A quote that is still open is part of the word being typed.
  const [node] = parse('', text).nodes;
  const words = node?.kind === 'command' ? node.words : node?.kind === 'section' ? [nameWord(node), ...node.words] : [];
  if (node?.kind === 'comment') return undefined;
  if (node?.kind === 'include' || (words.length === 0 && text.trim() !== '')) return splitBlanks(text);
  const last = words.at(-1);
  if (last === undefined || last.end < text.length) {
    if (last !== undefined && text.slice(last.end).includes('#')) return undefined;
    return { complete: words.map(({ value }) => value), partial: '', start: offset };
  }
  return { complete: words.slice(0, -1).map(({ value }) => value), partial: text.slice(last.start), start: last.start };
}

function nameWord(section: Section): Word {
  const start = section.header.text.indexOf('%');
  return { value: section.name, start, end: start + section.name.length };
}

function splitBlanks(text: string): Typed {
  const partial = /\S*$/.exec(text)?.[0] ?? '';
  const before = text.slice(0, text.length - partial.length);
  return { complete: before.split(/\s+/).filter(Boolean), partial, start: before.length };
}
