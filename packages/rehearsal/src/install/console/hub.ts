import type { Kickstart } from '../../kickstart.ts';

/** One entry of the summary that anaconda prints before it installs. */
export interface HubEntry {
  /** ` ` where it may stay open, `!` where it must not, `x` where it is set. */
  mark: ' ' | '!' | 'x';
  name: string;
  /** Without the brackets around it. */
  state: string;
}

/** The screen of anaconda's text mode, in columns; two entries stand side by side. */
const WIDTH = 80;
const COLUMN = 41;
/** How far a state is indented below its entry, and how much of a line it gets. */
const INDENT = 7;
const STATE_WIDTH = 32;

/** A line across the screen. */
export const RULE = '='.repeat(WIDTH);

/** Breaks a text between words, and a word that is longer than a line anywhere. */
function wrap(text: string): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > STATE_WIDTH) lines.push('');
    else if (last !== '') lines[lines.length - 1] += ' ';
    const parts = word.match(new RegExp(`.{1,${STATE_WIDTH}}`, 'gu')) ?? [];
    lines[lines.length - 1] += parts[0] ?? '';
    lines.push(...parts.slice(1));
  }
  return lines;
}

/** The summary as anaconda 44.35 draws it: two columns, and below each name its state in brackets. Pure. */
export function hubLines(entries: readonly HubEntry[]): string[] {
  const cells = entries.map(({ mark, name, state }, index) => [
    `${index + 1}) [${mark}] ${name}`,
    ...wrap(`(${state})`).map((line) => `${' '.repeat(INDENT)}${line}`),
  ]);
  const lines: string[] = [];
  for (let index = 0; index < cells.length; index += 2) {
    const [left = [], right = []] = cells.slice(index, index + 2);
    for (let row = 0; row < Math.max(left.length, right.length); row += 1)
      lines.push(`${(left[row] ?? '').padEnd(COLUMN)}${right[row] ?? ''}`.trimEnd());
  }
  return lines;
}

const valueOf = (args: readonly string[], ...options: string[]): string | undefined =>
  args.find((argument) => options.some((option) => argument.startsWith(`${option}=`)))?.replace(/^[^=]*=/u, '');

/** `English (United States)` of `en_US.UTF-8`; what is not a language keeps its name. */
function languageName(locale: string): string {
  try {
    const names = new Intl.DisplayNames('en', { type: 'language', languageDisplay: 'standard' });
    return names.of(locale.replace(/[.@].*$/u, '').replace('_', '-')) ?? locale;
  } catch (error) {
    if (error instanceof RangeError) return locale;
    throw error;
  }
}

/**
 * What the summary says of a kickstart. The five entries are those of an installation into a directory; names of users and
 * languages other than English are in no recording. Pure.
 *
 * @param complete every package and group was found
 */
export function hubOf({ commands }: Pick<Kickstart, 'commands'>, complete: boolean): HubEntry[] {
  const argsOf = (name: string): readonly string[] | undefined => commands.findLast((one) => one.name === name)?.args;
  const zone = argsOf('timezone')?.find((argument) => !argument.startsWith('-'));
  const user = valueOf(argsOf('user') ?? [], '--name');
  const administrator = (valueOf(argsOf('user') ?? [], '--groups') ?? '').split(',').includes('wheel');
  const source = valueOf(argsOf('url') ?? [], '--url', '--mirrorlist', '--metalink');
  return [
    { mark: 'x', name: 'Language settings', state: languageName(argsOf('lang')?.[0] ?? 'en_US.UTF-8') },
    zone === undefined
      ? { mark: '!', name: 'Time settings', state: 'Timezone is not set.' }
      : { mark: 'x', name: 'Time settings', state: `${zone} timezone` },
    { mark: 'x', name: 'Installation source', state: source ?? argsOf('nfs')?.join(' ') ?? '' },
    {
      mark: 'x',
      name: 'Software selection',
      state: complete ? 'Custom software selected' : 'Warning checking software selection',
    },
    user === undefined
      ? { mark: ' ', name: 'User creation', state: 'No user will be created' }
      : {
          mark: 'x',
          name: 'User creation',
          state: `${administrator ? 'Administrator' : 'User'} ${user} will be created`,
        },
  ];
}
