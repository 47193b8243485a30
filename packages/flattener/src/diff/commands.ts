import type { Argument } from '../commands/arguments.ts';
import { type Command, optionValue } from '../kickstart.ts';
import type { Position } from '../source.ts';

/** A command that only one side has, or that has other arguments. */
export interface CommandChange {
  readonly name: string;
  /** What identifies it among those of its name: a mount point, a repository's name. */
  readonly key: string;
  readonly a?: CommandSide | undefined;
  readonly b?: CommandSide | undefined;
  /** When both have it: the arguments that differ. */
  readonly changes: readonly ArgumentChange[];
}

export interface CommandSide {
  readonly text: string;
  readonly at: Position;
}

export interface ArgumentChange {
  /** The option; empty for an argument that is none. */
  readonly option: string;
  /** `undefined`: it is not there. */
  readonly a: string | undefined;
  readonly b: string | undefined;
}

/** Compared by their meaning elsewhere. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  services: ['--enabled', '--disabled'],
  bootloader: ['--append'],
};
/** Values that are sets, written with commas. */
const SETS = new Set(['--service', '--port', '--groups', '--ntpservers', '--addsupport', '--drives']);

/** The order of commands does not count: each is compared with that of the same name and key. */
export function diffCommands(a: readonly Command[], b: readonly Command[]): CommandChange[] {
  const [left, right] = [byKey(a), byKey(b)];
  const out: CommandChange[] = [];
  for (const [id, { command, key }] of left) {
    const other = right.get(id)?.command;
    const changes = other === undefined ? [] : compare(command, other);
    const sides = { a: side(command), ...(other && { b: side(other) }) };
    if (other === undefined || changes.length > 0) out.push({ name: command.name, key, ...sides, changes });
  }
  for (const [id, { command, key }] of right) {
    if (!left.has(id)) out.push({ name: command.name, key, b: side(command), changes: [] });
  }
  return out.filter(({ name, changes }) => name !== 'services' || changes.length > 0);
}

interface Keyed {
  command: Command;
  key: string;
}

function byKey(commands: readonly Command[]): Map<string, Keyed> {
  const keyed = new Map<string, Keyed>();
  for (const command of commands) {
    const key = keyOf(command);
    let id = `${command.name} ${key}`;
    for (let again = 2; keyed.has(id); again += 1) id = `${command.name} ${key} ${again}`;
    keyed.set(id, { command, key });
  }
  return keyed;
}

/** What a line of an accumulating command is about. */
function keyOf(command: Command): string {
  const first = command.arguments.find((arg) => arg.kind === 'positional')?.value ?? '';
  const option = (...flags: string[]): string =>
    flags.map((flag) => optionValue(command, flag)).find((value) => typeof value === 'string') ?? '';
  switch (command.name) {
    case 'part':
    case 'partition':
    case 'logvol':
    case 'raid':
    case 'btrfs':
    case 'volgroup':
      return first || option('--name');
    case 'mount':
      return command.arguments.filter((arg) => arg.kind === 'positional')[1]?.value ?? first;
    case 'repo':
    case 'user':
    case 'group':
      return option('--name');
    case 'network':
      return option('--device');
    case 'sshkey':
      return `${option('--username')} ${first}`.trim();
    case 'sshpw':
      return option('--username');
    default:
      return '';
  }
}

function side({ text, at }: Command): CommandSide {
  return { text, at };
}

function compare(a: Command, b: Command): ArgumentChange[] {
  const [left, right] = [values(a), values(b)];
  const ignored = ELSEWHERE[a.name] ?? [];
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((option) => !ignored.includes(option) && left.get(option) !== right.get(option))
    .map((option) => ({ option, a: left.get(option), b: right.get(option) }));
}

/** Options with their values, and the other arguments together. */
function values({ arguments: args }: Command): Map<string, string> {
  const all = new Map<string, string>();
  const add = (option: string, value: string): void => {
    const before = all.get(option);
    all.set(option, before === undefined ? value : `${before} ${value}`);
  };
  for (const arg of args) add(arg.kind === 'option' ? (arg.spec.flags[0] ?? arg.flag) : '', valueOf(arg));
  return all;
}

function valueOf(arg: Argument): string {
  if (arg.kind === 'positional') return arg.value;
  const value = arg.value ?? '';
  return SETS.has(arg.flag) ? value.split(',').toSorted().join(',') : value;
}
