import type { Warning } from '../commands/handler.ts';
import { readHeader } from '../commands/header.ts';
import { packageText, readPackageLine } from '../commands/package-line.ts';
import { sorted } from '../commands/python.ts';
import type { Release } from '../commands/table.ts';
import type { Attributes } from '../commands/values.ts';
import type { Word } from '../words.ts';
import type { SectionReader } from './section.ts';

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
    const { values: options } = readHeader('%packages', this.#release, words, warn);
    this.#isSeen = true;
    this.#isDefault ||= options.get('defaultPackages') === true;
    const languages = options.get('instLangs');
    if (languages !== undefined) this.#languages = String(languages);
    this.#options = options;
    if (before.length > 0) {
      const after = this.#headerOptions();
      this.lost = before.filter((option) => !after.includes(option));
    }
  }

  line(line: string): void {
    const text = packageText(line);
    if (text === '') return;
    const { kind, name, nodefaults, optional } = readPackageLine(text, this.#release.release);
    switch (kind) {
      case 'environment':
        this.#environment = name;
        break;
      case 'group':
        if (!this.#groups.has(name)) {
          this.#groups.set(name, nodefaults ? ' --nodefaults' : optional ? ' --optional' : '');
        }
        break;
      case 'package':
        this.#names.add(name);
        this.#excluded.delete(name);
        break;
      case 'excluded-environment':
        if (this.#environment === name) this.#environment = undefined;
        else this.#excludedGroups.push(`^${name}`);
        break;
      case 'excluded-group':
        this.#groups.delete(name);
        this.#excludedGroups.push(name);
        break;
      case 'excluded':
        this.#excluded.add(name);
        this.#names.delete(name);
        break;
    }
  }

  end(): void {
    // Lines count as they come.
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
