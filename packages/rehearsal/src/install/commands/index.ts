import type { Action } from '../action.ts';
import { archiveOf } from '../archives.ts';
import { serviceCounterpart } from '../counterparts.ts';
import { noInitialSetup } from '../initial-setup.ts';
import type { WithoutCounterpart } from '../selection.ts';
import { group, rootpw, sshkey, user } from './accounts.ts';
import { CommandArguments, type Planner, without } from './command-arguments.ts';
import { keyboard, lang, timesource, timezone } from './locale.ts';
import { firewall, installedNetwork, network } from './network.ts';

const bootloader: Planner = (command) => {
  const args = new CommandArguments(command);
  const append = args.value('append');
  return {
    ...(append === undefined ? {} : { kernelAppend: append }),
    withoutCounterpart: args.except('append', 'location'),
  };
};

const firstboot: Planner = (command) =>
  new CommandArguments(command).has('disable', 'disabled') ? {} : without(command, 'Debian has no initial-setup');

const services: Planner = (command) => {
  const args = new CommandArguments(command);
  const record = (option: string, name: string): WithoutCounterpart => ({
    kind: 'option',
    text: `services --${option}=${name}`,
    line: command.line,
    why: 'Debian has no such unit among the installed packages',
  });
  const units = (option: 'enabled' | 'disabled', verb: string): Action[] =>
    args.list(option).map((name) => ({
      do: 'run',
      argv: ['systemctl', verb, serviceCounterpart(name)],
      orRecord: record(option, name),
    }));
  return { actions: [...units('disabled', 'disable'), ...units('enabled', 'enable')] };
};

const xconfig: Planner = (command) => {
  const args = new CommandArguments(command);
  return { graphical: args.has('startxonboot'), withoutCounterpart: args.except('startxonboot') };
};

/** Commands whose effect is there without doing anything. */
export const fulfilled: ReadonlySet<string> = new Set(
  'cmdline eula graphical halt poweroff reboot shutdown skipx text'.split(' '),
);

/** Commands without a counterpart, by the reason. */
const recorded: Record<string, string> = {
  'the rehearsal installs into a directory: nothing is partitioned':
    'autopart btrfs clearpart fcoe ignoredisk iscsi iscsiname logvol mount nvdimm part partition raid reqpart ' +
    'snapshot volgroup zerombr zfcp zipl',
  "packages come from Debian's default mirror":
    'bootc cdrom harddrive hmc liveimg nfs ostreecontainer ostreesetup repo url',
  'it is about the running installer, which the rehearsal is not':
    'driverdisk logging mediacheck rdp rescue sshpw updates vnc',
  'Debian has no modules': 'module',
  'joining a domain is left to the real installer': 'realm',
  'Debian has another authentication configuration': 'authselect',
  'the rehearsal has no SELinux policy': 'selinux',
};

const planRecorded = Object.entries(recorded).flatMap(([why, names]) =>
  names.split(' ').map((name): [string, Planner] => [name, (command) => without(command, why)]),
);

/** What every command of a kickstart comes to; a command that is not here is recorded as unknown. */
export const commandPlanners: Record<string, Planner> = {
  ...Object.fromEntries([...fulfilled].map((name): [string, Planner] => [name, () => ({})])),
  ...Object.fromEntries(planRecorded),
  bootloader,
  firewall,
  firstboot,
  group,
  keyboard,
  lang,
  network,
  rootpw,
  services,
  sshkey,
  timesource,
  timezone,
  user,
  xconfig,
};

/** Storage commands that the installer of a medium carries out; what it does not, it refuses. */
const storage = 'autopart btrfs clearpart ignoredisk logvol part partition raid reqpart volgroup zerombr';

/** On a disk the boot loader has a menu of its own. */
const installedBootloader: Planner = (command) => {
  const append = new CommandArguments(command).value('append');
  return append === undefined ? {} : { kernelAppend: append };
};

/** Which set-up there is, the packages say. */
const installedFirstboot: Planner = (command) =>
  new CommandArguments(command).has('disable', 'disabled') ? { actions: [noInitialSetup] } : {};

/** `archives.ts` decides by them which packages a medium gets. */
const source: Planner = (command) =>
  archiveOf(command) === undefined ? without(command, 'no archive of Debian stands in for this repository') : {};

/** The same for a disk that is installed from a medium: there is something to partition, and the packages are on the medium. */
export const installedPlanners: Record<string, Planner> = {
  ...commandPlanners,
  ...Object.fromEntries(storage.split(' ').map((name): [string, Planner] => [name, () => ({})])),
  bootloader: installedBootloader,
  firstboot: installedFirstboot,
  network: installedNetwork,
  repo: source,
  url: source,
};
