import { randomBytes } from 'node:crypto';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Host, probeHost } from '@phyllome/vm-tester';
import { type Ovmf, findOvmf } from '@phyllome/vm-tester/qemu';
import type { DeployEvent } from '../deploy-event.ts';
import { injectFiles } from '../initrd/inject.ts';
import { checkDiskSize, checkUnattended, watchedKickstart } from '../kickstart.ts';
import { type OpenOptions, openInstaller } from '../media/open.ts';
import type { InstallSource } from '../media/source.ts';
import { shellCommand } from '../virt-install.ts';
import { installCommandLine } from './command-line.ts';
import { createDisk } from './disk.ts';
import { kernelArguments } from './kernel-arguments.ts';
import { InstallLogs } from './logs.ts';
import { INSTALL_FDS, runInstallation } from './run.ts';

/** Sizes and names of what is installed. */
export interface InstallOptions {
  /** The flat kickstart: the name that it gets in the initramfs, and its text. */
  kickstart: { name: string; text: string };
  source: InstallSource;
  /** Where the raw disk appears once it is installed. */
  disk: string;
  diskSizeGiB: number;
  /** Paths of further raw disks, which are there already; what the kickstart says of them happens to them. */
  moreDisks?: readonly string[] | undefined;
  /** Whether a disk that is there already may be lost. */
  replace: boolean;
  /** What the machine is installed and booted by. */
  firmware: 'bios' | 'uefi';
  /** What is typed when the installer asks on the console for the passphrase of an encrypted partition. */
  passphrase?: string | undefined;
  memoryMiB: number;
  vcpus: number;
  /** Where console.log, installer.log and events.jsonl go. */
  logsDir: string;
  cacheDir: string;
  /** Default: the answer of `probeHost`. */
  host?: Host | undefined;
  signal?: AbortSignal | undefined;
  onEvent?: ((event: DeployEvent) => void) | undefined;
}

/**
 * Installs an edition with QEMU alone: finds the installer, puts the flat kickstart into its initramfs, starts a machine
 * of it with an empty disk, and watches it until it has said that everything succeeded and has powered off. The disk
 * appears at its place then, and only then; a machine, a disk or a temporary file that is no longer needed is gone
 * whatever happens.
 *
 * @throws {DeployError} with the installer's own words where it is the installer that failed
 * @throws {VmTesterError} QEMU_MISSING, ACCELERATOR_BROKEN, FIRMWARE_MISSING, QEMU_FAILED
 * @throws the signal's reason
 */
export async function install(options: InstallOptions): Promise<void> {
  const { kickstart, signal } = options;
  checkUnattended(kickstart.text, options.passphrase);
  checkDiskSize(kickstart.text, options.diskSizeGiB, options.firmware);
  signal?.throwIfAborted();
  const host = options.host ?? (await probeHost(signal ? { signal } : {}));
  const ovmf = await ovmfFor(options);

  await using resources = new AsyncDisposableStack();
  const disk = resources.use(await createDisk(options.disk, options.diskSizeGiB, options));
  const logs = resources.use(new InstallLogs(options.logsDir));
  const emit = (event: DeployEvent): void => {
    logs.append('events.jsonl', `${JSON.stringify(event)}\n`);
    options.onEvent?.(event);
  };

  const media: OpenOptions = {
    workDir: disk.workDir,
    cacheDir: options.cacheDir,
    signal,
    onDownload: (file, done, total) => options.onEvent?.({ type: 'download', file, done, total }),
  };
  const installer = await openInstaller(options.source, media);
  emit({ type: 'source', name: installer.name, kickstart: kickstart.name });

  const nonce = randomBytes(12).toString('hex');
  const initrd = join(disk.workDir, 'initrd-with-kickstart.img');
  const watched = watchedKickstart(kickstart.text, nonce);
  await injectFiles(installer.initrd, initrd, [{ path: kickstart.name, content: watched }]);
  await writeFile(join(options.logsDir, kickstart.name), watched);
  const vars = join(disk.workDir, 'vars.fd');
  if (ovmf !== undefined) await copyFile(ovmf.vars, vars);

  const files = { kernel: installer.kernel, initrd, vars, disk: disk.path, cdrom: installer.cdrom };
  const argv = commandLine(options, host, ovmf, installer.stage2, files);
  signal?.throwIfAborted();
  const { accelerator, reason, timeScale, warnings } = host;
  emit({ type: 'host', accelerator, reason, qemuVersion: host.qemu.version, timeScale, warnings });
  const { passphrase } = options;
  const endMs = await runInstallation({ host, argv, kickstart: watched, nonce, passphrase, logs, signal, emit });
  await disk.complete();
  emit({ type: 'installed', disk: options.disk, atMs: endMs });
}

/** What of the command line is known before anything was fetched; the rest is named. */
export async function plannedCommand(options: InstallOptions): Promise<string> {
  const host = options.host ?? (await probeHost(options.signal ? { signal: options.signal } : {}));
  const { source } = options;
  const stage2 = source.kind === 'tree' ? `inst.stage2=${source.url}` : 'inst.stage2=hd:LABEL=…';
  const argv = commandLine(options, host, await ovmfFor(options), stage2, {
    kernel: 'vmlinuz',
    initrd: 'initrd-with-kickstart.img',
    vars: 'vars.fd',
    disk: options.disk,
    cdrom: source.kind === 'tree' ? undefined : 'installer.iso',
  });
  return shellCommand(host.qemu.path, argv);
}

interface Files {
  kernel: string;
  initrd: string;
  vars: string;
  disk: string;
  cdrom: string | undefined;
}

const ovmfFor = async ({ firmware }: InstallOptions): Promise<Ovmf | undefined> =>
  firmware === 'uefi' ? await findOvmf() : undefined;

function commandLine(
  options: InstallOptions,
  host: Host,
  ovmf: Ovmf | undefined,
  stage2: string,
  files: Files,
): string[] {
  return installCommandLine({
    accelerator: host.accelerator,
    cpu: host.cpu,
    vcpus: options.vcpus,
    memoryMiB: options.memoryMiB,
    uefi: ovmf && { code: ovmf.code, vars: files.vars, format: ovmf.format },
    kernel: files.kernel,
    initrd: files.initrd,
    kernelArguments: kernelArguments(options.kickstart.name, stage2),
    disk: files.disk,
    moreDisks: options.moreDisks,
    cdrom: files.cdrom,
    fds: INSTALL_FDS,
  });
}
