import type { KickstartCommand } from '../../kickstart.ts';
import type { Action } from '../action.ts';
import type { WithoutCounterpart } from '../selection.ts';
import { Given, type Planner, without } from './given.ts';

/** Which link, and when: on a live medium every link is asked to come up, by DHCP and router advertisements. */
const everyLink = ['activate', 'no-activate', 'bootproto', 'device', 'hostname', 'onboot'];

export const network: Planner = (command) => {
  const given = new Given(command);
  const hostname = given.value('hostname') ?? given.positionals[0];
  const plain = ['dhcp', undefined].includes(given.value('bootproto'));
  const actions: Action[] =
    hostname === undefined
      ? []
      : [
          { do: 'write', path: '/etc/hostname', text: `${hostname}\n` },
          { do: 'write', path: '/etc/hosts', text: `127.0.0.1 localhost\n127.0.1.1 ${hostname}\n::1 localhost\n` },
        ];
  return {
    actions,
    ...(plain
      ? { withoutCounterpart: given.except(...everyLink) }
      : without(command, 'every link asks for an address: the rehearsal has no static ones')),
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
  const given = new Given(command);
  const orRecord = lacksFirewalld(command);
  if (given.has('disabled', 'disable'))
    return {
      actions: [{ do: 'run', argv: ['systemctl', 'disable', 'firewalld'], orRecord }],
      withoutCounterpart: given.except('disabled', 'disable'),
    };
  const argv = [
    'firewall-offline-cmd',
    ...[...given.list('service'), ...named.filter((name) => given.has(name))].map((name) => `--service=${name}`),
    ...given.list('remove-service').map((name) => `--remove-service=${name}`),
    ...given.list('port').map((port) => `--port=${port}`),
    ...given.list('trust').map((device) => `--trust=${device}`),
  ];
  const configure: Action[] = argv.length > 1 ? [{ do: 'run', argv, orRecord }] : [];
  return {
    actions: [...configure, { do: 'run', argv: ['systemctl', 'enable', 'firewalld'], orRecord }],
    withoutCounterpart: given.except('enabled', 'enable', 'service', 'remove-service', 'port', 'trust', ...named),
  };
};
