import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  DeployError,
  type InstallOptions,
  type VirtInstallOptions,
  checkDiskSize,
  checkUnattended,
  install,
  parseSource,
  plannedCommand,
  requireAbsent,
  runVirtInstall,
  shellCommand,
  virtInstallArgv,
} from '@phyllome/deploy';
import {
  describeLine,
  installTree,
  readRelease,
  type FlatLeaf,
  flatPath,
  installationOf,
  isLive,
  knownNames,
  requireFresh,
  type Workspace,
} from '@phyllome/pipeline';
import { builderName } from '@phyllome/pipeline/image';
import { recordInstallation } from '@phyllome/pipeline/installation';
import type { ImageStore } from '@phyllome/pipeline/store';
import { CliError } from '../errors.ts';
import { printDiagnostics, say } from '../render.ts';
import { inLines } from '../render-events.ts';
import { type InstallerMedium, mediaIn, mediumOfBuilder } from '../installer-medium.ts';
import { noteIfOutdated } from './image.ts';
import { type Status, judgeInstalled } from './test-vm.ts';
import { printNote } from '../print.ts';
import { type Command, Option } from 'commander';
import { type Context, type Example, statusExitCodes } from '../command.ts';
import { guestSize } from '../options/guest-size.ts';
import { wholeNumber } from '../options/number.ts';
import { passphraseFile, readPassphrase } from '../options/passphrase.ts';
import { openStore } from '@phyllome/pipeline/store';

export const examples: readonly Example[] = [
  ['phyllome deploy dhi', 'print the command of virt-install that installs edition dhi'],
  ['phyllome deploy dhi --with qemu --disk-size 20', 'install it by QEMU alone, boot it and judge it'],
];

export function define(command: Command, context: Context): void {
  command
    .argument('<edition>', 'one that can be installed, as dhi')
    .argument('[option...]', 'further options of virt-install, after --')
    .addOption(
      new Option('--with <way>', 'install it now, by libvirt or by QEMU alone').choices(['virt-install', 'qemu']),
    )
    .addOption(new Option('--print', 'print the command only').default(false))
    .addOption(new Option('--dry-run', 'the same').implies({ print: true }))
    .option('--name <name>', 'name of the machine (default: phyllome-<edition>)')
    .addOption(
      new Option('--firmware <firmware>', 'what the machine boots by').choices(['bios', 'uefi']).default('uefi'),
    )
    .option('--memory <MiB>', 'memory in MiB', wholeNumber, guestSize.memoryMiB)
    .option('--vcpus <number>', 'number of CPUs', wholeNumber, guestSize.cpus)
    .option('--disk-size <GiB>', 'of the disk, which is sparse', wholeNumber, 10)
    .option('--disk <path>', 'the raw disk to install on')
    .option('--replace', 'overwrite an existing disk', false)
    .option(
      '--source <tree>',
      "an installer: address or folder of an install tree, or an ISO (default: the edition's installer medium, if it was built; else Fedora's tree)",
    )
    .option('--checksum <sha256>', "of the ISO, or of the tree's .treeinfo")
    .option('--connect <uri>', 'connection of libvirt', 'qemu:///system')
    .addOption(
      new Option('--virt-type <type>', 'qemu emulates, where KVM does not work')
        .choices(['kvm', 'qemu'])
        .default('kvm'),
    )
    .addOption(passphraseFile('its first line is typed when an encrypted edition asks for a passphrase'))
    .option('--no-test', 'do not boot and judge what was installed')
    .action(
      async (edition: string, more: string[], options: Omit<DeployOptions, 'more' | 'store' | 'env' | 'signal'>) => {
        const workspace = context.open();
        const { env, signal } = context;
        const status = await deployCommand(workspace, edition, {
          ...options,
          more,
          store: openStore(env),
          env,
          signal,
        });
        if (status !== undefined) context.exitWith(statusExitCodes[status]);
      },
    );
}

/** How an edition is installed: by virt-install into a libvirt, or by QEMU alone. */
export type Way = 'virt-install' | 'qemu';

export interface DeployOptions {
  /** undefined: the command of virt-install is printed, and nothing is done. */
  with: Way | undefined;
  print: boolean;
  name: string | undefined;
  firmware: 'bios' | 'uefi';
  /** MiB. */
  memory: number;
  vcpus: number;
  disk: string | undefined;
  /** GiB. */
  diskSize: number;
  replace: boolean;
  source: string | undefined;
  checksum: string | undefined;
  /** A file whose first line opens what is encrypted. */
  passphraseFile: string | undefined;
  connect: string;
  virtType: 'kvm' | 'qemu';
  /** Whether what was installed is booted and judged. */
  test: boolean;
  /** Further options of virt-install. */
  more: string[];
  store: ImageStore;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/**
 * `phyllome deploy EDITION`: installs an edition into a virtual machine, unattended, by its install kickstart.
 *
 * @returns what the installed system is worth, where it was booted
 * @throws {CliError} UNKNOWN_EDITION, FLAT_STALE, BAD_OPTION
 * @throws {DeployError} DISK_EXISTS among others, unless it may be replaced
 */
export async function deployCommand(
  workspace: Workspace,
  edition: string,
  options: DeployOptions,
): Promise<Status | undefined> {
  const flat = requireFresh(workspace, installLeaf(workspace, edition));
  printDiagnostics(flat.diagnostics, workspace);
  if (options.with === 'qemu') return await withQemu(workspace, flat, options);
  await withVirtInstall(workspace, flat, options);
  return undefined;
}

/** The leaf that installs an edition: the one that bears its name. */
function installLeaf(workspace: Workspace, edition: string): string {
  if (workspace.leaves.includes(edition) && !isLive(edition)) return edition;
  const editions = workspace.leaves.filter((leaf) => !isLive(leaf));
  throw new CliError('UNKNOWN_EDITION', `there is no edition "${edition}" that can be installed`, {
    hint: knownNames(edition, 'editions', editions),
  });
}

async function withVirtInstall(workspace: Workspace, flat: FlatLeaf, options: DeployOptions): Promise<void> {
  const { root } = workspace;
  const { env, signal, connect } = options;
  const source = await parseSource(options.source ?? installTree(readRelease(workspace)), options.checksum);
  if (source.kind === 'iso-url') {
    throw new CliError('BAD_OPTION', 'virt-install takes an ISO from this machine only', {
      hint: `download ${source.url}, check its sum, and name the file by --source`,
    });
  }
  checkDiskSize(flat.text, options.diskSize, options.firmware);
  const name = options.name ?? `phyllome-${flat.leaf}`;
  const machine: VirtInstallOptions = {
    name,
    connect,
    virtType: options.virtType,
    firmware: options.firmware,
    vcpus: options.vcpus,
    memoryMiB: options.memory,
    disk: { path: options.disk ?? join(imagesOf(connect, env), `${name}.img`), sizeGiB: options.diskSize },
    location: source.kind === 'tree' ? source.url : source.path,
    kickstart: join(root, flatPath(flat.leaf)),
    more: options.more,
  };
  if (options.print || options.with === undefined) {
    say(shellCommand('virt-install', virtInstallArgv(machine)));
    return;
  }
  // virt-install would take one that is there, and the kickstart clears it. What a remote libvirt has is not seen from here.
  if (!options.replace && isLocal(connect)) await requireAbsent(machine.disk.path);
  await runVirtInstall(machine, { env, signal });
  say(`${name} is being installed: virt-manager --connect ${connect} --show-domain-console ${name}`);
}

/** Whether a connection is to this machine's own libvirt (libvirt.org/uri.html). */
const isLocal = (connect: string): boolean => /^[a-z]+:\/\/\//u.test(connect);

/** Where libvirt keeps disks: root's, or the user's own. */
function imagesOf(connect: string, env: NodeJS.ProcessEnv): string {
  if (!connect.endsWith('/session')) return '/var/lib/libvirt/images';
  return join(env['XDG_DATA_HOME'] || join(env['HOME'] || homedir(), '.local/share'), 'libvirt/images');
}

async function withQemu(workspace: Workspace, flat: FlatLeaf, options: DeployOptions): Promise<Status | undefined> {
  const { env, signal } = options;
  if (options.more.length > 0) {
    throw new CliError('BAD_OPTION', `QEMU gets no further options: ${options.more.join(' ')}`, {
      hint: 'they are for --with virt-install',
    });
  }
  const installation = installationOf(workspace, flat.leaf);
  const named = options.name === undefined ? installation.disk : join(installation.directory, `${options.name}.img`);
  const disk = resolve(options.disk ?? named);
  const passphrase = await readPassphrase(options.passphraseFile);
  checkUnattended(flat.text, passphrase);
  const medium = await mediumOf(workspace, flat, options);
  const order: InstallOptions = {
    kickstart: { name: `flat-${flat.leaf}.cfg`, text: flat.text },
    source:
      medium === 'not needed'
        ? { kind: 'iso', path: 'installer.iso', sha256: undefined }
        : await parseSource(
            options.source ?? medium?.iso ?? installTree(readRelease(workspace)),
            options.checksum ?? medium?.image.sha256,
          ),
    disk,
    diskSizeGiB: options.diskSize,
    replace: options.replace,
    firmware: options.firmware,
    passphrase,
    memoryMiB: options.memory,
    vcpus: options.vcpus,
    logsDir: installation.logs,
    cacheDir: mediaIn(options.store),
    signal,
  };
  if (options.print || medium === 'not needed') {
    say(await plannedCommand(order));
    return undefined;
  }
  await inLines((onEvent) => install({ ...order, onEvent })).catch((error: unknown) => {
    sayLeafLine(error, flat);
    throw error;
  });
  const rehearsal = medium?.image.rehearsal ?? false;
  const { firmware } = options;
  await recordInstallation(workspace, flat.leaf, { disk, rehearsal, firmware });
  if (!options.test) return undefined;
  const { artifacts } = installation;
  return await judgeInstalled(workspace, flat.leaf, { disk, artifacts, rehearsal, firmware, passphrase, env, signal });
}

/** A rehearsal installs from its own medium, others from theirs or from the distribution's tree, unless another source is named. */
async function mediumOf(
  workspace: Workspace,
  flat: FlatLeaf,
  { source, store, print, env }: DeployOptions,
): Promise<InstallerMedium | 'not needed' | undefined> {
  if (source !== undefined) return undefined;
  const builder = builderName(workspace, env);
  // What is printed names no files.
  if (print) return builder === 'rehearsal' ? 'not needed' : undefined;
  const medium = await mediumOfBuilder(workspace, flat.leaf, { builder, store });
  if (medium !== undefined) noteIfOutdated(workspace, medium.image);
  return medium;
}

/** The installer speaks of lines of the flat kickstart; what has to be corrected is a line of a leaf. */
function sayLeafLine(error: unknown, flat: FlatLeaf): void {
  if (!(error instanceof DeployError) || error.kickstartLine === undefined) return;
  for (const text of describeLine(flat, error.kickstartLine)) printNote(text);
}
