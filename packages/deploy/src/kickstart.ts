import { type Command, type CommandLine, flatten, optionValue, parse } from '@phyllome/flattener';
import { DeployError } from './errors.ts';

/** The virtio-serial port on which a machine says that its installation is complete. */
export const RESULT_PORT = 'org.phyllome.deploy.0';

/** One command in all releases: the last of them counts (pykickstart, `handlers/control.py`). */
const ENDINGS = new Set(['reboot', 'shutdown', 'poweroff', 'halt']);

/**
 * A flat kickstart for a machine that is watched: the same, with two changes. It powers off at the end, since a
 * `reboot` would go on in the same machine; and a last script reports `nonce` to the host, since an installer
 * that gave up powers off just as cleanly. A script that fails with `--erroronfail` stops those after it, so the nonce
 * says that all of them succeeded. No line moves: what the installer calls line 12 is line 12 of the flat kickstart.
 */
export function watchedKickstart(flat: string, nonce: string): string {
  const endings = parse('flat.cfg', flat).nodes.filter(
    (node): node is CommandLine => node.kind === 'command' && ENDINGS.has(node.words[0]?.value ?? ''),
  );
  const lines = flat.split('\n');
  for (const { line, words } of endings)
    lines[line.number - 1] = words.some(({ value }) => value === '--eject') ? 'poweroff --eject' : 'poweroff';
  return [
    lines.join('\n').trimEnd(),
    '',
    ...(endings.length === 0 ? ['poweroff'] : []),
    '# The rest was added for this installation.',
    '%post --nochroot --erroronfail',
    `echo ${nonce} >/dev/virtio-ports/${RESULT_PORT}`,
    '%end',
    '',
  ].join('\n');
}

/**
 * Refuses a kickstart that asks somebody for something: there is no one at the console of a machine that is only watched,
 * unless it was said what to answer.
 *
 * @param passphrase what is typed when the installer asks for one
 * @throws {DeployError} KICKSTART_UNSUITABLE
 */
export function checkUnattended(flat: string, passphrase?: string): void {
  if (passphrase !== undefined) return;
  const asks = commandsOf(flat).find(
    (command) =>
      mayBeEncrypted.has(command.name) &&
      optionValue(command, '--encrypted') === true &&
      optionValue(command, '--passphrase') === undefined,
  );
  if (!asks) return;
  throw new DeployError('KICKSTART_UNSUITABLE', 'the installer will ask for the passphrase of an encrypted partition', {
    hint: 'say by --passphrase-file what to answer, or deploy it with virt-install and answer in virt-manager',
  });
}

/** The GPT at both ends, and partitions aligned to 1 MiB. */
const TABLE_MIB = 2;

/** What `reqpart` and `autopart` add, at least (anaconda, `pyanaconda/modules/storage/platform.py`). */
const REQUIRED_MIB = { bios: 1, uefi: 500 } as const;
const BOOT_MIB = 2048;

/**
 * The least size of the first disk, in MiB, by the kickstart's own partitions; a percentage or a recommended size counts
 * for nothing, nor does what is said to go on another disk, so that this is a lower bound.
 *
 * @throws {KickstartError} when the kickstart cannot be read
 */
export function neededDiskMiB(flat: string, firmware: 'bios' | 'uefi'): number {
  const commands = commandsOf(flat);
  const required = commands.findLast(({ name }) => name === 'reqpart' || name === 'autopart');
  const withBoot =
    required !== undefined &&
    (required.name === 'reqpart' ? optionValue(required, '--add-boot') : !optionValue(required, '--noboot'));
  const partitions = commands.filter(isPartition);
  const [first] = partitions.flatMap((command) => diskOf(command) ?? []).toSorted();
  return partitions
    .filter((command) => (diskOf(command) ?? first) === first)
    .map((command) => Number(optionValue(command, '--size') ?? 0))
    .filter((size) => Number.isFinite(size))
    .reduce(
      (sum, size) => sum + size,
      TABLE_MIB + (required === undefined ? 0 : REQUIRED_MIB[firmware]) + (withBoot === true ? BOOT_MIB : 0),
    );
}

function commandsOf(flat: string): readonly Command[] {
  return flatten('flat.cfg', { readFile: (path) => (path === 'flat.cfg' ? flat : undefined) }).kickstart.commands;
}

/** Commands that have `--encrypted`. */
const mayBeEncrypted = new Set(['autopart', 'logvol', 'part', 'partition', 'raid']);

/** The disk that a partition has to be on; undefined: any. */
function diskOf(command: Command): string | undefined {
  const named = optionValue(command, '--ondisk') ?? optionValue(command, '--ondrive');
  return typeof named === 'string' ? named : undefined;
}

const isPartition = ({ name }: Command): boolean => name === 'part' || name === 'partition';

/** @throws {DeployError} DISK_SIZE_INVALID */
export function checkDiskSize(flat: string, sizeGiB: number, firmware: 'bios' | 'uefi'): void {
  const needed = neededDiskMiB(flat, firmware);
  if (sizeGiB * 1024 >= needed) return;
  throw new DeployError('DISK_SIZE_INVALID', `a disk of ${sizeGiB} GiB has no room for partitions of ${needed} MiB`, {
    hint: `ask for --disk-size ${Math.ceil(needed / 1024)} or more`,
  });
}
