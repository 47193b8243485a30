import type { KickstartCommand } from '../../kickstart.ts';
import type { Action } from '../action.ts';
import type { WithoutCounterpart } from '../selection.ts';
import { CommandArguments, type Planner, without } from './command-arguments.ts';

/** Which link, and when: on a live medium every link is asked to come up, by DHCP and router advertisements. */
const everyLink = ['activate', 'no-activate', 'bootproto', 'device', 'onboot'];

const unnamed =
  'anaconda writes no network configuration when it installs into a directory: write /etc/hostname in a %post';

const isDynamic = (args: CommandArguments): boolean => ['dhcp', undefined].includes(args.value('bootproto'));
const noStatic = 'every link asks for an address: the rehearsal has no static ones';

/** Recorded from anaconda 44.35: of `network`, nothing reaches the system that livemedia-creator has it install. */
export const network: Planner = (command) => {
  const args = new CommandArguments(command);
  if (!isDynamic(args)) return without(command, noStatic);
  const options = args.except(...everyLink);
  return {
    withoutCounterpart: options.map((option) =>
      option.text.startsWith('network --hostname') ? { ...option, why: unnamed } : option,
    ),
  };
};

/** An installer that was booted from a medium writes the name (anaconda's `HostnameConfigurationTask`). */
export const installedNetwork: Planner = (command) => {
  const args = new CommandArguments(command);
  const hostname = args.value('hostname');
  return {
    ...(hostname !== undefined && { actions: [{ do: 'write', path: '/etc/hostname', text: `${hostname}\n` }] }),
    ...(isDynamic(args) ? { withoutCounterpart: args.except(...everyLink, 'hostname') } : without(command, noStatic)),
  };
};

const lacksFirewalld = (command: KickstartCommand): WithoutCounterpart => ({
  kind: 'command',
  text: command.text.trim(),
  line: command.line,
  why: 'firewalld is not among the packages, or does not know this',
});

/** Services that are options of their own. */
const named = ['ssh', 'http', 'ftp', 'smtp'];

export const firewall: Planner = (command) => {
  const args = new CommandArguments(command);
  const orRecord = lacksFirewalld(command);
  if (args.has('disabled', 'disable'))
    return {
      actions: [{ do: 'run', argv: ['systemctl', 'disable', 'firewalld'], orRecord }],
      withoutCounterpart: args.except('disabled', 'disable'),
    };
  const argv = [
    'firewall-offline-cmd',
    ...[...args.list('service'), ...named.filter((name) => args.has(name))].map((name) => `--service=${name}`),
    ...args.list('remove-service').map((name) => `--remove-service=${name}`),
    ...args.list('port').map((port) => `--port=${port}`),
    ...args.list('trust').map((device) => `--trust=${device}`),
  ];
  const configure: Action[] = argv.length > 1 ? [{ do: 'run', argv, orRecord }] : [];
  return {
    actions: [...configure, { do: 'run', argv: ['systemctl', 'enable', 'firewalld'], orRecord }],
    withoutCounterpart: args.except('enabled', 'enable', 'service', 'remove-service', 'port', 'trust', ...named),
  };
};
