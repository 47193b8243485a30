import { suggest } from '../suggest.ts';
import HISTORY from './history.json' with { type: 'json' };
import type { ProblemDetails } from './problem.ts';
import { type OptionSpec, releaseNamed } from './table.ts';

/**
 * What commands and options were before a release, and what became of them: hints about unknown, removed and
 * deprecated ones. `history.json` is made by `scripts/history.py`; only what to write instead is said here.
 */

/** Of a family of releases: the first that has it, the last (null: all newer ones), the first it is idle in. */
type Span = readonly (number | null)[];
type Spans = Readonly<Partial<Record<string, Span>>>;
interface Entry {
  readonly command?: Spans;
  readonly options?: Readonly<Partial<Record<string, Spans>>>;
}

const COMMANDS: Readonly<Partial<Record<string, Entry>>> = HISTORY;

/** What does the same, or nearly so, where the other is missing or idle. */
const INSTEAD: Readonly<Partial<Record<string, string>>> = {
  auth: 'authselect',
  authconfig: 'authselect',
  btrfs: 'part with another --fstype, or logvol',
  langsupport: 'lang --addsupport=LOCALES',
  lilo: 'bootloader',
  method: 'url, nfs, cdrom or harddrive',
  rdp: 'vnc',
  timesource: 'timezone --ntpservers=SERVERS',
  vnc: 'rdp',
  'network --teamconfig': '--bondopts of a bond',
  'network --teamslaves': '--bondslaves of a bond',
  'timezone --isUtc': '--utc',
  'timezone --nontp': 'timesource --ntp-disable',
  'timezone --ntpservers': 'timesource --ntp-server=SERVER, a line for each server',
  '%packages --excludeWeakdeps': '--exclude-weakdeps',
  '%packages --exclude-weakdeps': '--excludeWeakdeps',
  '%packages --instLangs': '--inst-langs',
  '%packages --inst-langs': '--instLangs',
  '%traceback': '%onerror',
};

/** Whose words are read, in which release. */
interface Whose {
  readonly name: string;
  readonly release: string;
}

/** What to say of a command that a release does not have. */
export function unknownCommand(name: string, release: string, known: Iterable<string>): ProblemDetails {
  const spans = COMMANDS[name]?.command;
  const near = spans === undefined ? suggest(name, [...known]) : undefined;
  const hint =
    spans !== undefined
      ? withInstead(whereElse(name, spans, release), name, release)
      : near === undefined
        ? `${release} has no such kickstart command`
        : `did you mean ${near}?`;
  return { code: 'KS_UNKNOWN_COMMAND', message: `unknown command ${name}`, hint };
}

/** What to say of a command that a release refuses. */
export function removedCommand(name: string, release: string): ProblemDetails {
  const spans = COMMANDS[name]?.command;
  const when = spans === undefined ? 'remove the line' : whereElse(name, spans, release);
  return {
    code: 'KS_REMOVED_COMMAND',
    message: `the command ${name} has been removed`,
    hint: withInstead(when, name, release),
    pykickstart: `${name} has been removed.`,
  };
}

/** What to say of a command that is accepted and does nothing. */
export function deprecatedCommand(name: string, release: string): ProblemDetails {
  const since = idleSince(COMMANDS[name]?.command, release);
  return {
    code: 'KS_DEPRECATED_COMMAND',
    message: `the command ${name} no longer does anything${since}`,
    hint: INSTEAD[name] === undefined ? 'remove the line' : `write ${INSTEAD[name]} instead, or remove the line`,
    pykickstart: `The ${name} command has been deprecated and no longer has any effect.`,
  };
}

/** What to say of an option that a command does not have. */
export function unknownOption(whose: Whose, typed: string, specs: readonly OptionSpec[]): ProblemDetails {
  const { name, release } = whose;
  const flags = specs.flatMap((spec) => (spec.deprecated ? [] : spec.flags));
  const message = `${name} has no option ${typed}`;
  const code = 'KS_UNKNOWN_OPTION';
  const spans = COMMANDS[name]?.options?.[typed];
  if (spans !== undefined) {
    return { code, message, hint: withInstead(whereElse(typed, spans, release), `${name} ${typed}`, release) };
  }
  const near = suggest(typed, flags);
  if (near !== undefined) return { code, message, hint: `did you mean ${near}?` };
  const all = flags.length === 0 ? `${name} takes no options` : `${name} takes ${flags.toSorted().join(', ')}`;
  return { code, message, hint: all };
}

/** What to say of an option that is accepted and does nothing, or will be refused one day. */
export function deprecatedOption(whose: Whose, flag: string, { isIdle = true } = {}): ProblemDetails {
  const { name, release } = whose;
  const since = isIdle ? idleSince(COMMANDS[name]?.options?.[flag], release) : '';
  const instead = INSTEAD[`${name} ${flag}`];
  // A second spelling works on, whatever pykickstart says of it.
  const isSpelling = instead?.startsWith('--') === true && name !== 'network';
  const effect = isIdle && !isSpelling ? `deprecated and has no effect${since}` : `deprecated${since}`;
  return {
    code: 'KS_DEPRECATED_OPTION',
    message: `${flag} of ${name} is ${effect}`,
    hint: instead === undefined ? 'remove it' : `write ${instead} instead`,
    pykickstart: isIdle
      ? `The option ${flag} of ${name} is deprecated and ignored.`
      : `The option ${flag} of ${name} will be deprecated${instead === undefined ? '' : `: use ${instead}`}.`,
  };
}

/** What became of a command or an option in one family of releases: `F` or `RHEL`. Numbers are releases. */
export interface Life {
  readonly family: string;
  /** The first release that has it. */
  readonly first: number;
  /** The last one; `undefined` when the newest still has it. */
  readonly last: number | undefined;
  /** From this one on it is accepted and does nothing. */
  readonly idle: number | undefined;
}

/**
 * Since and until when there is a command, a section's or command's option (`--size`); one entry for each family.
 *
 * @returns empty when all releases have it alike, as far as the tables go back
 */
export function lifeOf(name: string, flag?: string): Life[] {
  const entry = COMMANDS[name];
  const spans = flag === undefined ? entry?.command : entry?.options?.[flag];
  return Object.entries(spans ?? {}).flatMap(([family, span]) => {
    const [first, last, idle] = span ?? [];
    return typeof first === 'number' ? [{ family, first, last: last ?? undefined, idle: idle ?? undefined }] : [];
  });
}

/** What to write instead of a command (`auth`) or an option (`timezone --isUtc`), where a release has that. */
export function insteadOf(what: string, release: string): string | undefined {
  const instead = INSTEAD[what];
  return instead !== undefined && isThere(instead, what, release) ? instead : undefined;
}

/** Where else a command or an option is: `timesource exists from F33 and RHEL9 on`. */
function whereElse(what: string, spans: Spans, release: string): string {
  const [family, number] = split(release);
  const own = spans[family];
  const others = Object.keys(spans).filter((other) => other !== family);
  if (own === undefined) return `${what} is of ${others.join(', ')} only`;
  const [first, last] = own;
  const families = [family, ...others];
  const each = (at: (span: Span) => number | null | undefined): string =>
    families
      .flatMap((other) => {
        const found = at(spans[other] ?? []);
        return typeof found === 'number' ? [`${other}${found}`] : [];
      })
      .join(' and ');
  if (typeof first === 'number' && number < first) return `${what} exists from ${each(([from]) => from)} on`;
  if (typeof last === 'number' && number > last) {
    return `${what} was removed in ${each(([, to]) => (typeof to === 'number' ? to + 1 : undefined))}`;
  }
  return `${release} has no ${what}`;
}

function withInstead(where: string, what: string, release: string): string {
  const instead = INSTEAD[what];
  if (instead !== undefined && isThere(instead, what, release)) return `${where}: write ${instead} instead`;
  return where.includes('was removed') ? `${where}: it can be dropped` : where;
}

/** Whether the release has what would be written instead. */
function isThere(instead: string, what: string, release: string): boolean {
  const known = releaseNamed(release);
  if (known === undefined) return true;
  const [first = ''] = instead.split(/[ ,=]/, 1);
  if (!first.startsWith('--')) {
    const spec = known.commands.get(first);
    return spec !== undefined && spec.removed !== true;
  }
  const [name = ''] = what.split(' ', 1);
  const options = known.sections.get(name) ?? known.commands.get(name)?.options ?? [];
  return options.some(({ flags }) => flags.includes(first));
}

/** ` since F40`, where that is known for the family of a release. */
function idleSince(spans: Spans | undefined, release: string): string {
  const [family] = split(release);
  const since = spans?.[family]?.[2];
  return typeof since === 'number' ? ` since ${family}${since}` : '';
}

function split(release: string): [family: string, number: number] {
  const [, family = '', number = ''] = /^([A-Z]+)(\d+)$/.exec(release) ?? [];
  return [family, Number(number)];
}
