import type { Script } from '../kickstart.ts';
import { type Located, splitLines } from '../source.ts';

/** A simple command of a shell script: what the rules ask is which program runs with which words. */
export interface ShellCommand extends Located {
  /** The program's name without its directory; empty where there are only redirections. */
  readonly program: string;
  /** Without quotes; variables and substitutions stay as written. Assignments and keywords before it are left out. */
  readonly words: readonly ShellWord[];
  /** The files it writes to by `>` and `>>`. */
  readonly writes: readonly ShellWord[];
  /** The command at the other end of the pipe it reads from. */
  readonly pipedFrom: ShellCommand | undefined;
  /** Inside `$(…)`, backquotes or `<(…)`: another command gets its output. */
  readonly captured: boolean;
}

export interface ShellWord extends Located {
  readonly text: string;
  readonly length: number;
}

/** Kickstart's default interpreter is `/bin/sh`. */
export function isShell(script: Pick<Script, 'interpreter'>): boolean {
  return script.interpreter === undefined || /\b(ba|da|k|z)?sh\b/.test(script.interpreter);
}

/** Words after which a command starts again. */
const KEYWORDS = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', '!', '{', '(', 'time', 'exec', 'sudo']);
/** What means nothing to a shell. */
const PLAIN = /[\w./:=,+@%-]*/y;
const HEREDOC = /(?<!<)<<(?!<)(-?)\s*\\?(["']?)([A-Za-z_][\w.-]*)\2/g;

/**
 * The simple commands of a script, line by line: quotes, comments, here-documents, lists and pipes are understood,
 * expansion is not. Enough to see which programs run; whatever is deeper is shellcheck's.
 */
export function shellCommands(script: Pick<Script, 'body' | 'bodyAt'>): ShellCommand[] {
  const found: ShellCommand[] = [];
  const heredocs: { end: string; tabs: boolean }[] = [];
  let quote = '';
  let carried: Carried | undefined;
  const open: Opening[] = [];
  for (const line of splitLines(script.body)) {
    const where = script.bodyAt[line.number - 1];
    if (where === undefined) continue;
    const heredoc = heredocs[0];
    if (heredoc !== undefined) {
      if ((heredoc.tabs ? line.text.replace(/^\t+/, '') : line.text) === heredoc.end) heredocs.shift();
      continue;
    }
    const scan = scanLine(line.text, quote, where, carried, open);
    quote = scan.quote;
    carried = scan.carried;
    for (const command of scan.commands) found.push(command);
    if (scan.code.includes('<<'))
      for (const [, dash, , end] of scan.code.matchAll(HEREDOC)) heredocs.push({ end: end ?? '', tabs: dash === '-' });
  }
  if (carried !== undefined) found.push(...finish(carried, false));
  return found;
}

/** A command that goes on in the next line, after a backslash. */
interface Carried {
  words: ShellWord[];
  writes: ShellWord[];
  pipedFrom: ShellCommand | undefined;
}

/** What is open: a subshell, or one whose output another command gets. */
type Opening = 'subshell' | 'capture' | 'backquote';

interface Scan {
  commands: ShellCommand[];
  /** The quote that is still open at the end. */
  quote: string;
  carried: Carried | undefined;
  /** The line without its comment. */
  code: string;
}

/** @param open what earlier lines left open; what this line opens and closes is changed in it */
function scanLine(text: string, openQuote: string, line: Located, carried: Carried | undefined, open: Opening[]): Scan {
  const commands: ShellCommand[] = [];
  let current: Carried = carried ?? { words: [], writes: [], pipedFrom: undefined };
  let quote = openQuote;
  let word = '';
  let start = -1;
  /** What the next word is for: a file to write, or one to read, which is not an argument. */
  let next: '' | '>' | '<' = '';
  let end = text.length;
  const endWord = (at: number): void => {
    if (start < 0) return;
    const made = {
      text: word,
      length: at - start,
      at: { ...line.at, column: line.at.column + start },
      includedFrom: line.includedFrom,
    };
    if (next === '>') current.writes.push(made);
    else if (next === '') current.words.push(made);
    next = '';
    word = '';
    start = -1;
  };
  const endCommand = (isPipe: boolean): void => {
    const made = finish(
      current,
      open.some((opening) => opening !== 'subshell'),
    );
    commands.push(...made);
    current = { words: [], writes: [], pipedFrom: isPipe ? made[0] : undefined };
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quote !== '') {
      const close = quote === '"' && text.startsWith('$(', at) ? closing(text, at + 2) : -1;
      if (close >= 0) {
        const inner = { ...line, at: { ...line.at, column: line.at.column + at + 2 } };
        commands.push(...scanLine(text.slice(at + 2, close), '', inner, undefined, ['capture']).commands);
        word += text.slice(at, close + 1);
        at = close;
      } else if (char === quote) quote = '';
      else word += char;
      continue;
    }
    if (char === "'" || char === '"') {
      quote = char;
      if (start < 0) start = at;
    } else if (char === '\\' && at === text.length - 1) {
      endWord(at);
      return { commands, quote, carried: current, code: text };
    } else if (char === '\\') {
      if (start < 0) start = at;
      at += 1;
      word += text.charAt(at);
    } else if (char === '#' && start < 0) {
      end = at;
      break;
    } else if (char === ' ' || char === '\t') {
      endWord(at);
    } else if (';|&'.includes(char)) {
      endWord(at);
      const isDouble = text.charAt(at + 1) === char;
      if (isDouble) at += 1;
      endCommand(char === '|' && !isDouble);
    } else if (char === '`' || char === ')' || char === '(') {
      const before = text.charAt(at - 1);
      endWord(at);
      // In `<(…)` no name of a file follows.
      next = '';
      endCommand(false);
      if (char === '(') open.push(before === '$' || before === '<' ? 'capture' : 'subshell');
      else if (char === ')' || open.at(-1) === 'backquote') open.pop();
      else open.push('backquote');
    } else if (char === '>' || char === '<') {
      // A number before it is a file descriptor.
      if (/^\d*$/.test(word)) {
        word = '';
        start = -1;
      } else endWord(at);
      while ('><'.includes(text.charAt(at + 1)) && at + 1 < text.length) at += 1;
      // `>&2` names another descriptor, not a file.
      const descriptor = /^&[\d-]+/.exec(text.slice(at + 1))?.[0].length ?? 0;
      at += descriptor;
      next = descriptor > 0 ? '' : char;
    } else {
      if (start < 0) start = at;
      // Most of a script is plain words: each at once, and not a letter at a time.
      PLAIN.lastIndex = at + 1;
      const rest = PLAIN.exec(text)?.[0] ?? '';
      word += char + rest;
      at += rest.length;
    }
  }
  if (quote === '') {
    endWord(end);
    endCommand(false);
    return { commands, quote, carried: undefined, code: text.slice(0, end) };
  }
  return { commands, quote, carried: current, code: text };
}

/** Where the parenthesis closes that is open before `from`; -1: not in this line. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text.charAt(at) === '(') depth += 1;
    else if (text.charAt(at) === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

function finish({ words, writes, pipedFrom }: Carried, captured: boolean): ShellCommand[] {
  let first = 0;
  for (let text = words[0]?.text; text !== undefined; text = words[first]?.text) {
    if (!KEYWORDS.has(text) && !(text.includes('=') && /^[A-Za-z_]\w*=/.test(text))) break;
    first += 1;
  }
  const kept = first === 0 ? words : words.slice(first);
  const where = kept[0] ?? writes[0];
  if (where === undefined) return [];
  const { at, includedFrom } = where;
  const name = kept[0]?.text ?? '';
  return [
    { program: name.slice(name.lastIndexOf('/') + 1), words: kept, writes, pipedFrom, captured, at, includedFrom },
  ];
}

/** The program's name without its directory. */
export const program = (command: ShellCommand): string => command.program;

/** The words that are not options. */
export function operands(command: ShellCommand): ShellWord[] {
  return command.words.slice(1).filter(({ text }) => !text.startsWith('-'));
}

/** Whether the command has one of the options, with a value or without. */
export function hasOption(command: ShellCommand, ...names: string[]): boolean {
  return command.words.some(({ text }) => names.some((name) => text === name || text.startsWith(`${name}=`)));
}

/** The options of a command with their values; those without one have none. */
export interface ShellOption {
  /** As `-o` or `--output`. */
  readonly name: string;
  readonly value: ShellWord | undefined;
}

/**
 * The options of a command as getopt reads them, and the words left over.
 *
 * @param taking the options that take a value: letters, and long names without dashes
 */
export function readOptions(
  command: ShellCommand,
  taking: { readonly letters: string; readonly names: readonly string[] },
): { options: ShellOption[]; rest: ShellWord[] } {
  const options: ShellOption[] = [];
  const rest: ShellWord[] = [];
  const words = command.words.slice(1);
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) break;
    const [, name, , value] = /^(--[\w-]+)(=(.*))?$/s.exec(word.text) ?? [];
    if (name !== undefined) {
      const takesNext = value === undefined && taking.names.includes(name.slice(2));
      if (takesNext) at += 1;
      options.push({ name, value: takesNext ? words[at] : value === undefined ? undefined : { ...word, text: value } });
    } else if (/^-[^-]/.test(word.text)) {
      for (let letter = 1; letter < word.text.length; letter += 1) {
        const char = word.text.charAt(letter);
        const takes = taking.letters.includes(char);
        const inWord = word.text.slice(letter + 1);
        if (takes && inWord === '') at += 1;
        const next = inWord === '' ? words[at] : { ...word, text: inWord };
        options.push({ name: `-${char}`, value: takes ? next : undefined });
        if (takes) break;
      }
    } else rest.push(word);
  }
  return { options, rest };
}
