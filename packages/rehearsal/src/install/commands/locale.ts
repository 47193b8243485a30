import type { Action } from '../action.ts';
import { CommandArguments, type Planner } from './command-arguments.ts';

/** `fr_CH.UTF-8 UTF-8`: a line of locale.gen(5); none for the locales that need none. */
const localeLines = (locale: string): string[] =>
  /^(?:C|POSIX)\b/u.test(locale) ? [] : [`${locale} ${locale.split('.')[1] ?? 'ISO-8859-1'}`];

export const lang: Planner = (command) => {
  const args = new CommandArguments(command);
  const locale = args.positionals[0] ?? 'C.UTF-8';
  const locales = [locale, ...args.list('addsupport')].flatMap(localeLines);
  return {
    locales,
    needs: locales.length === 0 ? [] : ['locales'],
    actions: [{ do: 'write', path: '/etc/locale.conf', text: `LANG=${locale}\n` }],
    withoutCounterpart: args.except('addsupport'),
  };
};

/** `ch (fr)` is layout `ch`, variant `fr`. */
function xkb(layouts: readonly string[]): { layout: string; variant: string } {
  const parts = layouts.map((text) => /^(?<layout>[^\s(]+)\s*(?:\((?<variant>[^)]*)\))?$/u.exec(text.trim())?.groups);
  return {
    layout: parts.map((part) => part?.['layout'] ?? '').join(','),
    variant: parts.map((part) => part?.['variant'] ?? '').join(','),
  };
}

export const keyboard: Planner = (command) => {
  const args = new CommandArguments(command);
  const layouts = args.list('xlayouts');
  const keymap = args.value('vckeymap') ?? args.positionals[0] ?? layouts[0] ?? 'us';
  const fallback = keymap.split('-');
  const { layout, variant } =
    layouts.length > 0 ? xkb(layouts) : { layout: fallback[0] ?? 'us', variant: fallback[1] ?? '' };
  const options = args.list('switch').join(',');
  const vconsole = { KEYMAP: keymap, XKBLAYOUT: layout, XKBVARIANT: variant, XKBOPTIONS: options };
  const lines = Object.entries(vconsole).filter(([name, value]) => value !== '' || name !== 'XKBOPTIONS');
  return {
    actions: [
      { do: 'write', path: '/etc/vconsole.conf', text: lines.map(([name, value]) => `${name}=${value}\n`).join('') },
      {
        do: 'write',
        path: '/etc/default/keyboard',
        // Debian makes the other file a link to this one when it boots.
        text: `KEYMAP="${keymap}"\nXKBMODEL="pc105"\nXKBLAYOUT="${layout}"\nXKBVARIANT="${variant}"\nXKBOPTIONS="${options}"\nBACKSPACE="guess"\n`,
      },
    ],
    withoutCounterpart: args.except('vckeymap', 'xlayouts', 'switch'),
  };
};

/** What asks servers for the time. */
interface TimeService {
  package: string;
  withoutServers: Action;
  asks: (line: number, servers: Servers) => Action[];
  /** Whether it authenticates servers. */
  knowsNts: boolean;
}
interface Servers {
  servers: readonly string[];
  pools: readonly string[];
  nts: boolean;
}

const numbered = (line: number): string => `kickstart-${String(line).padStart(5, '0')}`;
const masked = (unit: string): Action => ({ do: 'link', path: `/etc/systemd/system/${unit}`, target: '/dev/null' });

/** There anyway, and small: for a kickstart that leaves the choice to the installer. */
const timesyncd: TimeService = {
  package: 'systemd-timesyncd',
  knowsNts: false,
  withoutServers: masked('systemd-timesyncd.service'),
  asks: (line, { servers, pools }) => [
    {
      do: 'write',
      path: `/etc/systemd/timesyncd.conf.d/${numbered(line)}.conf`,
      text: `[Time]\nNTP=${[...servers, ...pools].join(' ')}\n`,
    },
  ],
};

/** Debian has one time service at a time: beside chrony there can be no systemd-timesyncd. */
const chrony: TimeService = {
  package: 'chrony',
  knowsNts: true,
  withoutServers: masked('chrony.service'),
  asks: (line, { servers, pools, nts }) => [
    // As anaconda does: the kickstart's servers take the place of the distribution's.
    { do: 'run', argv: ['sed', '-i', '-E', 's/^(pool|server) /#&/', '/etc/chrony/chrony.conf'] },
    {
      do: 'write',
      path: `/etc/chrony/sources.d/${numbered(line)}.sources`,
      text: [...servers.map((name) => `server ${name}`), ...pools.map((name) => `pool ${name}`)]
        .map((source) => `${source} iburst${nts ? ' nts' : ''}\n`)
        .join(''),
    },
  ],
};

const timeService = (packages: readonly string[]): TimeService => (packages.includes('chrony') ? chrony : timesyncd);

export const timezone: Planner = (command, packages) => {
  const service = timeService(packages);
  const args = new CommandArguments(command);
  const zone = args.positionals[0] ?? 'UTC';
  const servers = args.list('ntpservers');
  const actions: Action[] = [
    { do: 'link', path: '/etc/localtime', target: `/usr/share/zoneinfo/${zone}` },
    { do: 'write', path: '/etc/timezone', text: `${zone}\n` },
  ];
  if (!args.has('utc', 'isUtc')) actions.push({ do: 'write', path: '/etc/adjtime', text: '0.0 0 0.0\n0\nLOCAL\n' });
  if (servers.length > 0) actions.push(...service.asks(command.line, { servers, pools: [], nts: false }));
  if (args.has('nontp')) actions.push(service.withoutServers);
  return {
    needs: ['tzdata', ...(servers.length > 0 ? [service.package] : [])],
    actions,
    withoutCounterpart: args.except('utc', 'isUtc', 'ntpservers', 'nontp'),
  };
};

export const timesource: Planner = (command, packages) => {
  const service = timeService(packages);
  const args = new CommandArguments(command);
  if (args.has('ntp-disable'))
    return { actions: [service.withoutServers], withoutCounterpart: args.except('ntp-disable') };
  return {
    needs: [service.package],
    actions: service.asks(command.line, {
      servers: args.values('ntp-server'),
      pools: args.values('ntp-pool'),
      nts: args.has('nts'),
    }),
    withoutCounterpart: args.except('ntp-server', 'ntp-pool', ...(service.knowsNts ? ['nts'] : [])),
  };
};
