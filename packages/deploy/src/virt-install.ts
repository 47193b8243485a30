import { basename } from 'node:path';
import { editionArchitecture, shellQuote } from '@phyllome/host';
import { execa } from 'execa';
import { DeployError } from './errors.ts';
import { requireProgram } from './programs.ts';

/** What `virt-install` makes a machine of. Sizes as virt-install takes them. */
export interface VirtInstallOptions {
  /** The domain's name in libvirt. */
  name: string;
  /** libvirt's connection: `qemu:///system`, `qemu:///session`, `qemu+ssh://host/system`. */
  connect: string;
  /** `qemu` emulates the processor, for hosts whose KVM does not work. */
  virtType: 'kvm' | 'qemu';
  firmware: 'bios' | 'uefi';
  vcpus: number;
  memoryMiB: number;
  disk: { path: string; sizeGiB: number };
  /** An install tree's URL, a folder with one, or the path of an installer's ISO. */
  location: string;
  /** Path of the flat kickstart; it is put into the root of the installer's initramfs. */
  kickstart: string;
  /** Passed on as they are, after ours. */
  more?: readonly string[];
}

/**
 * The arguments of `virt-install` that install an edition into a machine with a Q35 board, UEFI or BIOS, and virtio
 * devices throughout, as Phyllome OS has always been deployed. Pure; each line is one choice.
 */
export function virtInstallArgv(options: VirtInstallOptions): string[] {
  const { vcpus, memoryMiB, disk } = options;
  return [
    ['--connect', options.connect],
    ['--virt-type', options.virtType],
    ['--arch', editionArchitecture.name],
    ['--machine', 'q35'],
    ['--name', options.name],
    // Without it, libvirt's own default for the board: a BIOS.
    options.firmware === 'uefi' ? ['--boot', 'uefi'] : [],
    // host-model shows the guest the host's features, nested virtualization among them, and can still migrate.
    [
      '--cpu',
      `${options.virtType === 'kvm' ? 'host-model' : 'maximum'},topology.sockets=1,topology.cores=${vcpus},topology.threads=1`,
    ],
    ['--vcpus', String(vcpus)],
    ['--memory', String(memoryMiB)],
    // virt-install refuses to guess since 4.0, and its list of systems may be older than the release.
    ['--osinfo', 'detect=on,require=off'],
    ['--video', 'virtio'],
    ['--channel', 'spicevmc'],
    ['--autoconsole', 'none'],
    ['--sound', 'none'],
    ['--controller', 'type=virtio-serial'],
    ['--controller', 'type=usb,model=none'],
    ['--controller', 'type=scsi,model=virtio-scsi'],
    ['--network', network(options.connect)],
    ['--input', 'type=keyboard,bus=virtio'],
    ['--input', 'type=tablet,bus=virtio'],
    ['--rng', '/dev/urandom,model=virtio'],
    ['--disk', `path=${suboption(disk.path)},format=raw,bus=virtio,cache=writeback,size=${disk.sizeGiB}`],
    ['--location', suboption(options.location)],
    ['--initrd-inject', options.kickstart],
    ['--extra-args', kickstartArgument(options.kickstart)],
    options.more ?? [],
  ].flat();
}

/**
 * Runs virt-install, which returns when the machine has been started: the installation goes on by itself, and shows in
 * virt-manager. Its own messages are the user's to see.
 *
 * @throws {DeployError} PROGRAM_MISSING, VIRT_INSTALL_FAILED
 */
export async function runVirtInstall(
  options: VirtInstallOptions,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<void> {
  const program = await requireProgram('virt-install', env);
  const { exitCode, signal: by } = await execa(program, virtInstallArgv(options), {
    env,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    reject: false,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (exitCode === 0) return;
  throw new DeployError('VIRT_INSTALL_FAILED', `virt-install ended with ${exitCode ?? by ?? 'an unknown status'}`, {
    hint: 'phyllome doctor virtualization looks at libvirt, its network and the rest',
  });
}

/** Names the kickstart in the initramfs to the installer (anaconda, `inst.ks`). */
const kickstartArgument = (path: string): string => `inst.ks=file:/${basename(path)}`;

/** Only root's libvirt has networks; a user's has QEMU's own, which needs no privilege. */
const network = (connect: string): string =>
  connect.endsWith('/session') ? 'user,model=virtio' : 'network=default,model=virtio';

/**
 * A value among virt-install's suboptions, which it splits as a POSIX shell does, at commas (its `parse_optstr_tuples`):
 * in quotes, where a comma, a quote or a backslash would mean something.
 */
function suboption(value: string): string {
  return /[,'"\\]/u.test(value) ? `"${value.replaceAll(/["\\]/gu, String.raw`\$&`)}"` : value;
}

/** A command as one would type it into a shell, one option with its value a line. */
export function shellCommand(program: string, argv: readonly string[]): string {
  const lines: string[] = [shellQuote(program)];
  for (const word of argv) {
    if (word.startsWith('-') || lines.length === 1) lines.push(shellQuote(word));
    else lines.push(`${lines.pop()} ${shellQuote(word)}`);
  }
  return lines.join(' \\\n  ');
}
