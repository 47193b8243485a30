import { strip } from '../blanks.ts';
import type { OptionSpec, Release } from '../commands/table.ts';
import type { Word } from '../words.ts';
import { ArgumentProblem, parseKnownArguments } from './argparse.ts';
import { type Warning, since } from './handler.ts';
import { sorted } from './python.ts';
import { type SectionReader, readHeader } from './section.ts';
import type { Attributes } from './values.ts';

const GROUP_OPTIONS: readonly OptionSpec[] = [
  { flags: ['--nodefaults'], dest: 'nodefaults', action: 'store_true' },
  { flags: ['--optional'], dest: 'optional', action: 'store_true' },
];

/**
 * All `%packages` sections as pykickstart sees them: their lines add up, but each header resets the options of the
 * header before it, all but `--default` and `--inst-langs`.
 */
export class PackageList implements SectionReader {
  readonly #release: Release;
  /** `--instLangs` rather than `--inst-langs`. */
  readonly #hasOldNames: boolean;
  readonly #groups = new Map<string, string>();
  readonly #excludedGroups: string[] = [];
  readonly #names = new Set<string>();
  readonly #excluded = new Set<string>();
  #environment: string | undefined;
  #isSeen = false;
  #isDefault = false;
  #languages: string | undefined;
  #options: Attributes = new Map();
  /** What the last header took away. */
  lost: string[] = [];

  constructor(release: Release) {
    this.#release = release;
    const options = release.sections.get('%packages') ?? [];
    this.#hasOldNames = !options.some(({ flags }) => flags.includes('--inst-langs'));
  }

  header(words: readonly Word[], warn: (warning: Warning) => void): void {
    const before = this.#headerOptions();
    const options = readHeader('%packages', this.#release, words, warn);
    this.#isSeen = true;
    this.#isDefault ||= options.get('defaultPackages') === true;
    const languages = options.get('instLangs');
    if (languages !== undefined) this.#languages = String(languages);
    if (options.get('defaultPackages') === true && options.get('nocore') === true) {
      throw new ArgumentProblem('--default and --nocore cannot be used together');
    }
    this.#options = options;
    if (before.length > 0) {
      const after = this.#headerOptions();
      this.lost = before.filter((option) => !after.includes(option));
    }
    if (!since(this.#release.release, 32, 9) || since(this.#release.release, 40, 10)) return;
    for (const [old, now] of [
      ['--instLangs', '--inst-langs'],
      ['--excludeWeakdeps', '--exclude-weakdeps'],
    ] as const) {
      if (words.some(({ value }) => value === old || value.startsWith(`${old}=`))) {
        warn({ kind: 'deprecated', message: `The option ${old} of %packages will be deprecated: use ${now}.` });
      }
    }
  }

  line(line: string): void {
    const entry = strip(line.split('#', 1)[0] ?? '');
    if (entry === '') return;
    if (entry.startsWith('@^')) this.#environment = entry.slice(2);
    else if (entry.startsWith('@')) this.#addGroup(entry.slice(1));
    else if (entry.startsWith('-')) this.#exclude(entry);
    else {
      this.#names.add(entry);
      this.#excluded.delete(entry);
    }
  }

  end(): void {
    // Lines count as they come.
  }

  #addGroup(text: string): void {
    const words = strip(text)
      .split(/\s+/)
      .filter(Boolean)
      .map((value) => ({ value, start: 0, end: 0 }));
    const { values, rest } = parseKnownArguments(GROUP_OPTIONS, words);
    const [nodefaults, optional] = [values.get('nodefaults') === true, values.get('optional') === true];
    if (nodefaults && optional) throw new ArgumentProblem('Group cannot specify both --nodefaults and --optional');
    const name = rest.map((word) => word.value).join(' ');
    if (!this.#groups.has(name)) this.#groups.set(name, nodefaults ? ' --nodefaults' : optional ? ' --optional' : '');
  }

  #exclude(entry: string): void {
    if (entry === '-') throw new ArgumentProblem('a lone dash excludes nothing');
    if (entry.startsWith('-@^') && this.#environment === entry.slice(3)) this.#environment = undefined;
    else if (entry.startsWith('-@')) {
      const name = entry.slice(2);
      this.#groups.delete(name);
      this.#excludedGroups.push(name);
    } else {
      this.#excluded.add(entry.slice(1));
      this.#names.delete(entry.slice(1));
    }
  }

  #headerOptions(): string[] {
    const is = (name: string): boolean => this.#options.get(name) === true;
    const isOld = this.#hasOldNames;
    const number = (flag: string, name: string): string[] => {
      const value = this.#options.get(name);
      return value === undefined ? [] : [`${flag}=${String(value)}`];
    };
    return [
      ...(this.#isDefault ? ['--default'] : []),
      ...(is('excludedocs') ? ['--excludedocs'] : []),
      ...(is('nocore') ? ['--nocore'] : []),
      ...(is('ignoremissing') ? ['--ignoremissing'] : []),
      ...(is('ignorebroken') ? ['--ignorebroken'] : []),
      ...(this.#languages === undefined ? [] : [`${isOld ? '--instLangs' : '--inst-langs'}=${this.#languages}`]),
      ...(is('multiLib') ? ['--multilib'] : []),
      ...(is('excludeWeakdeps') ? [isOld ? '--excludeWeakdeps' : '--exclude-weakdeps'] : []),
      ...number('--timeout', 'timeout'),
      ...number('--retries', 'retries'),
    ];
  }

  /** The one section of the flat kickstart; empty when there was none. */
  print(): string {
    if (!this.#isSeen) return '';
    const lines = [
      ['%packages', ...this.#headerOptions()].join(' '),
      ...(this.#environment && !this.#isDefault ? [`@^${this.#environment}`] : []),
      ...sorted([...this.#groups.keys()]).map((name) => `@${name}${this.#groups.get(name)}`),
      ...sorted([...this.#names]),
      ...sorted(this.#excludedGroups).map((name) => `-@${name}`),
      ...sorted([...this.#excluded]).map((name) => `-${name}`),
    ];
    return `\n${lines.join('\n')}\n\n%end\n`;
  }
}
