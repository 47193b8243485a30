import { randomBytes } from 'node:crypto';
import { access, constants, copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { VmTesterError } from '../errors.ts';
import { serveDirectory } from '../media/boot-server.ts';
import { findOvmf } from '../qemu/firmware.ts';
import type { Firmware } from '../qemu/firmware.ts';
import { CHANNEL_PORT, JOURNAL_PORT, oemStrings } from '../guest/credentials.ts';
import { injectedInitrd } from '../guest/injection.ts';
import { temporaryDirectory } from '@phyllome/host';
import type { Host } from '../host/probe.ts';
import { commandLine, gatewayOf } from '../qemu/command-line.ts';
import type { CommandLineOptions, DirectKernel } from '../qemu/command-line.ts';
import { createQcow2 } from '../qemu/create-disk.ts';
import type { Hardware } from '../qemu/hardware.ts';
import { OVERLAY, SCRATCH } from '../qemu/media.ts';
import type { DiskImage, Image, IsoImage, Medium, NetworkImage } from '../qemu/media.ts';
import { INHERITED, QemuProcess } from '../qemu/process.ts';
import { startTpm } from '../qemu/tpm.ts';
import { reproduceScript } from '../qemu/reproduce.ts';

export interface LaunchOptions {
  image: Image;
  firmware: Firmware;
  hardware: Hardware;
  tpm: boolean;
  iommu: 'intel' | 'virtio' | undefined;
  /** How our agent gets into the guest, if by anything that must be there before it starts. */
  instrument: 'credential' | 'initrd-inject' | undefined;
  /** Where the network card's frames are kept. */
  capture?: string | undefined;
  clock?: Date | undefined;
  /** Where UEFI's variables are kept; made from the template when not there. Default: they go with the machine. */
  vars?: string | undefined;
  /** More of QEMU's arguments: devices that a test has no use for. */
  extraArgv?: readonly string[] | undefined;
}

export interface Launched extends AsyncDisposable {
  qemu: QemuProcess;
  /** What our agent must answer. */
  nonce: string;
  /** Block nodes that the guest writes to, whose content belongs to the machine's state. */
  writable: string[];
  /** For temporary files; gone with the machine. */
  directory: string;
  /** Removes QEMU's temporary files; once it answers it has them open and needs their names no more. */
  removeFiles(): Promise<void>;
  /** The same machine for a terminal, without our instruments. */
  reproduce: string;
}

/** Starts QEMU with its CPUs stopped, so that nothing happens before we listen. */
export async function launch(host: Host, options: LaunchOptions): Promise<Launched> {
  const { hardware, firmware, iommu } = options;
  const { network } = hardware;
  const image = await readableImage(options.image);
  await using cleanup = new AsyncDisposableStack();
  const directory = cleanup.use(await temporaryDirectory('vmt-'));
  const file = (name: string): string => join(directory.path, name);

  const ovmf = firmware === 'bios' ? undefined : await findOvmf(firmware === 'uefi-secure', hardware.architecture);
  const vars = options.vars ?? file('vars.fd');
  if (ovmf) await copyFile(ovmf.vars, vars, constants.COPYFILE_EXCL).catch(unlessThere);
  const medium = await mediumOf(image, hardware.medium, file('overlay.qcow2'));
  const scratch = hardware.diskMiB > 0 ? file('scratch.qcow2') : undefined;
  if (scratch !== undefined) await createQcow2(scratch, `${hardware.diskMiB}M`);
  const netboot = 'netboot' in image ? await servedBy(image, hardware.network, cleanup) : undefined;
  const tpm = options.tpm ? cleanup.use(await startTpm(directory.path)) : undefined;

  const nonce = randomBytes(12).toString('hex');
  const kernel = 'kernel' in image ? image : undefined;
  const inject = options.instrument === 'initrd-inject' && kernel;
  const strings = options.instrument === 'credential' ? oemStrings(nonce) : [];
  const oemFiles = strings.map((text, index) => ({ path: file(`oem-${index}`), text }));
  await Promise.all(oemFiles.map(({ path, text }) => writeFile(path, text)));

  const machine: CommandLineOptions = {
    accelerator: host.accelerator,
    cpu: host.cpu,
    cpus: hardware.cpus,
    memoryMiB: hardware.memoryMiB,
    hardware,
    medium,
    kernel: inject ? await injected(kernel, nonce, file('initrd')) : kernel,
    scratch,
    uefi: ovmf && { ...ovmf, vars },
    tpm: tpm?.socket,
    iommu,
    serial: { fd: INHERITED.serial },
    debugcon: { fd: INHERITED.debugcon },
    qmp: { fd: INHERITED.qmp },
    ports: [
      { name: CHANNEL_PORT, chardev: { fd: INHERITED.channel } },
      { name: JOURNAL_PORT, chardev: { fd: INHERITED.journal } },
    ],
    oemStrings: oemFiles.map(({ path }) => path),
    network: typeof network === 'object' ? { fd: INHERITED.network, mac: network.mac } : network,
    netboot,
    capture: options.capture,
    diskSlots: hardware.diskSlots,
    clock: options.clock,
  };
  const qemu = cleanup.use(
    await QemuProcess.start(host.qemu.path, ['-S', ...commandLine(machine), ...(options.extraArgv ?? [])]),
  );
  if (typeof network === 'object') network.plug(qemu.links.network);
  const resources = cleanup.move();
  return {
    qemu,
    nonce,
    writable: [...(medium?.overlay === undefined ? [] : [OVERLAY]), ...(scratch === undefined ? [] : [SCRATCH])],
    reproduce: reproduceScript(host, { ...machine, kernel }, { ovmf, diskMiB: hardware.diskMiB }),
    directory: directory.path,
    async removeFiles() {
      const entries = await readdir(directory.path, { withFileTypes: true });
      for (const entry of entries) if (entry.isFile()) await rm(file(entry.name), { force: true });
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

async function mediumOf(image: Image, as: Hardware['medium'], overlay: string): Promise<Medium | undefined> {
  const source = 'kernel' in image || 'netboot' in image ? image.medium : image;
  if (!source) return undefined;
  if ('iso' in source) return { iso: source.iso, as: source.as ?? as };
  if (source.keep) return { ...source, overlay: undefined };
  await createQcow2(overlay, undefined, source);
  return { ...source, overlay };
}

/**
 * Serves what the firmware loads. Only QEMU's user network says where that is.
 * @throws {VmTesterError} OPTIONS_INVALID on another network
 */
async function servedBy(
  { netboot, bootFile, by = 'tftp' }: NetworkImage,
  network: Hardware['network'],
  cleanup: AsyncDisposableStack,
): Promise<CommandLineOptions['netboot']> {
  if (network !== 'user' && network !== 'libvirt') {
    throw new VmTesterError('OPTIONS_INVALID', "what is loaded over the network comes by QEMU's user network", {
      hint: "leave the option network out, or give 'user'",
    });
  }
  if (by === 'tftp') return { bootFile, tftp: netboot };
  const { port } = cleanup.use(await serveDirectory(netboot));
  return { bootFile: `http://${gatewayOf(network)}:${port}/${bootFile}` };
}

/** Puts our initramfs before the image's: Linux unpacks a plain archive, then a compressed one. */
async function injected(kernel: DirectKernel, nonce: string, path: string): Promise<DirectKernel> {
  const own = kernel.initrd === undefined ? Buffer.alloc(0) : await readFile(kernel.initrd);
  await writeFile(path, Buffer.concat([injectedInitrd(nonce), own]));
  return { ...kernel, initrd: path };
}

/** The image with absolute paths. @throws {VmTesterError} IMAGE_UNREADABLE */
async function readableImage(image: Image): Promise<Image> {
  if ('netboot' in image) {
    const { netboot, bootFile, medium } = image;
    await readable(join(netboot, bootFile));
    return { ...image, netboot: resolve(netboot), ...(medium && { medium: await readableMedium(medium) }) };
  }
  if (!('kernel' in image)) return await readableMedium(image);
  const { kernel, initrd, medium } = image;
  return {
    ...image,
    kernel: await readable(kernel),
    ...(initrd !== undefined && { initrd: await readable(initrd) }),
    ...(medium && { medium: await readableMedium(medium) }),
  };
}

async function readableMedium<T extends IsoImage | DiskImage>(image: T): Promise<T> {
  return 'iso' in image ? { ...image, iso: await readable(image.iso) } : { ...image, disk: await readable(image.disk) };
}

async function readable(file: string): Promise<string> {
  const path = resolve(file);
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new VmTesterError('IMAGE_UNREADABLE', `cannot read ${path}`, {
      hint: 'check the path; an ISO is made by: pnpm nx build iso-<edition>',
      cause,
    });
  }
  return path;
}
