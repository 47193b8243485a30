import { type CommandSpec, type OptionSpec, takesValue } from './table.ts';
import { type Attributes, has, isTrue, listOf, textOf } from './values.ts';

/**
 * How pykickstart prints a command, as one line of text: what comes in which order, what is quoted, what hangs on what.
 *
 * | item | prints |
 * | --- | --- |
 * | `word`, `--flag=word` | itself |
 * | `_` | nothing, but its blank |
 * | `{name}` | the attribute; a list with blanks |
 * | `--flag` | a plain flag when it is set; an option with its value, a list with commas, when there is one |
 * | `--flag"` | the value in double quotes, whatever it contains |
 * | `--flag#` | the value in double quotes when it contains a `#` |
 * | `--flag!` | also without a value; `--flag!"` quoted |
 * | `--flag*` | once for each value |
 * | `--flag~` | the value even when it is 0 |
 * | `--flag+` | the value only when it is more than 0 |
 * | `--flag[...]` | what is in brackets only when the flag was printed |
 * | `?name[...]`, `?!name[...]` | what is in brackets only when the attribute is set, or is not |
 * | `(a|b|c)` | the first that prints something |
 *
 * Options that a release does not have are left out, so one layout serves all releases.
 */
export interface Layout {
  readonly items: readonly Item[];
}

type Item =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'option'; readonly flag: string; readonly style: string; readonly inner: readonly Item[] }
  | { readonly kind: 'when'; readonly name: string; readonly is: boolean; readonly inner: readonly Item[] }
  | { readonly kind: 'first'; readonly of: readonly Item[] };

/** What may follow the name of an option. */
const STYLES = '!"#*~+';

/** Reads a layout; they are written in the source, so a mistake is a bug. */
export function layout(written: string): Layout {
  let items: readonly Item[] | undefined;
  return {
    // A kickstart has few of all commands: what is never printed is never read.
    get items() {
      return (items ??= readItems(written));
    },
  };
}

function readItems(written: string): Item[] {
  const tokens = written.match(/[[\]()|]|[^\s[\]()|]+/g) ?? [];
  let at = 0;
  const items = (end: string): Item[] => {
    const list: Item[] = [];
    while (at < tokens.length && tokens[at] !== end && tokens[at] !== '|') list.push(item());
    return list;
  };
  const group = (): Item[] => {
    if (tokens[at] !== '[') return [];
    at += 1;
    const list = items(']');
    at += 1;
    return list;
  };
  const item = (): Item => {
    const token = tokens[at] ?? '';
    at += 1;
    if (token === '(') {
      const of: Item[] = [];
      do of.push(...items(')'));
      while (tokens[at++] === '|');
      return { kind: 'first', of };
    }
    // By their first letters: at a start, a regular expression costs more than all that it matches.
    if (token.startsWith('{')) return { kind: 'attribute', name: token.slice(1, -1) };
    if (token.startsWith('?!')) return { kind: 'when', name: token.slice(2), is: false, inner: group() };
    if (token.startsWith('?')) return { kind: 'when', name: token.slice(1), is: true, inner: group() };
    if (token.startsWith('--') && !token.includes('=')) {
      let end = token.length;
      while (STYLES.includes(token.charAt(end - 1))) end -= 1;
      return { kind: 'option', flag: token.slice(0, end), style: token.slice(end), inner: group() };
    }
    return { kind: 'word', text: token === '_' ? '' : token };
  };
  return items('');
}

/** The words that a layout makes of the attributes. */
export function printLayout({ items }: Layout, attributes: Attributes, spec: CommandSpec): string[] {
  return items.flatMap((item) => printItem(item, attributes, spec));
}

function printItem(item: Item, attributes: Attributes, spec: CommandSpec): string[] {
  switch (item.kind) {
    case 'word':
      return [item.text];
    case 'attribute': {
      const value = attributes.get(item.name);
      return typeof value === 'object' ? [...value] : [textOf(value)];
    }
    case 'when':
      return has(attributes, item.name) === item.is ? printAll(item.inner, attributes, spec) : [];
    case 'first':
      for (const choice of item.of) {
        const printed = printItem(choice, attributes, spec);
        if (printed.length > 0) return printed;
      }
      return [];
    default: {
      const option = optionsByFlag(spec).get(item.flag);
      const printed = option === undefined ? [] : printOption(item.flag, item.style, option, attributes);
      return printed.length > 0 ? [...printed, ...printAll(item.inner, attributes, spec)] : [];
    }
  }
}

const known = new WeakMap<CommandSpec, ReadonlyMap<string, OptionSpec>>();

/** By each spelling. A layout asks for all options of its command, for each line. */
function optionsByFlag(spec: CommandSpec): ReadonlyMap<string, OptionSpec> {
  const before = known.get(spec);
  if (before !== undefined) return before;
  const byFlag = new Map(spec.options.flatMap((option) => option.flags.map((flag) => [flag, option] as const)));
  known.set(spec, byFlag);
  return byFlag;
}

function printAll(items: readonly Item[], attributes: Attributes, spec: CommandSpec): string[] {
  return items.flatMap((item) => printItem(item, attributes, spec));
}

function printOption(flag: string, style: string, option: OptionSpec, attributes: Attributes): string[] {
  const value = attributes.get(option.dest);
  if (!takesValue(option)) {
    const set = option.action === 'store_false' ? value === false : option.action === 'store_true' ? value : undefined;
    return isTrue(set) || (option.action === 'store_const' && value === option.const) ? [flag] : [];
  }
  if (style.includes('*')) return listOf(value).map((one) => `${flag}=${quoted(one, style)}`);
  const isThere = style.includes('!') || (style.includes('~') ? value !== undefined : isTrue(value));
  if (!isThere || (style.includes('+') && Number(value) <= 0)) return [];
  return [`${flag}=${quoted(typeof value === 'object' && value.length > 0 ? value.join(',') : textOf(value), style)}`];
}

function quoted(value: string, style: string): string {
  return style.includes('"') || (style.includes('#') && value.includes('#')) ? `"${value}"` : value;
}
