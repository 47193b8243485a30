import { posix } from 'node:path';
import { type KickstartFile, SECTIONS } from '@phyllome/flattener';
import { type OptionSpec, type Release, allowedValues, takesValue } from '@phyllome/flattener/commands';
import { UNITS, ZONES } from '@phyllome/flattener/lint';
import {
  type CompletionItem,
  CompletionItemKind,
  CompletionItemTag,
  InsertTextFormat,
  type Position,
} from 'vscode-languageserver/node';
import { type Typed, sectionAround, typedBefore } from './cursor.ts';
import { describeCommand, describeOption, describeSection, findOption, helpOf, nameOf } from './help/describe.ts';
import { optionsOf } from './hover.ts';
import type { Kickstarts } from './kickstarts.ts';

/** Something to type, before it is an item of the protocol. */
interface Choice {
  readonly label: string;
  readonly kind: CompletionItemKind;
  /** Where it is not the label. */
  readonly insert?: string;
  readonly detail?: string | undefined;
  readonly markdown?: string | undefined;
  readonly isDeprecated?: boolean;
  readonly isSnippet?: boolean;
}

/**
 * What can be typed at a place: commands and sections at the start of a line, then options and their values; files
 * after `%include`; names of packages in `%packages`. Nothing in scripts, which are for the editor's shell support.
 */
export function completionsAt(
  kickstarts: Kickstarts,
  file: KickstartFile,
  at: Position,
  { snippets }: { readonly snippets: boolean },
): CompletionItem[] {
  const lines = file.nodes.flatMap((node) =>
    node.kind === 'section'
      ? [node.header, ...node.body.map(({ line }) => line), ...(node.end ? [node.end] : [])]
      : [node.line],
  );
  const typed = typedBefore(lines[at.line], at.character);
  if (typed === undefined) return [];
  return choicesFor(kickstarts, file, at, typed)
    .filter(({ label }) => label.toLowerCase().startsWith(typed.partial.toLowerCase()) || typed.partial.includes('='))
    .map((choice) => toItem(choice, typed, at, snippets));
}

function choicesFor(kickstarts: Kickstarts, file: KickstartFile, at: Position, typed: Typed): Choice[] {
  const release = kickstarts.releaseOf(file);
  const section = sectionAround(file, at.line + 1);
  const [first] = typed.complete;
  if (first === '%include' || first === '%ksappend')
    return typed.complete.length > 1 ? [] : files(kickstarts, file, typed);
  if (section !== undefined) {
    if (first !== undefined || section.name !== '%packages') return inBody(typed);
    return [...inBody(typed), ...packageNames(kickstarts, file, at, typed)];
  }
  if (first === undefined) return [...commandNames(release), ...sectionNames(release)];
  const options = optionsOf(first, release);
  return valueOrOption(first, options, typed, release);
}

function commandNames(release: Release): Choice[] {
  return [...release.commands]
    .filter(([, { removed }]) => removed !== true)
    .map(([name, { deprecated = false }]) => ({
      label: name,
      kind: CompletionItemKind.Keyword,
      detail: helpOf(name)?.does,
      markdown: describeCommand(name, release),
      isDeprecated: deprecated,
    }));
}

function sectionNames(release: Release): Choice[] {
  return [
    ...SECTIONS.map((name) => ({
      label: name,
      kind: CompletionItemKind.Module,
      detail: helpOf(name)?.does,
      markdown: describeSection(name, release),
      insert: `${name}$1\n$0\n%end`,
      isSnippet: true,
    })),
    INCLUDE,
  ];
}

const INCLUDE: Choice = {
  label: '%include',
  kind: CompletionItemKind.Module,
  insert: '%include ',
  detail: 'puts the lines of another file here',
};

function inBody({ complete, partial }: Typed): Choice[] {
  if (complete.length > 0 || !partial.startsWith('%')) return [];
  return [INCLUDE, { label: '%end', kind: CompletionItemKind.Module, detail: 'ends the section' }];
}

function valueOrOption(name: string, options: readonly OptionSpec[], typed: Typed, release: Release): Choice[] {
  const { partial, complete } = typed;
  const [flag = '', value] = partial.split(/=(.*)/s);
  if (value !== undefined) return values(name, findOption(options, flag), partial);
  const before = complete.at(-1) ?? '';
  if (before.startsWith('--') && !before.includes('=') && !partial.startsWith('-')) {
    const spec = findOption(options, before);
    if (spec !== undefined && takesValue(spec)) return values(name, spec, partial);
  }
  const positional = options.find((spec) => spec.positional === true);
  const open = partial.startsWith('-') ? [] : values(name, positional, partial);
  return [
    ...open,
    ...options.filter((spec) => isOpen(spec, complete)).map((spec) => optionChoice(name, spec, release)),
  ];
}

/** Not given yet, or given as often as one likes. */
function isOpen(spec: OptionSpec, complete: readonly string[]): boolean {
  if (spec.positional === true) return false;
  const isGiven = complete.some((word) => spec.flags.includes(word.split('=', 1)[0] ?? ''));
  return !isGiven || ['append', 'ExtendAction'].includes(spec.action ?? '');
}

function optionChoice(name: string, spec: OptionSpec, release: Release): Choice {
  const flag = nameOf(spec);
  return {
    label: flag,
    kind: CompletionItemKind.Property,
    insert: takesValue(spec) ? `${flag}=` : flag,
    detail: helpOf(name)?.options[flag],
    markdown: describeOption(name, spec, release),
    isDeprecated: spec.deprecated === true,
  };
}

/** Values that are known: of enumerations, time zones, units. In lists, the last item is completed. */
function values(name: string, spec: OptionSpec | undefined, partial: string): Choice[] {
  if (spec === undefined) return [];
  const isList = spec.type === 'commaSplit' || name === 'services';
  const kept = isList
    ? partial.slice(0, Math.max(partial.lastIndexOf(','), partial.indexOf('=')) + 1)
    : partial.slice(0, partial.indexOf('=') + 1);
  const item = partial.slice(kept.length);
  return knownValues(name, spec)
    .filter((value) => value.toLowerCase().startsWith(item.toLowerCase()))
    .map((value) => ({ label: kept + value, kind: CompletionItemKind.Value }));
}

function knownValues(name: string, spec: OptionSpec): readonly string[] {
  if (name === 'timezone' && spec.positional === true) return [...ZONES];
  if (name === 'services') return [...UNITS].map((unit) => unit.replace(/\.service$/, ''));
  return allowedValues(spec);
}

/** The kickstarts of the folder, as this one would include them. */
function files(kickstarts: Kickstarts, file: KickstartFile, { partial }: Typed): Choice[] {
  const folder = posix.dirname(file.path);
  return kickstarts.graph.files
    .filter((path) => path !== file.path && !isEdition(kickstarts, path))
    .map((path) => (partial.startsWith('/') ? `/${path}` : posix.relative(folder, path)))
    .map((label) => ({ label, kind: CompletionItemKind.File }));
}

/** A leaf of its own, which others do not include. */
function isEdition(kickstarts: Kickstarts, path: string): boolean {
  return kickstarts.leaves.some((leaf) => path === `leaves/${leaf}.cfg`);
}

/** What other kickstarts of the folder install, and this section does not. */
function packageNames(kickstarts: Kickstarts, file: KickstartFile, at: Position, { partial }: Typed): Choice[] {
  const dash = partial.startsWith('-') ? '-' : '';
  const names = new Map<string, string>();
  for (const path of kickstarts.graph.files) {
    for (const node of kickstarts.parse(path).nodes) {
      if (node.kind !== 'section' || node.name !== '%packages') continue;
      for (const { kind, line } of node.body) {
        // Not what is being typed.
        if (path === file.path && line.number === at.line + 1) continue;
        const name = kind === 'text' ? (line.text.split('#', 1)[0] ?? '').trim().replace(/^-/, '') : '';
        if (name !== '' && !names.has(name)) names.set(name, path);
      }
    }
  }
  return [...names].map(([name, path]) => ({
    label: dash + name,
    kind: CompletionItemKind.Unit,
    detail: path === file.path ? undefined : `in ${path}`,
  }));
}

function toItem(choice: Choice, { partial }: Typed, at: Position, snippets: boolean): CompletionItem {
  const { label, kind, insert = label, detail, markdown, isDeprecated = false, isSnippet = false } = choice;
  const start = { line: at.line, character: at.character - partial.length };
  return {
    label,
    kind,
    filterText: label,
    textEdit: { range: { start, end: at }, newText: isSnippet && !snippets ? label : insert },
    ...(isSnippet && snippets ? { insertTextFormat: InsertTextFormat.Snippet } : {}),
    ...(detail === undefined ? {} : { detail }),
    ...(markdown === undefined ? {} : { documentation: { kind: 'markdown', value: markdown } }),
    ...(isDeprecated ? { tags: [CompletionItemTag.Deprecated] } : {}),
  };
}
