import type { CommandSpec, OptionSpec } from '../../commands/table.ts';
import type { ToolIo } from './io.ts';
import { type ToolOptions, UsageProblem, option, readOptions } from './options.ts';
import { listVersions, releaseOf, unknownVersion } from './versions.ts';

const USAGE = 'usage: ksverdiff [-h] [-f F] [-t T] [-l]\n';
const HELP = `${USAGE}
options:
  -h, --help          show this help message and exit
  -f, --from F        the release to start from
  -t, --to T          the release to compare it with
  -l, --listversions  list the releases whose syntax is known
`;

const OPTIONS = [
  option('h', 'help', 'store_true'),
  option('f', 'from'),
  option('t', 'to'),
  option('l', 'listversions', 'store_true'),
];

/** `ksverdiff -f FROM -t TO`, as pykickstart has it. @returns the exit code */
export function ksverdiff(args: readonly string[], io: ToolIo): number {
  let options: ToolOptions;
  try {
    options = readOptions(args, OPTIONS);
  } catch (error) {
    if (!(error instanceof UsageProblem)) throw error;
    io.stderr(`${USAGE}ksverdiff: error: ${error.message}\n`);
    return 2;
  }
  if (options.has('help') || options.has('listversions')) {
    io.stdout(options.has('help') ? HELP : listVersions());
    return 0;
  }
  const [from, to] = [options.value('from'), options.value('to')];
  if (from === undefined || to === undefined) {
    io.stdout('You must specify two syntax versions.\n');
    return 1;
  }
  return compare(from, to, io);
}

function compare(from: string, to: string, io: ToolIo): number {
  const [older, newer] = [releaseOf(from), releaseOf(to)];
  if (older === undefined || newer === undefined) {
    io.stdout(`${unknownVersion(older === undefined ? from : to)}\n`);
    return 1;
  }
  const print = (title: string, names: readonly string[]): void => {
    const list = names.length === 0 ? '\n' : `${names.toSorted().join(' ')}\n\n`;
    io.stdout(`${title}:\n${list}`);
  };
  const both = [...older.commands].flatMap(([name, before]): [string, CommandSpec, CommandSpec][] => {
    const after = newer.commands.get(name);
    return after === undefined ? [] : [[name, before, after]];
  });
  const gone = [...older.commands.keys()].filter((name) => !newer.commands.has(name));
  const removed = both.filter(([, before, after]) => after.removed && !before.removed).map(([name]) => name);
  print(`The following commands were removed in ${to}`, [...removed, ...gone]);
  const deprecated = both.filter(([, , after]) => after.deprecated).map(([name]) => name);
  print(`The following commands were deprecated in ${to}`, deprecated);
  const added = [...newer.commands.keys()].filter((name) => !older.commands.has(name));
  print(`The following commands were added in ${to}`, added);
  for (const [name, before, after] of both.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (before.hasOptions === false || after.hasOptions === false) continue;
    const [had, has] = [firstNames(before.options), firstNames(after.options)];
    const lists = [
      [`added to the ${name} command`, [...has].filter((flag) => !had.has(flag))],
      [`deprecated from the ${name} command`, [...firstNames(after.options.filter((spec) => spec.deprecated))]],
      [`removed from the ${name} command`, [...had].filter((flag) => !has.has(flag))],
    ] as const;
    for (const [what, flags] of lists)
      if (flags.length > 0) print(`The following options were ${what} in ${to}`, flags);
  }
  return 0;
}

/** Options by their first name; positional arguments all go by an empty one. */
function firstNames(options: readonly OptionSpec[]): Set<string> {
  return new Set(options.map(({ flags }) => flags[0] ?? ''));
}
