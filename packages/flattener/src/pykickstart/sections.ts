import { isBlank } from '../blanks.ts';
import type { Warning } from '../commands/handler.ts';
import { checkCertificate, readHeader } from '../commands/header.ts';
import type { Release } from '../commands/table.ts';
import { type Attributes, type Value, isTrue, textOf } from '../commands/values.ts';
import type { Word } from '../words.ts';
import { PackageList } from './packages.ts';
import type { SectionReader } from './section.ts';

/** What the sections of a kickstart amount to, as printed. */
export interface SectionResults {
  readonly scripts: string[];
  readonly others: string[];
  readonly certificates: string[];
}

const text = (value: Value): string | undefined => (value === undefined ? undefined : textOf(value));

class ScriptSection implements SectionReader {
  readonly #name: string;
  readonly #release: Release;
  readonly #scripts: string[];
  #body: string[] = [];
  #isBlank = true;
  #options: Attributes = new Map();

  constructor(name: string, release: Release, scripts: string[]) {
    this.#name = name;
    this.#release = release;
    this.#scripts = scripts;
  }

  header(words: readonly Word[], warn: (warning: Warning) => void): void {
    this.#options = readHeader(this.#name, this.#release, words, warn).values;
  }

  line(line: string): void {
    this.#body.push(line);
    this.#isBlank &&= isBlank(line);
  }

  /** A blank body is not a script, but its lines stay for the next one. */
  end(): void {
    if (this.#isBlank) return;
    const body = this.#body.join('');
    const interpreter = isTrue(this.#options.get('interpreter')) ? text(this.#options.get('interpreter')) : undefined;
    const log = text(this.#options.get('log'));
    const header = [
      this.#name,
      ...(interpreter && interpreter !== '/bin/sh' ? [`--interpreter=${interpreter}`] : []),
      ...(this.#isInChroot() ? [] : ['--nochroot']),
      ...(log === undefined ? [] : [`--logfile=${log}`]),
      ...(this.#options.get('errorOnFail') === true ? ['--erroronfail'] : []),
    ];
    this.#scripts.push(`\n${header.join(' ')}\n${body}${body.endsWith('\n') ? '' : '\n'}%end\n`);
    this.#body = [];
    this.#isBlank = true;
    this.#options = new Map();
  }

  #isInChroot(): boolean {
    return this.#name !== '%post' || this.#options.get('nochroot') !== true;
  }
}

/** `%addon` and `%anaconda`: passed on, in pykickstart's way, with an empty line after each of the body. */
class OtherSection implements SectionReader {
  readonly #name: string;
  readonly #others: string[];
  #words: readonly string[] = [];
  #body: string[] = [];

  constructor(name: string, others: string[]) {
    this.#name = name;
    this.#others = others;
  }

  header(words: readonly Word[]): void {
    this.#words = [this.#name, ...words.map((word) => word.value)];
  }

  line(line: string): void {
    this.#body.push(line);
  }

  end(): void {
    const body = this.#body.join('\n');
    this.#others.push([this.#words.join(' '), ...(body === '' ? [] : [body]), '%end'].join('\n'));
    this.#words = [];
    this.#body = [];
  }
}

class CertificateSection implements SectionReader {
  readonly #release: Release;
  readonly #certificates: string[];
  #options: Attributes = new Map();
  #body: string[] = [];

  constructor(release: Release, certificates: string[]) {
    this.#release = release;
    this.#certificates = certificates;
  }

  header(words: readonly Word[], warn: (warning: Warning) => void): void {
    this.#options = readHeader('%certificate', this.#release, words, warn).values;
  }

  line(line: string): void {
    this.#body.push(line);
  }

  end(): void {
    const body = this.#body.join('').replace(/\n$/, '');
    checkCertificate(body);
    const option = (flag: string): string => {
      const value = this.#options.get(flag);
      return isTrue(value) ? ` --${flag}="${text(value)}"` : '';
    };
    const filename = ` --filename="${text(this.#options.get('filename')) ?? 'None'}"`;
    this.#certificates.push(`\n%certificate${filename}${option('type')}${option('dir')}\n${body}\n%end\n`);
    this.#options = new Map();
    this.#body = [];
  }
}

/** The readers of all sections that a release has, the packages, and what is read. */
export function sectionReaders(release: Release): {
  readonly readers: ReadonlyMap<string, SectionReader>;
  readonly packages: PackageList;
  readonly results: SectionResults;
} {
  const results: SectionResults = { scripts: [], others: [], certificates: [] };
  const packages = new PackageList(release);
  const readers = new Map<string, SectionReader>([
    ['%packages', packages],
    ['%certificate', new CertificateSection(release, results.certificates)],
  ]);
  for (const name of ['%pre', '%pre-install', '%post', '%onerror', '%traceback']) {
    readers.set(name, new ScriptSection(name, release, results.scripts));
  }
  for (const name of ['%addon', '%anaconda']) readers.set(name, new OtherSection(name, results.others));
  return { readers, packages, results };
}
