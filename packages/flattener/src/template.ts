import type { Diagnostic } from './diagnostics.ts';
import type { Entry } from './include.ts';
import type { Located, Position } from './source.ts';

/**
 * Kickstarts that are a template still: of Jinja, ERB or Cheetah, or with `@NAMES@` that a script replaces. Whatever else is said of lines with such marks says
 * nothing, so it becomes one diagnostic for each file.
 */

const MARKS: readonly (readonly [RegExp, string])[] = [
  [/\{\{.*?\}\}|\{%[-+]?.*?[-+]?%\}/, 'Jinja'],
  [/<%.*?%>/, 'ERB'],
  [/\$SNIPPET\(|\$\{?getVar\(|^\s*#(?:if|else|elif|end (?:if|for|raw)|for|set|raw|include|import)\b/, 'Cheetah'],
  [/(?<![\w@])@[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*@(?![\w@])/, '@NAME@'],
];

const VARIABLES = 'Cheetah or shell';

/** A value that is one variable, and nothing that the installer itself puts in. */
const VARIABLE = /(?:^|[\s=])(?:\$([a-z_]\w*)|\$\{([a-z_]\w*)\})(?=\s|$)/i;
const FILLED_IN = new Set(['releasever', 'basearch', 'arch', 'stream']);
/** What may look so: passwords. */
const SECRETS = /^\s*(?:rootpw|user|sshpw|sshkey|bootloader)\b/;

/** The language of a mark in a line; `undefined`: there is none. */
function languageOf(line: string): string | undefined {
  if (!/[{<$#@]/.test(line)) return undefined;
  const found = MARKS.find(([pattern]) => pattern.test(line));
  if (found !== undefined) return found[1];
  const variable = SECRETS.test(line) ? undefined : VARIABLE.exec(line);
  const name = variable?.[1] ?? variable?.[2];
  return name === undefined || FILLED_IN.has(name) ? undefined : VARIABLES;
}

interface Marked extends Located {
  readonly language: string;
  readonly length: number;
}

/**
 * Puts one diagnostic about a template in the place of all that were found in its marked lines. It is an error where
 * one of those was; without any it warns.
 */
export function foldTemplates(entries: readonly Entry[], diagnostics: Diagnostic[]): void {
  const marks = new Map<string, Marked>();
  const files = new Map<string, { first: Marked; languages: Set<string>; isError: boolean }>();
  for (const [where, line] of linesOf(entries)) {
    const language = languageOf(line);
    if (language === undefined) continue;
    const mark = { ...where, language, length: line.trim().length };
    marks.set(lineKey(where.at), mark);
    const file = files.get(where.at.path) ?? { first: mark, languages: new Set<string>(), isError: false };
    file.languages.add(language);
    files.set(where.at.path, file);
  }
  if (files.size === 0) return;
  const kept = diagnostics.filter((diagnostic) => {
    if (!marks.has(lineKey(diagnostic.at))) return true;
    const file = files.get(diagnostic.at.path);
    if (file !== undefined) file.isError ||= diagnostic.severity === 'error';
    return false;
  });
  for (const { first, languages, isError } of files.values()) {
    const { at, includedFrom, length } = first;
    const severity = isError ? 'error' : 'warning';
    if (languages.size > 1) languages.delete(VARIABLES);
    const message = `this is an unrendered template (${[...languages].join(', ')})`;
    const hint = 'render it first, and check what comes out: marks like these mean nothing to the installer';
    kept.push({ code: 'KS_TEMPLATE', severity, message, hint, at, length: Math.max(1, length), includedFrom });
  }
  diagnostics.length = 0;
  for (const one of kept) diagnostics.push(one);
}

/** The lines that the installer would take for commands, headers and packages. */
function* linesOf(entries: readonly Entry[]): Generator<[Located, string]> {
  for (const entry of entries) {
    if (entry.kind === 'command') yield [entry, entry.line.text];
    if (entry.kind !== 'section') continue;
    yield [entry, entry.header.text];
    if (entry.name !== '%packages') continue;
    for (const line of entry.body) yield [line, line.line.text];
  }
}

function lineKey({ path, line }: Position): string {
  return `${path}:${line}`;
}
