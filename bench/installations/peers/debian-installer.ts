import { appendFile, copyFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { findOvmf, type Host, LineSplitter, QemuProcess } from '@phyllome/vm-tester/qemu';
import { installCommandLine } from '../../../packages/deploy/src/installer/command-line.ts';
import { INSTALL_FDS } from '../../../packages/deploy/src/installer/run.ts';
import type { Netboot } from './archive.ts';
import type { Mirror } from './mirror.ts';
import { firstBoot, HOST, preseed } from './preseed.ts';

/** What it shows when it waits for a person: it is not to, and would for ever. */
const ASKS = /!! ERROR|\[Press enter to continue\]|Prompt: '\?' for help|what you type here will be hidden/u;
const LOOK_EVERY_MS = 1_000;
/** What follows the first line of an error explains it. */
const AFTERMATH_MS = 3_000;

/** Where Debian's installer installs, and in a machine of which size: the same as ours. */
export interface Machine {
  host: Host;
  disk: string;
  diskSizeGiB: number;
  memoryMiB: number;
  vcpus: number;
  /** A folder of this run. */
  folder: string;
}

/**
 * Installs a disk by Debian's own installer, unattended, in the machine that ours installs in: from its kernel, with every
 * package from the mirror. It has succeeded when its last command has been heard and the machine has powered off.
 *
 * @param log where its console is kept
 * @throws {Error} with its last lines
 */
export async function installByDebian(
  { kernel, initrd }: Netboot,
  {
    packages,
    mirror,
    machine,
    log,
    signal,
  }: { packages: readonly string[]; mirror: Mirror; machine: Machine; log: string; signal: AbortSignal },
): Promise<void> {
  const { host, disk, diskSizeGiB, folder, vcpus, memoryMiB } = machine;
  mirror.serve('/preseed.cfg', preseed(packages, mirror.port));
  mirror.serve('/late', firstBoot());
  const seen = { asking: false, installed: false };
  void mirror.asked('/installed').then(() => (seen.installed = true));
  await using file = await open(disk, 'w');
  await file.truncate(diskSizeGiB * 2 ** 30);
  const ovmf = await findOvmf();
  const vars = join(folder, 'vars.fd');
  await copyFile(ovmf.vars, vars);
  const own = [
    'auto=true',
    'priority=critical',
    'DEBIAN_FRONTEND=text',
    `preseed/url=http://${HOST}:${mirror.port}/preseed.cfg`,
    'console=ttyS0',
    // What follows is the installed system's, too.
    '---',
    'console=tty0',
    'console=ttyS0',
  ];
  const argv = installCommandLine({
    accelerator: host.accelerator,
    cpu: host.cpu,
    vcpus,
    memoryMiB,
    uefi: { code: ovmf.code, vars, format: ovmf.format },
    kernel,
    initrd,
    kernelArguments: own,
    disk,
    cdrom: undefined,
    fds: INSTALL_FDS,
  });
  await using qemu = await QemuProcess.start(host.qemu.path, [...argv, '-no-reboot']);
  const [terminal, last, start] = [new LineSplitter(), [''], performance.now()];
  qemu.links.serial.on('data', (chunk: Buffer) => {
    const lines = terminal.push(chunk).map((line) => stripVTControlCharacters(line));
    last.push(...lines);
    last.splice(0, last.length - 40);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    void appendFile(log, lines.map((line) => `[${seconds}] ${line}\n`).join(''));
    if ([...lines, terminal.open].some((line) => ASKS.test(line))) seen.asking = true;
  });
  for (const link of ['debugcon', 'channel', 'journal', 'qmp'] as const) qemu.links[link].resume();
  while (qemu.alive && !seen.asking) {
    signal.throwIfAborted();
    await Promise.race([qemu.exited, sleep(LOOK_EVERY_MS)]);
  }
  if (seen.asking) await sleep(AFTERMATH_MS);
  if (seen.asking || !seen.installed)
    throw new Error(
      `Debian's installer has not installed:\n${[...last, terminal.open].join('\n')}\nThe archive lacks: ${mirror.refused.join(', ')}`,
    );
}
