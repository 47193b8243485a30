import { strip } from '../blanks.ts';
import type { OptionSpec } from './table.ts';
import { normalizePath, parseInteger, repr, reprList } from './python.ts';

/** What an option or attribute of a command can hold; `undefined` is Python's None. */
export type Value = string | bigint | number | boolean | readonly string[] | undefined;

/** The attributes of a command, by argparse's `dest`. */
export type Attributes = Map<string, Value>;

/** Python's idea of truth: nothing, zero and what is empty are false. */
export function isTrue(value: Value): boolean {
  if (typeof value === 'object') return value.length > 0;
  return Boolean(value);
}

/** A list; anything else is an empty one. */
export function listOf(value: Value): readonly string[] {
  return typeof value === 'object' ? value : [];
}

/** `str(value)` */
export function textOf(value: Value): string {
  if (value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'object') return reprList(value);
  return String(value);
}

/** Whether an attribute is set to something true. */
export function has(attributes: Attributes, name: string): boolean {
  return isTrue(attributes.get(name));
}

/** A value that its type refuses, in pykickstart's words: `raw` messages stand alone, others belong behind "argument --x: ". */
export class ValueProblem extends Error {
  override readonly name = 'ValueProblem';
  readonly raw: boolean;
  /** What it should be: "a whole number". */
  readonly wanted: string;
  /** What to write behind the option: `NUMBER`. */
  readonly examples: readonly string[];

  constructor(
    message: string,
    { raw = false, wanted, examples }: { raw?: boolean; wanted: string; examples: string[] },
  ) {
    super(message);
    this.raw = raw;
    this.wanted = wanted;
    this.examples = examples;
  }
}

const RAID_LEVELS = new Map(
  ['0', '1', '4', '5', '6', '10'].flatMap((level) => [
    [level, `RAID${level}`],
    [`RAID${level}`, `RAID${level}`],
  ]),
);
const BTRFS_LEVELS = new Map([
  ...['0', '1', '10'].flatMap((level): [string, string][] => [
    [level, `raid${level}`],
    [`raid${level}`, `raid${level}`],
  ]),
  ['single', 'single'],
]);
const AUTOPART_TYPES = new Map([
  ['lvm', 'lvm'],
  ['btrfs', 'btrfs'],
  ['plain', 'plain'],
  ['partition', 'plain'],
  ['thinp', 'thinp'],
]);

/** The types of options by the names that the command table has for them. */
const TYPES: Readonly<Record<string, (text: string) => Value>> = {
  int: (text) => {
    const value = parseInteger(text);
    if (value === undefined)
      throw new ValueProblem(`invalid int value: ${repr(text)}`, { wanted: 'a whole number', examples: ['NUMBER'] });
    return value;
  },
  commaSplit,
  ksboolean: (text) => {
    const word = text.toLowerCase();
    if (['on', 'yes', 'true', '1'].includes(word)) return true;
    if (['off', 'no', 'false', '0'].includes(word)) return false;
    throw new ValueProblem(`invalid boolean value: ${repr(text)}`, { wanted: 'yes or no', examples: ['yes', 'no'] });
  },
  mountpoint: (text) => (text.startsWith('/') ? normalizePath(text) : text),
  part_cb: (text) => (text.startsWith('/dev/') ? text.slice('/dev/'.length) : text),
  firewall_port_cb: (text) =>
    text.split(',').map((port) => (strip(port).includes(':') ? strip(port) : `${strip(port)}:tcp`)),
  level_cb: (text) => oneOf(BTRFS_LEVELS, text.toLowerCase(), `Invalid btrfs level: ${text}`, 'a RAID level'),
  _level_cb: (text) => oneOf(RAID_LEVELS, text.toUpperCase(), `Invalid raid level: ${text}`, 'a RAID level'),
  _type_cb: (text) => oneOf(AUTOPART_TYPES, text.toLowerCase(), `Invalid autopart type: ${text}`, 'a type'),
  _when_cb: (text) => {
    const word = text.toLowerCase();
    if (word === 'post-install' || word === 'pre-install') return word;
    const examples = ['post-install', 'pre-install'];
    const message = `Invalid parameter to --when= argument: ${text}`;
    throw new ValueProblem(message, { raw: true, wanted: examples.join(' or '), examples });
  },
  _teamslaves_cb: (text) => readTeamSlaves(text),
};

/** The values of types that are enumerations, as they are usually written. */
const ENUMERATIONS: Readonly<Record<string, readonly string[]>> = {
  ksboolean: ['yes', 'no'],
  level_cb: [...BTRFS_LEVELS.keys()],
  _level_cb: [...RAID_LEVELS.keys()],
  _type_cb: [...AUTOPART_TYPES.keys()],
  _when_cb: ['post-install', 'pre-install'],
};

/** What an option can be set to, where that is an enumeration; empty where it is anything. */
export function allowedValues({ choices, type = '' }: OptionSpec): readonly string[] {
  return choices ?? ENUMERATIONS[type] ?? [];
}

function oneOf(map: ReadonlyMap<string, string>, key: string, message: string, wanted: string): string {
  const value = map.get(key);
  if (value === undefined) {
    throw new ValueProblem(message, { raw: true, wanted, examples: [...map.keys()] });
  }
  return value;
}

/** `a, b,,c`: the parts, without blanks around them, without empty ones. */
function commaSplit(text: string): string[] {
  return text.split(',').map(strip).filter(Boolean);
}

/** `eth1'{"prio": 1}',eth2`: devices, each with an optional configuration in single quotes, as printed. */
function readTeamSlaves(text: string): string[] {
  if (text === '') return [];
  const parts = text.split("'");
  if (parts.length % 2 === 1) {
    if (parts.at(-1) === '') parts.pop();
    else parts.push('');
  }
  const slaves: string[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const devices = (parts[at] ?? '').replace(/^,+|,+$/g, '').split(',');
    const config = parts[at + 1] ?? '';
    slaves.push(...devices.slice(0, -1), (devices.at(-1) ?? '') + (config === '' ? '' : `'${config}'`));
  }
  return slaves;
}

/** @throws {ValueProblem} */
export function convert(spec: OptionSpec, text: string): Value {
  const type = spec.type === undefined ? undefined : TYPES[spec.type];
  return type === undefined ? text : type(text);
}
