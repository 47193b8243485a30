import type { KickstartFile, Line, Word } from '@phyllome/flattener';
import { type Release, takesValue } from '@phyllome/flattener/commands';
import {
  type FoldingRange,
  FoldingRangeKind,
  SemanticTokensBuilder,
  type SemanticTokens,
  type SemanticTokensLegend,
} from 'vscode-languageserver/node';
import { findOption } from './help/describe.ts';
import { optionsOf } from './hover.ts';

/** What can be folded: sections, comments and includes of several lines. */
export function foldsOf(file: KickstartFile): FoldingRange[] {
  const folds: FoldingRange[] = [];
  let run: { kind: 'comment' | 'include'; from: number; to: number } | undefined;
  const close = (): void => {
    if (run !== undefined && run.to > run.from) {
      const kind = run.kind === 'comment' ? FoldingRangeKind.Comment : FoldingRangeKind.Imports;
      folds.push({ startLine: run.from - 1, endLine: run.to - 1, kind });
    }
    run = undefined;
  };
  for (const node of file.nodes) {
    if (node.kind === 'section') {
      close();
      const last = node.end === undefined ? node.body.at(-1)?.line.number : node.end.number - 1;
      if (last !== undefined && last > node.header.number) {
        folds.push({ startLine: node.header.number - 1, endLine: last - 1, kind: FoldingRangeKind.Region });
      }
    } else if (node.kind === 'comment' || node.kind === 'include') {
      const { number } = node.line;
      if (run?.kind !== node.kind) close();
      run = { kind: node.kind, from: run?.from ?? number, to: number };
    } else close();
  }
  close();
  return folds;
}

const TYPES = ['keyword', 'parameter', 'string', 'number', 'comment', 'macro', 'class'] as const;
type TokenType = (typeof TYPES)[number];

export const LEGEND: SemanticTokensLegend = { tokenTypes: [...TYPES], tokenModifiers: ['deprecated'] };

/** The words of a kickstart by what they are. Scripts have none: they are for the editor's own shell support. */
export function tokensOf(file: KickstartFile, release: Release): SemanticTokens {
  const builder = new SemanticTokensBuilder();
  const push = (line: Line, start: number, end: number, type: TokenType, isDeprecated = false): void => {
    if (end > start) builder.push(line.number - 1, start, end - start, TYPES.indexOf(type), isDeprecated ? 1 : 0);
  };
  const comment = (line: Line, from: number): void => {
    const hash = line.text.indexOf('#', from);
    if (hash >= 0) push(line, hash, line.text.length, 'comment');
  };
  const include = ({ line, target }: { line: Line; target: Word | undefined }): void => {
    const start = line.text.indexOf('%');
    push(line, start, start + (/^%\w+/.exec(line.text.slice(start))?.[0].length ?? 0), 'macro');
    if (target !== undefined) push(line, target.start, target.end, 'string');
    comment(line, target?.end ?? start);
  };
  const words = (line: Line, name: string, given: readonly Word[]): void => {
    const options = optionsOf(name, release);
    for (const { start, end, value } of given) {
      const text = line.text.slice(start, end);
      const equals = value.startsWith('--') ? text.indexOf('=') : -1;
      const spec = findOption(options, value.split('=', 1)[0] ?? '');
      if (!value.startsWith('--')) push(line, start, end, /^\d+$/.test(value) ? 'number' : 'string');
      else push(line, start, equals < 0 ? end : start + equals, 'parameter', spec?.deprecated === true);
      if (equals < 0 || (spec !== undefined && !takesValue(spec))) continue;
      push(line, start + equals + 1, end, /^\d+$/.test(text.slice(equals + 1)) ? 'number' : 'string');
    }
    comment(line, given.at(-1)?.end ?? line.text.length);
  };
  for (const node of file.nodes) {
    if (node.kind === 'comment') comment(node.line, 0);
    if (node.kind === 'include') include(node);
    if (node.kind === 'command') {
      const [first, ...rest] = node.words;
      if (first === undefined) continue;
      const spec = release.commands.get(first.value);
      push(node.line, first.start, first.end, 'keyword', spec?.deprecated === true || spec?.removed === true);
      if (rest.length > 0) words(node.line, first.value, rest);
      else comment(node.line, first.end);
    }
    if (node.kind !== 'section') continue;
    const start = node.header.text.indexOf('%');
    push(node.header, start, start + node.name.length, 'macro');
    words(node.header, node.name, node.words);
    for (const item of node.body) {
      if (item.kind === 'include') include(item);
      else if (node.name === '%packages') packageTokens(item.line, push);
    }
    if (node.end !== undefined) {
      const at = node.end.text.indexOf('%');
      push(node.end, at, at + '%end'.length, 'macro');
    }
  }
  return builder.build();
}

function packageTokens(line: Line, push: (line: Line, start: number, end: number, type: TokenType) => void): void {
  const hash = line.text.indexOf('#');
  const entry = hash < 0 ? line.text : line.text.slice(0, hash);
  const text = entry.trim();
  const start = entry.indexOf(text);
  if (text !== '') push(line, start, start + text.length, /^-?@/.test(text) ? 'class' : 'string');
  if (hash >= 0) push(line, hash, line.text.length, 'comment');
}
