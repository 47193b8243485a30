import {
  type CommandSpec,
  type OptionSpec,
  type Release,
  allowedValues,
  insteadOf,
  lifeOf,
  takesValue,
} from '@phyllome/flattener/commands';
import { COMMANDS } from './commands.ts';
import type { Help } from './help.ts';
import { SECTIONS } from './sections.ts';

/** What a command, a section or one of their options is, as Markdown: the words are ours, the facts the engine's. */

export function helpOf(name: string): Help | undefined {
  return COMMANDS[name] ?? SECTIONS[name];
}

/** A flag as the tables have it first: `--ondisk` of `--ondrive`. */
export function findOption(options: readonly OptionSpec[], typed: string): OptionSpec | undefined {
  const exact = options.find(({ flags }) => flags.includes(typed));
  if (exact !== undefined || typed.length < 3) return exact;
  const longer = options.filter(({ flags }) => flags.some((flag) => flag.startsWith(typed)));
  return longer.length === 1 ? longer[0] : undefined;
}

/** The name of a positional argument, or how an option is usually written: `--enabled`, which may be `--enable`, too. */
export function nameOf({ flags, dest }: OptionSpec): string {
  const first = flags[0] ?? dest;
  return flags.includes(`${first}d`) ? `${first}d` : first;
}

export function describeCommand(name: string, release: Release): string | undefined {
  const spec = release.commands.get(name);
  const help = helpOf(name);
  if (spec === undefined && help === undefined) return undefined;
  const facts = [
    ...(spec === undefined
      ? [`**${release.release} does not have it.**${instead(name, release)}`]
      : statusOf(name, spec, release)),
    ...lifeText(name),
    ...(spec === undefined ? [] : relationsOf(name, spec, release)),
  ];
  const options = spec === undefined || spec.removed === true ? '' : optionList(name, spec.options);
  return [`**${name}**`, help?.does, facts.join('  \n'), options].filter(Boolean).join('\n\n');
}

export function describeSection(name: string, release: Release): string | undefined {
  const help = helpOf(name);
  if (help === undefined) return undefined;
  const options = release.sections.get(name) ?? [];
  return [`**${name}** … **%end**`, help.does, optionList(name, options)].filter(Boolean).join('\n\n');
}

export function describeOption(name: string, spec: OptionSpec, release: Release): string {
  const flag = nameOf(spec);
  const values = allowedValues(spec);
  const facts = [
    ...(spec.deprecated === true ? [deprecation(`${name} ${flag}`, release)] : []),
    ...(values.length > 0 ? [`One of ${values.map(code).join(', ')}.`] : []),
    ...(values.length === 0 && takesValue(spec) ? [VALUES[spec.type ?? ''] ?? ''] : []),
    ...(spec.required === true ? ['Required.'] : []),
    ...defaultOf(spec),
    ...(spec.flags.length > 1
      ? [
          `Also written ${spec.flags
            .filter((other) => other !== flag)
            .map(code)
            .join(', ')}.`,
        ]
      : []),
    ...lifeText(name, flag),
  ].filter(Boolean);
  const title = spec.positional === true ? `${name} **${flag}**` : `${name} **${flag}${takesValue(spec) ? '=…' : ''}**`;
  return [title, helpOf(name)?.options[flag], facts.join('  \n')].filter(Boolean).join('\n\n');
}

const VALUES: Readonly<Partial<Record<string, string>>> = {
  int: 'A whole number.',
  commaSplit: 'A list with commas.',
  mountpoint: 'A path in the installed system.',
  firewall_port_cb: 'Ports with commas, as `8080:tcp`.',
};

function code(text: string): string {
  return `\`${text}\``;
}

function statusOf(name: string, spec: CommandSpec, release: Release): string[] {
  if (spec.removed === true) return [`**Refused in ${release.release}.**${instead(name, release)}`];
  if (spec.deprecated === true)
    return [`**Accepted in ${release.release}, and does nothing.**${instead(name, release)}`];
  return [];
}

function instead(what: string, release: Release): string {
  const found = insteadOf(what, release.release);
  return found === undefined ? '' : ` Write \`${found}\`.`;
}

function deprecation(what: string, release: Release): string {
  return `**Deprecated in ${release.release}.**${instead(what, release)}`;
}

const FAMILIES: Readonly<Partial<Record<string, string>>> = { F: 'Fedora', RHEL: 'RHEL' };

/** Since when there is such a thing, where not all releases of the tables have it. */
function lifeText(name: string, flag?: string): string[] {
  return lifeOf(name, flag).map(({ family, first, last, idle }) => {
    const until = last === undefined ? '' : `, until ${last}`;
    const idleFrom = idle === undefined ? '' : `; without effect from ${idle} on`;
    return `${FAMILIES[family] ?? family}: since ${first}${until}${idleFrom}.`;
  });
}

function relationsOf(name: string, spec: CommandSpec, release: Release): string[] {
  if (spec.removed === true || spec.deprecated === true) return [];
  const conflicts = [...release.commands].filter(
    ([, other]) => other.module !== spec.module && (spec.conflictsWith ?? []).includes(other.module),
  );
  const same = [...release.commands].filter(([other, its]) => other !== name && its.module === spec.module);
  return [
    spec.accumulates === true
      ? 'Every line counts, in their order.'
      : 'One line counts: a later one overwrites it, option by option.',
    ...(conflicts.length > 0 ? [`Cannot stand beside ${conflicts.map(([other]) => code(other)).join(', ')}.`] : []),
    ...(same.length > 0 && spec.accumulates !== true
      ? [`Overwritten by ${same.map(([other]) => code(other)).join(', ')}, too.`]
      : []),
  ];
}

function defaultOf(spec: OptionSpec): string[] {
  const value = spec.default;
  if (value === undefined || value === null || value === '' || !takesValue(spec)) return [];
  return [`Default: \`${String(value)}\`.`];
}

function optionList(name: string, options: readonly OptionSpec[]): string {
  const texts = helpOf(name)?.options ?? {};
  return options
    .filter(({ deprecated }) => deprecated !== true)
    .map((spec) => {
      const flag = nameOf(spec);
      const text = texts[flag];
      const head = spec.positional === true ? flag.toUpperCase() : takesValue(spec) ? `${flag}=…` : flag;
      return `- \`${head}\`${text === undefined ? '' : ` ${text}`}`;
    })
    .join('\n');
}
