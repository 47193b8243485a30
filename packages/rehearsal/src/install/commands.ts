import { parseArgs } from 'node:util';
import type { KickstartCommand } from '../kickstart.ts';
import { serviceCounterpart } from './counterparts.ts';
import type { Action, Contribution } from './action.ts';
import type { WithoutCounterpart } from './selection.ts';

type Planner = (command: KickstartCommand) => Contribution;

const without = (command: KickstartCommand, why: string): Contribution => ({
  withoutCounterpart: [{ kind: 'command', text: command.text.trim(), line: command.line, why }],
});

interface Given {
  flags: ReadonlySet<string>;
  values: (name: string) => string[];
  value: (name: string) => string | undefined;
  positionals: string[];
}

/** Options of a kickstart command: `--name=value` or `--name value` for those that take one. */
const read = (command: KickstartCommand, withValue: readonly string[]): Given => {
  const { values, positionals } = parseArgs({
    args: [...command.args],
    options: Object.fromEntries(withValue.map((name) => [name, { type: 'string', multiple: true } as const])),
    strict: false,
    allowPositionals: true,
  });
  const list = (name: string): string[] => {
    const found: unknown = values[name];
    return Array.isArray(found) ? found.filter((value) => typeof value === 'string') : [];
  };
  return { flags: new Set(Object.keys(values)), values: list, value: (name) => list(name).at(-1), positionals };
};

const commas = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => text.split(',')).filter((word) => word !== '');

const lang: Planner = (command) => {
  const locale = read(command, ['addsupport']).positionals[0] ?? 'C.UTF-8';
  const write: Action[] = [{ do: 'write', path: '/etc/locale.conf', text: `LANG=${locale}\n` }];
  if (/^(?:C|POSIX)\b/u.test(locale)) return { actions: write };
  return {
    needs: ['locales'],
    actions: [
      ...write,
      { do: 'write', path: '/etc/locale.gen', text: `${locale} ${locale.split('.')[1] ?? 'ISO-8859-1'}\n` },
      { do: 'run', argv: ['locale-gen'] },
    ],
  };
};

/** `ch (fr)` is layout `ch`, variant `fr`. */
const xkb = (layouts: readonly string[]): { layout: string; variant: string } => {
  const parts = layouts.map((text) => /^(?<layout>[^\s(]+)\s*(?:\((?<variant>[^)]*)\))?$/u.exec(text.trim())?.groups);
  return {
    layout: parts.map((part) => part?.['layout'] ?? '').join(','),
    variant: parts.map((part) => part?.['variant'] ?? '').join(','),
  };
};

const keyboard: Planner = (command) => {
  const given = read(command, ['vckeymap', 'xlayouts', 'switch']);
  const layouts = commas(given.values('xlayouts'));
  const keymap = given.value('vckeymap') ?? given.positionals[0] ?? layouts[0] ?? 'us';
  const fallback = keymap.split('-');
  const { layout, variant } =
    layouts.length > 0 ? xkb(layouts) : { layout: fallback[0] ?? 'us', variant: fallback[1] ?? '' };
  return {
    actions: [
      {
        do: 'write',
        path: '/etc/vconsole.conf',
        text: `KEYMAP=${keymap}\nXKBLAYOUT=${layout}\nXKBVARIANT=${variant}\n`,
      },
      {
        do: 'write',
        path: '/etc/default/keyboard',
        text: `XKBMODEL="pc105"\nXKBLAYOUT="${layout}"\nXKBVARIANT="${variant}"\nXKBOPTIONS=""\nBACKSPACE="guess"\n`,
      },
    ],
  };
};

const timezone: Planner = (command) => {
  const given = read(command, ['ntpservers']);
  const zone = given.positionals[0] ?? 'UTC';
  const utc = given.flags.has('utc') || given.flags.has('isUtc');
  return {
    needs: ['tzdata'],
    actions: [
      { do: 'link', path: '/etc/localtime', target: `/usr/share/zoneinfo/${zone}` },
      { do: 'write', path: '/etc/timezone', text: `${zone}\n` },
      ...(utc ? [] : [{ do: 'write', path: '/etc/adjtime', text: '0.0 0 0.0\n0\nLOCAL\n' } as const]),
    ],
  };
};

const network: Planner = (command) => {
  const given = read(command, ['bootproto', 'device', 'hostname', 'ip', 'netmask', 'gateway', 'nameserver']);
  const hostname = given.value('hostname') ?? given.positionals[0];
  const plain = ['dhcp', undefined].includes(given.value('bootproto'));
  return {
    actions:
      hostname === undefined
        ? []
        : [
            { do: 'write', path: '/etc/hostname', text: `${hostname}\n` },
            { do: 'write', path: '/etc/hosts', text: `127.0.0.1 localhost\n127.0.1.1 ${hostname}\n::1 localhost\n` },
          ],
    ...(plain ? {} : without(command, 'every link asks for an address: the rehearsal has no static ones')),
  };
};

/**
 * Encrypts `name:password` lines for chpasswd, whose own salt would make every ISO another one. With
 * SOURCE_DATE_EPOCH the salt follows from that and the name: salts are no secret, they only must differ.
 */
const encryptPasswords = `set -eu
IFS= read -r line
name=\${line%%:*} password=\${line#*:}
salt=$( (if [ -n "\${SOURCE_DATE_EPOCH-}" ]; then echo "$SOURCE_DATE_EPOCH $name"; else head -c 32 /dev/urandom; fi) | sha256sum | cut -c 1-16)
printf '%s\\n%s' "$password" "$salt" | perl -e 'chomp(my $p = <STDIN>); my $s = <STDIN>; print "$ARGV[0]:", crypt($p, "\\$6\\$$s\\$"), "\\n"' "$name" | chpasswd --encrypted`;

const setPassword = (name: string, password: string, crypted: boolean): Action => ({
  do: 'run',
  argv: crypted ? ['chpasswd', '--encrypted'] : ['sh', '-c', encryptPasswords],
  input: `${name}:${password}\n`,
});

const rootpw: Planner = (command) => {
  const { flags, positionals } = read(command, []);
  const [password] = positionals;
  return {
    actions: [
      ...(password === undefined ? [] : [setPassword('root', password, flags.has('iscrypted'))]),
      ...(flags.has('lock') ? [{ do: 'run', argv: ['passwd', '--lock', 'root'] } as const] : []),
    ],
  };
};

const optional = (flag: string, value: string | undefined): string[] => (value === undefined ? [] : [flag, value]);

const user: Planner = (command) => {
  const given = read(command, ['name', 'groups', 'homedir', 'password', 'shell', 'uid', 'gid', 'gecos']);
  const name = given.value('name') ?? '';
  const groups = commas(given.values('groups'));
  const password = given.value('password');
  return {
    actions: [
      ...groups.map((group): Action => ({ do: 'run', argv: ['groupadd', '--force', '--system', group] })),
      {
        do: 'run',
        argv: [
          'useradd',
          '--create-home',
          ...optional('--shell', given.value('shell') ?? '/bin/bash'),
          ...optional('--home-dir', given.value('homedir')),
          ...optional('--uid', given.value('uid')),
          ...optional('--gid', given.value('gid')),
          ...optional('--comment', given.value('gecos')),
          ...(groups.length > 0 ? ['--groups', groups.join(',')] : []),
          name,
        ],
      },
      ...(password === undefined ? [] : [setPassword(name, password, given.flags.has('iscrypted'))]),
      ...(given.flags.has('lock') ? [{ do: 'run', argv: ['passwd', '--lock', name] } as const] : []),
    ],
  };
};

const group: Planner = (command) => {
  const given = read(command, ['name', 'gid']);
  const gid = given.value('gid');
  const argv = ['groupadd', '--force', ...(gid === undefined ? [] : ['--gid', gid]), given.value('name') ?? ''];
  return { actions: [{ do: 'run', argv }] };
};

const sshkey: Planner = (command) => {
  const given = read(command, ['username']);
  const name = given.value('username') ?? 'root';
  const home = name === 'root' ? '/root' : `/home/${name}`;
  return {
    actions: [
      { do: 'run', argv: ['install', '-d', '-m', '0700', '-o', name, `${home}/.ssh`] },
      {
        do: 'run',
        argv: ['sh', '-c', `cat >>${home}/.ssh/authorized_keys`],
        input: `${given.positionals.join(' ')}\n`,
      },
      { do: 'run', argv: ['chown', name, `${home}/.ssh/authorized_keys`] },
      { do: 'run', argv: ['chmod', '0600', `${home}/.ssh/authorized_keys`] },
    ],
  };
};

const services: Planner = (command) => {
  const given = read(command, ['enabled', 'disabled']);
  const record = (option: string, name: string): WithoutCounterpart => ({
    kind: 'option',
    text: `services --${option}=${name}`,
    line: command.line,
    why: 'Debian has no such unit among the installed packages',
  });
  const units = (option: 'enabled' | 'disabled', verb: string): Action[] =>
    commas(given.values(option)).map((name) => ({
      do: 'run',
      argv: ['systemctl', verb, serviceCounterpart(name)],
      orRecord: record(option, name),
    }));
  return { actions: [...units('disabled', 'disable'), ...units('enabled', 'enable')] };
};

const firewall: Planner = (command) => {
  const given = read(command, ['service', 'port', 'trust']);
  if (given.flags.has('disabled') || given.flags.has('disable'))
    return { actions: [{ do: 'run', argv: ['systemctl', 'disable', 'firewalld'], orRecord: lacksFirewalld(command) }] };
  const names = [
    ...commas(given.values('service')),
    ...['ssh', 'http', 'ftp', 'smtp'].filter((name) => given.flags.has(name)),
  ];
  const argv = [
    'firewall-offline-cmd',
    ...names.map((name) => `--service=${name}`),
    ...commas(given.values('port')).map((port) => `--port=${port}`),
    ...commas(given.values('trust')).map((device) => `--trust=${device}`),
  ];
  return {
    actions: [
      ...(argv.length > 1 ? [{ do: 'run', argv, orRecord: lacksFirewalld(command) } as const] : []),
      { do: 'run', argv: ['systemctl', 'enable', 'firewalld'], orRecord: lacksFirewalld(command) },
    ],
  };
};

const lacksFirewalld = (command: KickstartCommand): WithoutCounterpart => ({
  kind: 'command',
  text: command.text.trim(),
  line: command.line,
  why: 'firewalld is not among the packages, or does not know this',
});

const source: Planner = (command) => without(command, "packages come from Debian's default mirror");
const storage: Planner = (command) =>
  without(command, 'the rehearsal installs into a directory: nothing is partitioned');

/** The commands of a kickstart that mean something for a live medium; each says what it comes to in Debian. */
export const commandPlanners: Record<string, Planner> = {
  autopart: storage,
  bootloader: (command) => {
    const append = read(command, ['append', 'location', 'timeout', 'boot-drive', 'password']).value('append');
    return append === undefined ? {} : { kernelAppend: append };
  },
  clearpart: storage,
  firewall,
  firstboot: (command) => without(command, 'Debian has no initial-setup'),
  group,
  ignoredisk: storage,
  keyboard,
  lang,
  network,
  part: storage,
  partition: storage,
  repo: source,
  reqpart: storage,
  rootpw,
  selinux: (command) => without(command, 'the rehearsal has no SELinux policy'),
  services,
  sshkey,
  timezone,
  url: source,
  user,
  xconfig: (command) => ({ graphical: read(command, []).flags.has('startxonboot') }),
  zerombr: storage,
};
