import type { Release } from './commands/table.ts';
import type { CommentLine, Comments } from './comments.ts';
import type { Kickstart, OtherSection, Origin, PackageOptions, Packages, Script } from './kickstart.ts';
import { type Located, type Position, splitLines } from './source.ts';
import { quoteWord } from './words.ts';

export interface Emitted {
  readonly text: string;
  /** One per line of `text`; `undefined` for lines that no leaf has. */
  readonly origins: readonly (Origin | undefined)[];
}

/** Writes a kickstart in ksflatten's order: commands, scripts, other sections, packages, certificates. */
export function emit(
  kickstart: Kickstart,
  header: readonly string[],
  release: Release,
  comments: Comments | undefined,
): Emitted {
  const out = new Output(comments);
  const [version, ...first] = header.toReversed();
  for (const line of first.toReversed()) out.line(line);
  out.comments(comments?.header);
  if (version !== undefined) out.line(version);
  let comment: string | undefined;
  for (const command of kickstart.commands) {
    const above = release.commands.get(command.name)?.header;
    if (above !== undefined && above !== comment) out.line(above);
    comment = above;
    out.entry(command.text, command, command.earlier);
  }
  for (const include of kickstart.includes) out.entry(`%include ${quoteWord(include.target)}`, include);
  for (const script of kickstart.scripts) emitScript(script, out);
  for (const section of kickstart.sections) if (section.name !== '%certificate') emitOther(section, out);
  if (kickstart.packages !== undefined) emitPackages(kickstart.packages, release, out, comments);
  for (const section of kickstart.sections) if (section.name === '%certificate') emitOther(section, out);
  out.comments(comments?.end);
  return out.result();
}

function emitScript(script: Script, out: Output): void {
  const options = [
    ...(script.interpreter === undefined ? [] : [`--interpreter=${script.interpreter}`]),
    ...(script.nochroot ? ['--nochroot'] : []),
    ...(script.log === undefined ? [] : [`--logfile=${script.log}`]),
    ...(script.erroronfail ? ['--erroronfail'] : []),
  ];
  out.line('');
  out.entry([`%${script.type}`, ...options.map(quoteWord)].join(' '), script);
  out.body(script.body, script.bodyAt);
  out.line('%end', script.endAt);
}

function emitOther(section: OtherSection, out: Output): void {
  out.line('');
  out.entry([section.name, ...section.args.map(quoteWord)].join(' '), section);
  out.body(section.body, section.bodyAt);
  out.line('%end', section.endAt);
}

/** The options of a `%packages` header in ksflatten's order, by the names that argparse stores them under. */
const PACKAGES_OPTIONS: readonly (readonly [keyof PackageOptions, string])[] = [
  ['default', 'defaultPackages'],
  ['excludedocs', 'excludedocs'],
  ['nocore', 'nocore'],
  ['ignoreMissing', 'ignoremissing'],
  ['ignoreBroken', 'ignorebroken'],
  ['instLangs', 'instLangs'],
  ['multilib', 'multiLib'],
  ['excludeWeakdeps', 'excludeWeakdeps'],
  ['timeout', 'timeout'],
  ['retries', 'retries'],
];

/** As the release spells them: `--inst-langs` where it has that, `--instLangs` before. */
function packagesOptions(options: PackageOptions, release: Release): string[] {
  const specs = release.sections.get('%packages') ?? [];
  return PACKAGES_OPTIONS.flatMap(([name, dest]) => {
    const value = options[name];
    if (value === undefined || value === false) return [];
    const flags = specs.flatMap((spec) => (spec.dest === dest ? spec.flags : []));
    const flag = flags.find((spelling) => spelling === spelling.toLowerCase()) ?? flags[0] ?? `--${dest}`;
    return [value === true ? flag : `${flag}=${value}`];
  });
}

function emitPackages(packages: Packages, release: Release, out: Output, comments: Comments | undefined): void {
  const words = packagesOptions(packages.options, release);
  out.line('');
  const header = ['%packages', ...words.map(quoteWord)].join(' ');
  if (packages.earlier.length === 0) out.entry(header, packages);
  else {
    out.commentsOf([packages, ...packages.earlier]);
    out.line(header, packages, packages.earlier);
  }
  for (const entry of packages.entries) out.entry(entry.text, entry);
  out.comments(comments?.afterPackages);
  out.line('');
  out.line('%end', packages.endAt);
}

class Output {
  readonly #parts: string[] = [];
  readonly #origins: (Origin | undefined)[] = [];
  readonly #comments: Comments | undefined;

  constructor(comments: Comments | undefined) {
    this.#comments = comments;
  }

  /** A line of a leaf, with the comments that belong to it. */
  entry(text: string, from: Located, earlier: readonly Located[] = []): void {
    this.commentsOf(earlier);
    this.comments(this.#comments?.above(from.at));
    const trailing = this.#comments?.trailing(from.at);
    this.line(trailing === undefined ? text : `${text} ${trailing.text}`, from, earlier);
  }

  /** The comments of lines that do not appear themselves. */
  commentsOf(lines: readonly Located[]): void {
    const comments = this.#comments;
    if (comments === undefined) return;
    for (const { at } of lines) {
      const trailing = comments.trailing(at);
      this.comments([...comments.above(at), ...(trailing ? [trailing] : [])]);
    }
  }

  comments(lines: readonly CommentLine[] = []): void {
    for (const comment of lines) this.line(comment.text, comment);
  }

  line(text: string, from?: Located, earlier: readonly Located[] = []): void {
    this.#parts.push(`${text}\n`);
    this.#origins.push(from && origin(from, earlier));
  }

  body(text: string, from: readonly Located[]): void {
    this.#parts.push(text);
    for (const { number } of splitLines(text)) {
      const where = from[number - 1];
      this.#origins.push(where && origin(where, []));
    }
  }

  result(): Emitted {
    return { text: this.#parts.join(''), origins: this.#origins };
  }
}

/** One for all lines that nothing was merged into: there are many. */
const NONE: readonly Position[] = [];

function origin({ at, includedFrom }: Located, earlier: readonly Located[]): Origin {
  const { path, line, column } = at;
  return {
    path,
    line,
    column,
    includedFrom,
    earlier: earlier.length === 0 ? NONE : earlier.map((located) => located.at),
  };
}
