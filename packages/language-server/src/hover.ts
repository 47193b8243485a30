import type { KickstartFile, Word } from '@phyllome/flattener';
import { type OptionSpec, type Release, takesValue } from '@phyllome/flattener/commands';
import type { Position, Range } from 'vscode-languageserver/node';
import { placeAt } from './cursor.ts';
import { describeCommand, describeOption, describeSection, findOption } from './help/describe.ts';
import type { Kickstarts } from './kickstarts.ts';

/** What a hover shows, as Markdown, and of what. */
export interface Shown {
  readonly markdown: string;
  readonly range: Range;
}

/** What stands at a place: the help of a command, an option or a section; the file of an include. */
export function hoverAt(kickstarts: Kickstarts, file: KickstartFile, at: Position): Shown | undefined {
  const place = placeAt(file, at.line + 1, at.character);
  const release = kickstarts.releaseOf(file);
  if (place.kind === 'include') {
    const { target } = place.node;
    if (target === undefined) return undefined;
    return { markdown: describeInclude(kickstarts, file.path, target.value), range: rangeOf(target, at.line) };
  }
  if (place.kind !== 'command' && place.kind !== 'header') return undefined;
  const { word } = place;
  if (word === undefined) return undefined;
  const isSection = place.kind === 'header';
  const name = isSection ? place.node.name : (place.node.words[0]?.value ?? '');
  if (word.start === firstOf(place)) {
    const markdown = isSection ? describeSection(name, release) : describeCommand(name, release);
    return markdown === undefined ? undefined : { markdown, range: rangeOf(word, at.line) };
  }
  const options = optionsOf(name, release);
  const spec = optionAt(options, place.node.words, word);
  return spec === undefined
    ? undefined
    : { markdown: describeOption(name, spec, release), range: rangeOf(word, at.line) };
}

function firstOf(place: Extract<ReturnType<typeof placeAt>, { kind: 'command' | 'header' }>): number | undefined {
  return place.kind === 'command' ? place.node.words[0]?.start : place.node.header.text.indexOf('%');
}

/** The options that a command or section has in a release. */
export function optionsOf(name: string, release: Release): readonly OptionSpec[] {
  return release.sections.get(name) ?? release.commands.get(name)?.options ?? [];
}

/** The option that a word is or belongs to: `--size=500`, the `500` of `--size 500`, or a positional argument. */
function optionAt(options: readonly OptionSpec[], words: readonly Word[], word: Word): OptionSpec | undefined {
  const flag = word.value.split('=', 1)[0] ?? '';
  if (flag.startsWith('--')) return findOption(options, flag);
  const before = words[words.indexOf(word) - 1];
  if (before?.value.startsWith('--') === true && !before.value.includes('=')) {
    const spec = findOption(options, before.value);
    if (spec !== undefined && takesValue(spec)) return spec;
  }
  return options.find(({ positional }) => positional === true);
}

function describeInclude(kickstarts: Kickstarts, from: string, target: string): string {
  const path = kickstarts.resolve(target, from);
  if (path === undefined) return `**${target}**\n\nNo such file.`;
  const roots = kickstarts.rootsOf(path).filter((root) => root !== path);
  const first = kickstarts.parse(path).nodes[0];
  const about = first?.kind === 'comment' ? first.line.text.replace(/^\s*#+\s*/, '') : '';
  const by =
    roots.length === 0 ? '' : `A part of ${roots.length === 1 ? (roots[0] ?? '') : `${roots.length} kickstarts`}.`;
  return [`**${path}**`, about, by].filter(Boolean).join('\n\n');
}

function rangeOf({ start, end }: Pick<Word, 'start' | 'end'>, line: number): Range {
  return { start: { line, character: start }, end: { line, character: end } };
}

/** The same text for clients that show no Markdown. */
export function plain(markdown: string): string {
  return markdown.replace(/\*\*|`/g, '').replace(/ {2}\n/g, '\n');
}
