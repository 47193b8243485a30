/**
 * Makes the command table of all releases from an introspection of pykickstart.
 *
 *     node packages/flattener/scripts/command-table.ts INTROSPECTION.json > packages/flattener/src/commands/releases.json
 *     pnpm oxfmt packages/flattener/src/commands/releases.json
 *
 * INTROSPECTION.json has, per release, what argparse and the handler classes say: for each command its class,
 * `accumulates`, `conflictsWith`, `writePriority`, `commentHeaders` and its options (flags, dest, action, type, const,
 * default, required, choices, nargs), and the options of each section header. `scripts/introspect.py` makes it.
 *
 * Releases share nearly everything, so options, commands and option lists are pooled: each is written once, and a
 * release is a list of numbers.
 */
import { readFileSync } from 'node:fs';
import { argv, stdout } from 'node:process';

interface IntrospectedOption {
  flags: string[];
  dest: string;
  action: string;
  type: string;
  const?: unknown;
  required: boolean;
  default: unknown;
  choices?: string[];
  nargs?: unknown;
  positional?: boolean;
  deprecated?: unknown;
}

interface IntrospectedCommand {
  class: string;
  module: string;
  removed: boolean;
  deprecated: boolean;
  writePriority: number | null;
  accumulates: boolean;
  conflictsWith?: string[];
  commentHeaders?: string[];
  parseMode: string;
  options: IntrospectedOption[] | null;
}

interface Introspection {
  pykickstart: string;
  versions: Record<
    string,
    { commands: Record<string, IntrospectedCommand>; sections: Record<string, IntrospectedOption[] | null> }
  >;
}

/** Where a handler has several headers, the one it prints for the command of this name. */
const HEADER_BY_COMMAND: Record<string, string | undefined> = {
  cmdline: undefined,
  graphical: '# Use graphical install',
  halt: '# Halt after installation',
  keyboard: '# Keyboard layouts',
  poweroff: '# Shutdown after installation',
  reboot: '# Reboot after installation',
  rootpw: '# Root password',
  shutdown: '# Shutdown after installation',
  text: '# Use text mode install',
};

/** Numbers distinct entries in the order they come. */
class Pool {
  readonly entries = new Map<string, number>();

  add(entry: unknown): number {
    const text = JSON.stringify(entry);
    const known = this.entries.get(text);
    if (known !== undefined) return known;
    this.entries.set(text, this.entries.size);
    return this.entries.size - 1;
  }

  /** One entry a line: a newer pykickstart then shows as a readable difference. */
  print(): string {
    return `[\n${[...this.entries.keys()].map((text) => `    ${text}`).join(',\n')}\n  ]`;
  }
}

const options = new Pool();
const commands = new Pool();
const sections = new Pool();

function isSwitch(o: IntrospectedOption): boolean {
  return o.action === 'store_true' || o.action === 'store_false';
}

function option(o: IntrospectedOption): object {
  const isFlag = o.type === 'flag';
  // A flag that is not there is false, unless argparse leaves it alone: then its default is null.
  const impliedDefault = o.action === 'store_true' ? o.default === false : !isSwitch(o) && o.default === null;
  return {
    flags: o.flags,
    dest: o.dest,
    ...(o.action === 'store' ? {} : { action: o.action }),
    ...(isFlag || o.type === 'string' ? {} : { type: o.type }),
    ...(o.const === undefined ? {} : { const: o.const }),
    ...(impliedDefault ? {} : { default: o.default }),
    ...(o.required ? { required: true } : {}),
    ...(o.choices ? { choices: o.choices } : {}),
    ...(o.nargs === undefined ? {} : { nargs: o.nargs }),
    ...(o.positional ? { positional: true } : {}),
    ...(o.deprecated ? { deprecated: true } : {}),
  };
}

function command(name: string, c: IntrospectedCommand): object {
  const header = name in HEADER_BY_COMMAND ? HEADER_BY_COMMAND[name] : c.commentHeaders?.[0];
  return {
    handler: c.class.replace(/^[^_]*_/, ''),
    module: c.module,
    ...(c.removed ? { removed: true } : {}),
    ...(c.deprecated && !c.removed ? { deprecated: true } : {}),
    ...(c.writePriority === null ? {} : { priority: c.writePriority }),
    ...(header === undefined ? {} : { header }),
    ...(c.accumulates ? { accumulates: true } : {}),
    ...(c.conflictsWith ? { conflictsWith: c.conflictsWith } : {}),
    ...(c.options ? { options: c.options.map((o) => options.add(option(o))) } : {}),
  };
}

const [, , file = ''] = argv;
const introspection: Introspection = JSON.parse(readFileSync(file, 'utf8'));
const releases = Object.entries(introspection.versions).map(([release, version]) => {
  const byName = Object.entries(version.commands).map(([name, c]) => [name, commands.add(command(name, c))] as const);
  const headers = Object.entries(version.sections).flatMap(([name, list]) =>
    Array.isArray(list) ? [[name, sections.add(list.map((o) => options.add(option(o))))] as const] : [],
  );
  const data = { commands: Object.fromEntries(byName), sections: Object.fromEntries(headers) };
  return `    ${JSON.stringify(release)}: ${JSON.stringify(data)}`;
});
stdout.write(`{
  "pykickstart": ${JSON.stringify(introspection.pykickstart)},
  "options": ${options.print()},
  "commands": ${commands.print()},
  "sections": ${sections.print()},
  "releases": {
${releases.join(',\n')}
  }
}
`);
