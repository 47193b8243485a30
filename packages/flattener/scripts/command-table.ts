/**
 * Makes the command table of one release from an introspection of pykickstart.
 *
 *     node packages/flattener/scripts/command-table.ts INTROSPECTION.json F44 > packages/flattener/src/commands/F44.json
 *     pnpm oxfmt packages/flattener/src/commands/F44.json
 *
 * INTROSPECTION.json has, per version handler, what argparse and the handler classes say: for each command its class,
 * `accumulates`, `conflictsWith`, `writePriority`, `commentHeaders` and its options (flags, dest, action, type,
 * default, required, choices, nargs), and the options of each section header.
 */
import { readFileSync } from 'node:fs';
import { argv, stdout } from 'node:process';

interface IntrospectedOption {
  flags: string[];
  dest: string;
  action: string;
  type: string;
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
    { commands: Record<string, IntrospectedCommand>; sections: Record<string, IntrospectedOption[]> }
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

/** Commands whose arguments follow no option grammar; other parsers written by hand take options, or nothing. */
const FREE = new Set(['authselect', 'realm']);

/** Positional arguments where argparse is told less than the handler then wants. */
const POSITIONAL: Record<string, Record<string, unknown>> = {
  keyboard: { kbd: '?' },
  timezone: { timezone: '?' },
};

/** Handlers that take what argparse leaves over. */
const LEFT_OVER: Record<string, IntrospectedOption[]> = {
  btrfs: ['mntpoint', 'devices'].map((dest) => ({
    flags: [],
    dest,
    action: 'store',
    type: 'string',
    required: true,
    default: null,
    nargs: '*',
    positional: true,
  })),
};

function options(name: string, list: readonly IntrospectedOption[]): IntrospectedOption[] {
  const corrected = list.map((o) => {
    const nargs = o.positional ? POSITIONAL[name]?.[o.dest] : undefined;
    return nargs === undefined ? o : { ...o, nargs };
  });
  return [...corrected, ...(LEFT_OVER[name] ?? [])];
}

function option(o: IntrospectedOption): object {
  const isFlag = o.type === 'flag';
  const impliedDefault = o.default === null || (o.action === 'store_true' && o.default === false);
  return {
    flags: o.flags,
    dest: o.dest,
    ...(o.action === 'store' ? {} : { action: o.action }),
    ...(isFlag || o.type === 'string' ? {} : { type: o.type }),
    ...(impliedDefault ? {} : { default: o.default }),
    ...(o.required ? { required: true } : {}),
    ...(o.choices ? { choices: o.choices } : {}),
    ...(o.nargs === undefined ? {} : { nargs: o.nargs }),
    ...(o.positional ? { positional: true } : {}),
    ...(o.deprecated ? { deprecated: true } : {}),
  };
}

function command(name: string, c: IntrospectedCommand): object {
  if (c.removed) return { handler: c.class.replace(/^[^_]*_/, ''), module: c.module, removed: true };
  const header = name in HEADER_BY_COMMAND ? HEADER_BY_COMMAND[name] : c.commentHeaders?.[0];
  return {
    handler: c.class.replace(/^[^_]*_/, ''),
    module: c.module,
    ...(c.deprecated ? { deprecated: true } : {}),
    priority: c.writePriority ?? 0,
    ...(header === undefined ? {} : { header }),
    ...(c.accumulates ? { accumulates: true } : {}),
    ...(c.conflictsWith ? { conflictsWith: c.conflictsWith } : {}),
    ...(FREE.has(name) ? { free: true } : {}),
  };
}

const [, , file = '', release = ''] = argv;
const introspection: Introspection = JSON.parse(readFileSync(file, 'utf8'));
const version = introspection.versions[release];
if (version === undefined) throw new Error(`${file} does not know the release ${release}`);

/** One command and one option a line: a newer pykickstart then shows as a readable difference. */
const lines = (list: IntrospectedOption[]): string => list.map((o) => `\n      ${JSON.stringify(option(o))}`).join(',');
const commands = Object.entries(version.commands).map(([name, c]) => {
  const head = JSON.stringify(command(name, c)).slice(0, -1);
  const list = c.removed ? [] : options(name, c.options ?? []);
  return `    ${JSON.stringify(name)}: ${head}, "options": [${lines(list)}]}`;
});
const sections = Object.entries(version.sections)
  .filter(([, list]) => Array.isArray(list))
  .map(([name, list]) => `    ${JSON.stringify(name)}: [${lines(list)}]`);
stdout.write(`{
  "release": ${JSON.stringify(release)},
  "pykickstart": ${JSON.stringify(introspection.pykickstart)},
  "commands": {
${commands.join(',\n')}
  },
  "sections": {
${sections.join(',\n')}
  }
}
`);
