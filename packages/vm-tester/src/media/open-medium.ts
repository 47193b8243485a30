import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { temporaryDirectory } from '@phyllome/host';
import { readVolume } from '@phyllome/medium';
import { VmTesterError } from '../errors.ts';
import type { Image } from '../qemu/media.ts';
import { ARM_KERNEL, PC_KERNEL } from './kernels.ts';

/** A file that can be put into a machine; disposal removes what was unpacked for it. */
export interface OpenMedium extends AsyncDisposable {
  image: Image;
  /** For messages: `ISO`, `qcow2 disk`, `raw disk, xz`. */
  kind: string;
}

type Packing = 'gzip' | 'xz' | 'zstd';

const HEAD_BYTES = 1024;
const MAGIC: Record<Packing | 'qcow2', Buffer> = {
  gzip: Buffer.from('1f8b08', 'hex'),
  xz: Buffer.from('fd377a585a00', 'hex'), // The .xz File Format, 2.1.1.1
  zstd: Buffer.from('28b52ffd', 'hex'), // RFC 8878, 3.1.1
  qcow2: Buffer.from('514649fb', 'hex'), // QEMU's docs/interop/qcow2.rst
};
/** Disks of other programs, each by what is at a place of its header: they are not what is on them. */
const FOREIGN: readonly { kind: string; offset: number; magic: string }[] = [
  { kind: 'VMDK', offset: 0, magic: 'KDMV' },
  { kind: 'VMDK', offset: 0, magic: '# Disk DescriptorFile' },
  { kind: 'VHDX', offset: 0, magic: 'vhdxfile' },
  { kind: 'VHD', offset: 0, magic: 'conectix' },
  { kind: 'VDI', offset: 64, magic: '\u007f\u0010\u00da\u00be' },
];
/** QEMU's docs/interop/qcow2.rst: what is at these places of its header where the disk is not in this file alone. */
const QCOW2 = { version: 4, backingFile: 8, incompatible: 72, externalData: 1n << 2n };
/** How Debian, Fedora and their installers call the initramfs of a kernel, by the kernel's own name and its version. */
const INITRDS: readonly ((version: string) => string)[] = [
  (version) => `initrd.img${version}`,
  (version) => `initramfs${version}.img`,
  (version) => `initrd${version}`,
  (version) => `initrd${version}.gz`,
];
/** Where a tester looks, of PCs and of ARM's `virt`. The last that is there is `/dev/console`, where init writes. */
const CONSOLES = 'console=tty0 console=ttyAMA0 console=ttyS0,115200';

/**
 * Finds out by its bytes, and not by its name, what a file is: an ISO, a disk as qcow2 or raw, a kernel; each also
 * packed by gzip, xz or zstd. What is packed is unpacked into a temporary directory. A kernel gets the initramfs that
 * is beside it under the name that goes with its own (`vmlinuz-6.12` and `initrd.img-6.12`), and a serial console.
 * @throws {VmTesterError} IMAGE_UNREADABLE when it cannot be read, its packing is damaged, it is a disk in another format, or
 * it names another file of this host, which its guest would then read
 */
export async function openMedium(path: string, signal?: AbortSignal): Promise<OpenMedium> {
  const packing = packingOf(await headOf(path));
  if (packing === undefined) return { ...(await known(path, path)), async [Symbol.asyncDispose]() {} };
  await using cleanup = new AsyncDisposableStack();
  const directory = cleanup.use(await temporaryDirectory('vmt-medium-'));
  const unpacked = join(directory.path, 'medium');
  await unpack(path, packing, unpacked, signal);
  const { image, kind } = await known(unpacked, path);
  const resources = cleanup.move();
  return { image, kind: `${kind}, ${packing}`, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/**
 * What is not packed. A file without any magic is a raw disk, and whether it boots is for a boot to say; but what calls
 * itself an ISO is to be one.
 */
async function known(path: string, named: string): Promise<Pick<OpenMedium, 'image' | 'kind'>> {
  const head = await headOf(path);
  if (startsWith(head, MAGIC.qcow2)) {
    requireWhole(head, named);
    return { image: { disk: path, format: 'qcow2' }, kind: 'qcow2 disk' };
  }
  const has = ({ offset, magic }: { offset: number; magic: string }) =>
    head.toString('latin1', offset, offset + magic.length) === magic;
  const foreign = FOREIGN.find(has);
  if (foreign) {
    throw new VmTesterError('IMAGE_UNREADABLE', `${named} is a ${foreign.kind} disk, of another program's format`, {
      hint: 'convert it: qemu-img convert -O qcow2 disk whole.qcow2',
    });
  }
  if ([PC_KERNEL, ARM_KERNEL].some(has)) return kernelOf(path, named);
  await using file = await open(path, 'r');
  if (/\.iso(\.\w+)?$/iu.test(named) || (await readVolume(file)) !== undefined)
    return { image: { iso: path }, kind: 'ISO' };
  return { image: { disk: path, format: 'raw' }, kind: 'raw disk' };
}

/** The maker of a qcow2 disk chose its backing file, as /etc/shadow: QEMU would open it, and the guest has it on its disk. */
function requireWhole(header: Buffer, path: string): void {
  const { version, backingFile, incompatible, externalData } = QCOW2;
  const at = (offset: number) => (offset + 8 <= header.length ? header.readBigUInt64BE(offset) : 0n);
  const isExternal = (header[version + 3] ?? 0) >= 3 && (at(incompatible) & externalData) !== 0n;
  if (at(backingFile) === 0n && !isExternal) return;
  throw new VmTesterError('IMAGE_UNREADABLE', `${path} is a part of a disk: it names another file that has the rest`, {
    hint: 'where you trust it, make one file of both: qemu-img convert -O qcow2 part.qcow2 whole.qcow2',
  });
}

function kernelOf(path: string, named: string): Pick<OpenMedium, 'image' | 'kind'> {
  const name = /^(?:vmlinuz|linux|bzImage|kernel)(?<version>-.*)?$/u.exec(basename(named));
  const version = name?.groups?.['version'] ?? '';
  const beside = name ? INITRDS.map((nameOf) => join(dirname(named), nameOf(version))) : [];
  const initrd = beside.find((one) => existsSync(one));
  if (initrd === undefined) return { image: { kernel: path }, kind: 'kernel' };
  return { image: { kernel: path, initrd, cmdline: CONSOLES }, kind: `kernel with ${basename(initrd)}` };
}

function packingOf(head: Buffer): Packing | undefined {
  return (['gzip', 'xz', 'zstd'] as const).find((packing) => startsWith(head, MAGIC[packing]));
}

const startsWith = (head: Buffer, magic: Buffer): boolean => head.subarray(0, magic.length).equals(magic);

async function headOf(path: string): Promise<Buffer> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    throw unreadable(path, String(cause), cause);
  }
}

async function unpack(path: string, packing: Packing, to: string, signal: AbortSignal | undefined): Promise<void> {
  const source = createReadStream(path);
  const target = createWriteStream(to, { flags: 'wx', mode: 0o600 });
  const options = signal ? { signal } : {};
  try {
    if (packing === 'xz') await throughXz(source, target, signal);
    else {
      const inflate: Duplex = packing === 'gzip' ? createGunzip() : createZstdDecompress();
      await pipeline(source, inflate, target, options);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw unreadable(path, `it cannot be unpacked (${packing}): ${String(cause)}`, cause);
  }
}

/** Node has no xz of its own. */
async function throughXz(
  source: NodeJS.ReadableStream,
  target: NodeJS.WritableStream,
  signal: AbortSignal | undefined,
): Promise<void> {
  const xz = spawn('xz', ['--decompress', '--stdout'], { stdio: ['pipe', 'pipe', 'pipe'], ...(signal && { signal }) });
  let said = '';
  xz.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-1_000)));
  const ended = once(xz, 'close');
  ended.catch(() => {}); // reported below, after what the pipes say
  // Its end says why it took no more input.
  await Promise.all([pipeline(source, xz.stdin).catch(() => {}), pipeline(xz.stdout, target)]);
  const [status]: unknown[] = await ended;
  if (status !== 0) throw new Error(said.trim() || `xz ended with ${String(status)}`);
}

function unreadable(path: string, why: string, cause: unknown): VmTesterError {
  return new VmTesterError('IMAGE_UNREADABLE', `cannot read ${path}: ${why}`, {
    hint: 'check the path and the free space in the temporary directory; download it again if it is damaged',
    cause,
  });
}
