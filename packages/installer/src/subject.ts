import { rpmArchitectures } from '@phyllome/host/architecture';
import type { KickstartElement } from './kickstart-split.ts';

/** What a failure is about, by the name that the logs give it. */
export type Subject =
  | { kind: 'script'; section: string | undefined; number: number | undefined }
  /** `anaconda` is what anaconda calls the repository of `url`, and of the other installation methods. */
  | { kind: 'repository'; name: string | undefined; address: string | undefined }
  | { kind: 'package'; name: string }
  | { kind: 'group'; name: string }
  | { kind: 'unit'; name: string }
  | { kind: 'partition'; mount: string }
  | { kind: 'option'; text: string }
  | { kind: 'line'; number: number };

/** Commands that name where packages come from. */
const METHODS = new Set(['url', 'nfs', 'harddrive', 'cdrom', 'hmc', 'liveimg', 'ostreesetup', 'ostreecontainer']);

/**
 * The line of a kickstart that a subject stands in, from 1. Undefined where no line names it: a package that another one
 * needs, or a kickstart that is not the one of the logs. Scripts are found by `scriptAt`. Pure.
 */
export function lineOf(subject: Subject, elements: readonly KickstartElement[]): number | undefined {
  if (subject.kind === 'line') return subject.number;
  if (subject.kind === 'package') return packageLine(elements, subject.name);
  if (subject.kind === 'group') return packageLine(elements, `@${subject.name.replace(/^@\^?/u, '')}`);
  const commands = elements.filter(({ type }) => type === 'command');
  if (subject.kind === 'repository') return repositoryOf(commands, subject)?.line;
  if (subject.kind === 'unit') return unitOf(commands, subject.name)?.line;
  if (subject.kind === 'partition') return partitionOf(commands, subject.mount)?.line;
  if (subject.kind === 'option') return optionOf(commands, subject.text)?.line;
  return undefined;
}

type Elements = readonly KickstartElement[];

function repositoryOf(
  commands: Elements,
  { name, address }: { name: string | undefined; address: string | undefined },
): KickstartElement | undefined {
  const repositories = commands.filter((command) => command.name === 'repo');
  const methods = commands.filter((command) => METHODS.has(command.name));
  const named = name === undefined ? undefined : repositories.findLast((repo) => hasValue(repo, name));
  const base = name === 'anaconda' ? methods.at(-1) : undefined;
  if (named !== undefined || base !== undefined || address === undefined) return named ?? base;
  return [...methods, ...repositories].findLast((one) => hasAddress(one, address));
}

const bare = (unit: string): string => unit.replace(/\.service$/u, '');

function unitOf(commands: Elements, unit: string): KickstartElement | undefined {
  return commands.findLast(
    (command) =>
      command.name === 'services' &&
      textOf(command)
        .split(/[\s=,"']+/u)
        .some((word) => bare(word) === bare(unit)),
  );
}

function partitionOf(commands: Elements, mount: string): KickstartElement | undefined {
  const found = commands.findLast(
    (command) =>
      /^(?:part|partition|logvol|btrfs)$/u.test(command.name) && textOf(command).split(/\s+/u).includes(mount),
  );
  return found ?? commands.findLast(({ name }) => name === 'autopart');
}

/** The only command that has an option: of several it is unknown which one was meant. */
function optionOf(commands: Elements, option: string): KickstartElement | undefined {
  const name = option.split('=')[0];
  const having = commands.filter((command) =>
    textOf(command)
      .split(/\s+/u)
      .some((word) => word.split('=')[0] === name),
  );
  return having.length === 1 ? having[0] : undefined;
}

const textOf = ({ lines }: KickstartElement): string => lines.join(' ');

const hasValue = (command: KickstartElement, value: string): boolean =>
  textOf(command)
    .split(/[\s="']+/u)
    .includes(value);

/** Mirrors may be below what the kickstart names. */
const hasAddress = (command: KickstartElement, address: string): boolean =>
  textOf(command)
    .split(/[\s"']+|=(?=\w+:)/u)
    .some((word) => /^\w+:/u.test(word) && address.startsWith(word.replace(/\/+$/u, '')));

/** The line of `%packages` that names a package by its name, by name, version and architecture, or by a pattern. */
function packageLine(elements: readonly KickstartElement[], name: string): number | undefined {
  const wanted = new Set([name, nameOf(name), name.replace(/^@/u, '@^')]);
  for (const { name: section, line, lines } of elements.toReversed()) {
    if (section !== 'packages') continue;
    const specs = lines.slice(1).map(
      (text) =>
        text
          .replace(/\s*#.*$/u, '')
          .trim()
          .split(/\s+/u)[0] ?? '',
    );
    const exact = specs.findLastIndex((spec) => wanted.has(spec));
    const index = exact >= 0 ? exact : specs.findLastIndex((spec) => isPattern(spec) && matches(spec, nameOf(name)));
    if (index >= 0) return line + 1 + index;
  }
  return undefined;
}

const isPattern = (spec: string): boolean => /^[^-@%].*[*?[]|^[*?]/u.test(spec);

/** Without a regular expression: a pattern of the kickstart may be of any shape, and a backtracking one takes for ever. */
function matches(pattern: string, text: string): boolean {
  let [at, star, mark] = [0, -1, 0];
  let from = 0;
  while (from < text.length) {
    if (pattern[at] === '*') [star, mark, at] = [at, from, at + 1];
    else if (pattern[at] === '?' || pattern[at] === text[from]) [at, from] = [at + 1, from + 1];
    else if (star >= 0) [at, mark, from] = [star + 1, mark + 1, mark + 1];
    else return false;
  }
  return /^\**$/u.test(pattern.slice(at));
}

/** rpm allows no dash in versions and releases, and no dot in architectures. */
const NEVRA = new RegExp(`^(?<name>.+)-(?:\\d+:)?[^-:]+-[^-]+\\.(?:${rpmArchitectures.join('|')}|i[3-5]86|src)$`, 'u');

/** `bash` of `bash-5.2.37-3.fc44.noarch`; any other text as it is. */
export function nameOf(nevra: string): string {
  return NEVRA.exec(nevra)?.groups?.['name'] ?? nevra;
}
