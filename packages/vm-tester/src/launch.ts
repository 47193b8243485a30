import { randomBytes } from 'node:crypto';
import { access, constants, copyFile, mkdtempDisposable, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { VmTesterError } from './errors.ts';
import { findOvmf } from './firmware.ts';
import type { Firmware } from './firmware.ts';
import { CHANNEL_PORT, JOURNAL_PORT, oemStrings } from './guest/credentials.ts';
import type { Host } from './host/probe.ts';
import { commandLine } from './qemu/command-line.ts';
import type { CommandLineOptions, Image } from './qemu/command-line.ts';
import { INHERITED, QemuProcess } from './qemu/process.ts';

export interface LaunchOptions {
  image: Image;
  firmware: Firmware;
  cpus: number;
  memoryMiB: number;
  network: 'none' | 'user';
  /** Where UEFI's variables are kept; made from the template when not there. Default: they go with the machine. */
  vars?: string;
  /** More of QEMU's arguments: devices that a test has no use for. */
  extraArgv?: readonly string[];
}

export interface Launched extends AsyncDisposable {
  qemu: QemuProcess;
  /** What our agent must answer. */
  nonce: string;
  /** Removes the temporary files; once QEMU answers it has them open and needs their names no more. */
  removeFiles(): Promise<void>;
  /** The same machine for a terminal, without our instruments. */
  reproduce: string;
}

/** Starts QEMU with its CPUs stopped, so that nothing happens before we listen. */
export async function launch(host: Host, options: LaunchOptions): Promise<Launched> {
  const image = await readableImage(options.image);
  await using cleanup = new AsyncDisposableStack();
  const directory = cleanup.use(await mkdtempDisposable(join(tmpdir(), 'vmt-')));
  const ovmf = options.firmware === 'bios' ? undefined : await findOvmf(options.firmware === 'uefi-secure');
  const vars = options.vars ?? join(directory.path, 'vars.fd');
  if (ovmf) await copyFile(ovmf.vars, vars, constants.COPYFILE_EXCL).catch(unlessThere);

  const nonce = randomBytes(12).toString('hex');
  const strings = oemStrings(nonce).map((text, index) => ({ file: join(directory.path, `oem-${index}`), text }));
  await Promise.all(strings.map(({ file, text }) => writeFile(file, text)));

  const machine: CommandLineOptions = {
    accelerator: host.accelerator,
    cpu: host.cpu,
    cpus: options.cpus,
    memoryMiB: options.memoryMiB,
    image,
    network: options.network,
    uefi: ovmf && { ...ovmf, vars },
    serial: { fd: INHERITED.serial },
    debugcon: { fd: INHERITED.debugcon },
    qmp: { fd: INHERITED.qmp },
    ports: [
      { name: CHANNEL_PORT, chardev: { fd: INHERITED.channel } },
      { name: JOURNAL_PORT, chardev: { fd: INHERITED.journal } },
    ],
    oemStrings: strings.map(({ file }) => file),
  };
  const qemu = cleanup.use(
    await QemuProcess.start(host.qemu.path, ['-S', ...commandLine(machine), ...(options.extraArgv ?? [])]),
  );
  const resources = cleanup.move();
  return {
    qemu,
    nonce,
    reproduce: reproduceScript(host, machine, ovmf?.vars),
    removeFiles: () => rm(directory.path, { recursive: true, force: true }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

async function readableImage(image: Image): Promise<Image> {
  const path = resolve('iso' in image ? image.iso : image.disk);
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new VmTesterError('IMAGE_UNREADABLE', `cannot read ${path}`, {
      hint: 'check the path; an ISO is made by: pnpm nx build iso-<edition>',
      cause,
    });
  }
  return 'iso' in image ? { ...image, iso: path } : { ...image, disk: path };
}

function reproduceScript(host: Host, machine: CommandLineOptions, varsTemplate: string | undefined): string {
  const argv = commandLine({
    ...machine,
    uefi: machine.uefi && { ...machine.uefi, vars: '@VARS@' },
    serial: 'stdio',
    debugcon: 'null',
    qmp: 'null',
    ports: [],
    oemStrings: [],
  });
  const words = [host.qemu.path, ...argv].map((word) => quote(word).replace('@VARS@', `'"$vars"'`));
  return [
    '#!/bin/sh',
    '# The machine of this run, without the tester. Its serial console is this terminal; Ctrl-C ends it.',
    ...(varsTemplate ? ['vars=$(mktemp)', `trap 'rm -f "$vars"' EXIT`, `cp ${quote(varsTemplate)} "$vars"`] : []),
    `${words.join(' \\\n  ')} "$@"`,
    '',
  ].join('\n');
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
