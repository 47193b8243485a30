import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  SOCKETS,
  type OpenMedium,
  type UpMachine,
  type UpOptions,
  machineName,
  openMedium,
  up,
} from '@phyllome/vm-tester';
import { CliError } from '../errors.ts';
import { requireImageFile } from '../image-file.ts';
import { Interrupted, onSecondInterrupt } from '../interrupt.ts';
import { say } from '../render.ts';
import { distOf, leafOfEdition, nxOf, type Workspace } from '@phyllome/pipeline';
import { type ImageStore, placeIso } from '@phyllome/pipeline/store';
import { readImage } from '@phyllome/pipeline/record';
import { noteIfOutdated } from './image.ts';
import { type Command, Option } from 'commander';
import type { Context, Example } from '../command.ts';
import { everyFirmware } from '../options/firmware.ts';
import { guestSize } from '../options/guest-size.ts';
import { wholeNumber } from '../options/number.ts';
import { openStore } from '@phyllome/pipeline/store';

export const examples: readonly Example[] = [
  ['phyllome up dhi', 'boot edition dhi in a window, or on VNC where there is no desktop'],
  ['phyllome up some.iso --disk vm.qcow2', 'install on a disk that is kept'],
];

export function define(command: Command, context: Context): void {
  command
    .argument(
      '<target>',
      'an edition, as dhi, or the path of an ISO, a disk (qcow2, raw; it is written to) or a kernel',
    )
    .addOption(new Option('--firmware <firmware>', 'what to boot with').choices(everyFirmware).default('uefi'))
    .addOption(
      new Option('--display <display>', 'default: a window where there is a desktop, else vnc').choices([
        'window',
        'vnc',
        'none',
      ]),
    )
    .option('--serial', "make this terminal the guest's serial console", false)
    .option('--disk <file>', 'a second disk, kept; made when it is not there')
    .option('--disk-size <GiB>', 'of a disk that is made', wholeNumber, 20)
    .option('--cpus <number>', 'number of CPUs', wholeNumber, guestSize.cpus)
    .option('--memory <MiB>', 'memory in MiB', wholeNumber, guestSize.memoryMiB)
    .addOption(
      new Option(
        '--network <network>',
        "user: out through this host, and to this host's own services (default: user for an edition, none for a file)",
      ).choices(['user', 'none']),
    )
    .action(async (target: string, options: Omit<UpFlags, 'env' | 'signal' | 'store'>) => {
      const { env, signal } = context;
      await upCommand(() => context.open(), target, { ...options, store: openStore(env), env, signal });
    });
}

export interface UpFlags {
  firmware: UpOptions['firmware'];
  cpus: number;
  memory: number;
  network?: UpOptions['network'];
  display?: UpOptions['display'];
  serial: boolean;
  disk?: string;
  diskSize: number;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  store: ImageStore;
}

/**
 * `phyllome up TARGET`: boots an edition, or any ISO or disk image, to work with. Ctrl-C powers the guest off, a second
 * one takes its power away.
 *
 * @throws {CliError} NO_IMAGE, ISO_NOT_FOUND; the errors of {@link openMedium} and of the machine
 */
export async function upCommand(open: () => Workspace, target: string, flags: UpFlags): Promise<void> {
  const path = await pathOf(open, target, flags.store);
  await using medium = await openMedium(path, flags.signal);
  const image = toWorkWith(medium, path);
  const display = flags.display ?? (hasDesktop(flags.env) ? 'window' : 'vnc');
  const { firmware, cpus, disk, diskSize, env, signal } = flags;
  // A file may be anybody's, and a guest with a network reaches what listens on this host's loopback.
  const network = flags.network ?? (isFile(target) ? 'none' : 'user');
  await using machine = await up({
    name: machineName(target),
    image,
    firmware,
    cpus,
    memoryMiB: flags.memory,
    network,
    display,
    env,
    signal,
    disk: disk === undefined ? undefined : { path: disk, sizeGiB: diskSize },
  });
  say(introduction(machine, { image, display, network }, flags));
  void machine.ready.then(() => say(`${machine.name} takes commands: phyllome shell`));
  using _ = flags.serial ? serialOnThisTerminal(machine) : undefined;
  const interrupted = Promise.withResolvers<'interrupted'>();
  signal.addEventListener('abort', () => interrupted.resolve('interrupted'), { once: true });
  if (signal.aborted) interrupted.resolve('interrupted');

  const ended = await Promise.race([machine.ended, interrupted.promise]);
  if (ended === 'interrupted') return await powerOff(machine, signal);
  if (ended !== undefined) throw new CliError('MACHINE_ENDED', ended, { hint: 'phyllome doctor checks this machine' });
  say(`${machine.name} powered off`);
}

/** Whether a file is named, and not an edition. */
const isFile = (target: string): boolean => /\.(iso|qcow2|img|raw)$/.test(target) || target.includes('/');

/** A disk keeps what its guest writes, unless it was unpacked for it. */
export function toWorkWith({ image }: Pick<OpenMedium, 'image'>, path: string): UpOptions['image'] {
  return 'disk' in image && image.disk === path ? { ...image, keep: true } : image;
}

async function pathOf(open: () => Workspace, target: string, store: ImageStore): Promise<string> {
  if (isFile(target)) {
    const path = resolve(target);
    requireImageFile(path, 'name an ISO, a disk or a kernel, or an edition such as dhi');
    return path;
  }
  const workspace = open();
  leafOfEdition(workspace, target);
  const known = await readImage(workspace, target);
  const iso = known && join(distOf(workspace, target), known.name);
  if (iso && !existsSync(iso)) await placeIso(store, known, iso);
  if (!iso || !existsSync(iso)) {
    throw new CliError('NO_IMAGE', `edition ${target} has no ISO in ${distOf(workspace, target)}`, {
      hint: nxOf('build', target),
    });
  }
  noteIfOutdated(workspace, known);
  return iso;
}

const hasDesktop = ({ DISPLAY, WAYLAND_DISPLAY }: NodeJS.ProcessEnv): boolean => Boolean(DISPLAY || WAYLAND_DISPLAY);

function introduction(
  machine: UpMachine,
  { image, display, network }: Pick<UpOptions, 'image' | 'display' | 'network'>,
  { serial, disk }: UpFlags,
): string {
  const { accelerator, warnings } = machine.host;
  const lines = [
    `${machine.name}: ${machine.image}, ${accelerator}${accelerator === 'tcg' ? ' (slow: no KVM here)' : ''}`,
    ...warnings.map((warning) => `  warning: ${warning}`),
    display === 'window'
      ? '  screen: the window that opens'
      : machine.vnc && `  screen: vncviewer ${machine.vnc.address}, password ${machine.vnc.password}`,
    serial
      ? '  serial console: here; Ctrl-] powers it off'
      : `  serial console: socat -,raw,echo=0 UNIX-CONNECT:${join(machine.directory, SOCKETS.serial)}`,
    '  root shell: phyllome shell, or one command: phyllome shell -- systemctl --failed',
    network === 'none' && '  network: none; --network user gives it one',
    'disk' in image && image.keep !== true && '  its disk was unpacked: what is written to it is not kept',
    disk !== undefined && `  disk: ${resolve(disk)}, kept`,
    '  Ctrl-C powers it off',
  ];
  return lines.filter((line) => typeof line === 'string').join('\n');
}

/** The guest's serial console is this terminal, keys included. */
function serialOnThisTerminal(machine: UpMachine): Disposable {
  const { stdin, stdout } = process;
  machine.serial.on('data', (chunk: Buffer) => stdout.write(chunk));
  if (!stdin.isTTY) return { [Symbol.dispose]: () => {} };
  stdin.setRawMode(true);
  const forward = (chunk: Buffer) => {
    if (chunk.includes('\u001D')) process.kill(process.pid, 'SIGINT');
    else machine.serial.write(chunk);
  };
  stdin.on('data', forward);
  return {
    [Symbol.dispose]() {
      stdin.off('data', forward);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}

async function powerOff(machine: UpMachine, signal: AbortSignal): Promise<void> {
  const reason: unknown = signal.reason;
  // SIGTERM means that it shall be gone: a shutdown of the host does not wait for a guest's.
  if (reason instanceof Interrupted && reason.signalName === 'SIGTERM') throw reason;
  say(`powering ${machine.name} off; Ctrl-C again takes its power away`);
  const again = new AbortController();
  using _ = onSecondInterrupt(() => again.abort());
  const off = await machine.powerOff(again.signal);
  say(off ? `${machine.name} is off` : `${machine.name} did not power off: its power is taken away`);
}
