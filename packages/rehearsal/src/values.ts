import { bootArgumentsProblem } from '@phyllome/installer/boot-arguments';
import { CommandArguments } from './install/commands/command-arguments.ts';
import type { KickstartCommand, Kickstart } from './kickstart.ts';

/** A kind of value, and what it looks like. They become file names, settings and command lines of the new system. */
interface Kind {
  what: string;
  pattern: Pick<RegExp, 'test'>;
}

/** Labels of letters, digits and hyphens (RFC 1123, 2.1), at most 253 characters. */
const hostname: Kind = {
  what: 'host name',
  pattern: /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/iu,
};
/** A path below /usr/share/zoneinfo, as tzdata names them. */
const timezone: Kind = { what: 'time zone', pattern: /^[A-Za-z][\w+-]*(?:\/[A-Za-z][\w+-]*)*$/u };
/** `fr_CH.UTF-8@euro`, as locale.gen(5) has it. */
const locale: Kind = { what: 'language', pattern: /^[A-Za-z]{1,8}(?:_[A-Za-z\d]{2,8})?(?:\.[\w-]+)?(?:@[\w-]+)?$/u };
const keymap: Kind = { what: 'keyboard map', pattern: /^[\w.+-]+$/u };
const layout: Kind = { what: 'keyboard layout', pattern: /^[\w-]+(?:\s*\([\w.,-]+\))?$/u };
const layoutSwitch: Kind = { what: 'key that switches layouts', pattern: /^[\w:+-]+$/u };
/** useradd(8), and the upper case letters that its `--badname` lets through. */
const account: Kind = { what: 'name of a user or group', pattern: /^[A-Za-z_][\w.-]{0,31}\$?$/u };
const group: Kind = { what: 'group', pattern: /^[A-Za-z_][\w.-]{0,31}\$?(?:\(\d{1,10}\))?$/u };
const numberOfAccount: Kind = { what: 'number of a user or group', pattern: /^\d{1,10}$/u };
/** passwd(5) ends its fields with colons. */
const path: Kind = { what: 'path', pattern: /^\/(?!(?:.*\/)?\.\.(?:\/|$))[^\p{Cc}:]*$/u };
const comment: Kind = { what: 'description of a user', pattern: /^[^\p{Cc}:]*$/u };
const server: Kind = { what: 'time server', pattern: /^[A-Za-z\d.:_-]+$/u };
/** systemd.unit(5). */
const unit: Kind = { what: 'service', pattern: /^[\w:.@\\-]{1,255}$/u };
/** Words of firewall-offline-cmd(1). */
const firewallWord: Kind = { what: 'word of the firewall', pattern: /^[\w.:/-]+$/u };

/** They go into the boot menu. */
const bootArguments: Kind = {
  what: 'list of kernel arguments, which are plain words',
  pattern: { test: (text) => bootArgumentsProblem(text) === undefined },
};

/** The values of each command that are looked at: its first word, and its options; a list has commas between them. */
const rules: Record<string, { first?: Kind; options?: Record<string, Kind>; lists?: Record<string, Kind> }> = {
  bootloader: { options: { append: bootArguments } },
  firewall: {
    lists: { service: firewallWord, 'remove-service': firewallWord, port: firewallWord, trust: firewallWord },
  },
  group: { options: { name: account, gid: numberOfAccount } },
  keyboard: { first: keymap, options: { vckeymap: keymap }, lists: { xlayouts: layout, switch: layoutSwitch } },
  lang: { first: locale, lists: { addsupport: locale } },
  network: { options: { hostname } },
  services: { lists: { enabled: unit, disabled: unit } },
  sshkey: { options: { username: account } },
  timesource: { options: { 'ntp-server': server, 'ntp-pool': server } },
  timezone: { first: timezone, lists: { ntpservers: server } },
  user: {
    options: { name: account, uid: numberOfAccount, gid: numberOfAccount, homedir: path, shell: path, gecos: comment },
    lists: { groups: group },
  },
};

/** What in a kickstart is not a value of its kind, one sentence each; empty: go on. Pure. */
export function valueRefusals({ commands, sections }: Pick<Kickstart, 'commands' | 'sections'>): string[] {
  const certificates = sections
    .filter(({ name }) => name === '%certificate')
    .map(({ args, line }): KickstartCommand => ({ name: '%certificate', args, text: '', line }));
  return [
    ...commands.flatMap((command) =>
      refusalsOf(command, Object.hasOwn(rules, command.name) ? rules[command.name] : {}),
    ),
    ...certificates.flatMap((command) => refusalsOf(command, { options: { dir: path } })),
  ];
}

function refusalsOf(command: KickstartCommand, { first, options = {}, lists = {} }: (typeof rules)[string] = {}) {
  const args = new CommandArguments(command);
  const values: [Kind, string][] = [
    ...(first === undefined ? [] : args.positionals.slice(0, 1).map((value): [Kind, string] => [first, value])),
    ...Object.entries(options).flatMap(([name, kind]) =>
      args.values(name).map((value): [Kind, string] => [kind, value]),
    ),
    ...Object.entries(lists).flatMap(([name, kind]) =>
      args.list(name).map((value): [Kind, string] => [kind, value.trim()]),
    ),
  ];
  return values
    .filter(([{ pattern }, value]) => !pattern.test(value))
    .map(
      ([{ what }, value]) =>
        `The following problem occurred on line ${command.line} of the kickstart file: ${JSON.stringify(value)} is not a ${what} (${command.name})`,
    );
}
