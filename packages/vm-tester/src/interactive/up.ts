import { randomInt } from 'node:crypto';
import { basename, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Firmware } from '../qemu/firmware.ts';
import { GuestChannel } from '../guest/channel.ts';
import { probeHost } from '../host/probe.ts';
import type { Host } from '../host/probe.ts';
import { launch } from '../machine/launch.ts';
import { hardwareOf } from '../machine/hardware.ts';
import { imagePath } from '../qemu/media.ts';
import type { Image } from '../qemu/media.ts';
import { connectMonitor } from '../qemu/monitor.ts';
import { serveCommands } from './commands.ts';
import { createDirectory, SOCKETS } from './directory.ts';
import type { RunningMachine } from './directory.ts';
import { keepDisk } from './disk.ts';
import { serveStream } from './stream.ts';

/** A machine to work with. */
export interface UpOptions {
  /** What other commands call it. */
  name: string;
  image: Image;
  firmware: Firmware;
  cpus: number;
  memoryMiB: number;
  network: 'none' | 'user';
  /** `window`: QEMU's own, on this desktop. `vnc`: on a free port of this host alone, with a password. */
  display: 'window' | 'vnc' | 'none';
  /** A second disk, kept; made when it is not there. */
  disk?: { path: string; sizeGiB: number } | undefined;
  host?: Host;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

const POWER_OFF_MS = 90_000;
const QUIT_GRACE_MS = 5_000;
const VncInfo = z.object({ host: z.string(), service: z.string() });

/**
 * Starts a machine to work with: nothing is judged, the guest may do as it likes, reboots included. Other processes
 * reach it by the sockets in its directory. Disposal, and any end of this process, ends it.
 * @throws {VmTesterError} QEMU_MISSING, QEMU_FAILED, ACCELERATOR_BROKEN, FIRMWARE_MISSING, IMAGE_UNREADABLE, DISK_FAILED
 */
export async function up(options: UpOptions): Promise<UpMachine> {
  const { env = process.env, image, firmware, cpus, memoryMiB, network } = options;
  const host = options.host ?? (await probeHost({ env, ...(options.signal && { signal: options.signal }) }));
  await using cleanup = new AsyncDisposableStack();
  const directory = cleanup.use(createDirectory(options.name, imagePath(image), env));
  const disk = options.disk && (await keepDisk(options.disk));
  const launched = cleanup.use(
    await launch(host, {
      image,
      firmware,
      hardware: hardwareOf({ cpus, memoryMiB, network }).hardware,
      tpm: false,
      iommu: undefined,
      instrument: 'credential',
      ...(disk && { vars: disk.vars }),
      extraArgv: [
        ...display(options.display),
        ...terminal(join(directory.directory, SOCKETS.terminal)),
        ...(disk?.argv ?? []),
      ],
    }),
  );
  const { qemu, nonce } = launched;
  const { serial, debugcon, journal, channel: channelLink } = qemu.links;
  for (const unread of [debugcon, journal]) unread.resume();
  const hint = options.display === 'window' ? 'without a desktop, use --display vnc' : 'check the free memory';
  const qmp = await connectMonitor(qemu, hint);
  await launched.removeFiles();

  let ready = Promise.withResolvers<void>();
  const channel = new GuestChannel(channelLink, nonce, () => ready.resolve());
  qmp.onEvent(({ event }) => {
    if (event !== 'RESET' || !channel.open) return;
    // Half of an answer may be on its way; who asks from now on waits for the next boot.
    channel.reset();
    ready = Promise.withResolvers();
  });
  cleanup.defer(() => channel.close());
  cleanup.use(await serveCommands(join(directory.directory, SOCKETS.commands), channel, () => ready.promise));
  const console = await serveStream(join(directory.directory, SOCKETS.serial), serial);
  cleanup.defer(() => void console.close());
  const vnc = options.display === 'vnc' ? VncInfo.parse(await qmp.execute('query-vnc')) : undefined;
  const password = vncPassword();
  if (vnc) await qmp.execute('set_password', { protocol: 'vnc', password });
  await qmp.execute('cont');

  const resources = cleanup.move();
  return {
    ...directory,
    host,
    ready: ready.promise,
    serial,
    vnc: vnc && { address: `${vnc.host}:${vnc.service}`, password },
    ended: qemu.exited.then((status) => (status === 0 ? undefined : `QEMU ended with ${status}: ${qemu.stderr}`)),
    async powerOff(signal) {
      const asked = channel.open
        ? channel.run('systemctl poweroff', Buffer.alloc(0), AbortSignal.timeout(POWER_OFF_MS))
        : qmp.execute('system_powerdown');
      asked.catch(() => {}); // its answer races with the machine's end
      const bound = sleep(POWER_OFF_MS, undefined, { signal, ref: false }).catch(() => {});
      return await Promise.race([qemu.exited.then(() => true), bound.then(() => false)]);
    },
    async [Symbol.asyncDispose]() {
      // Rather than killed: what the guest wrote to a kept disk is then in its file.
      const quit = qmp.execute('quit').then(
        () => qemu.exited,
        () => {},
      );
      await Promise.race([quit, sleep(QUIT_GRACE_MS, undefined, { ref: false })]);
      await resources.disposeAsync();
    },
  };
}

/** A machine that somebody works with, in the process that owns it. Disposal ends it. */
export interface UpMachine extends RunningMachine, AsyncDisposable {
  host: Host;
  /** The guest takes commands. Never settles for a guest without a systemd that takes our agent. */
  ready: Promise<void>;
  /** Its serial console. */
  serial: Duplex;
  /** Where a VNC viewer connects to, and what it has to know: other users of this host can connect, too. */
  vnc: { address: string; password: string } | undefined;
  /** It was powered off, or why else it ended. */
  ended: Promise<string | undefined>;
  /** Asks the guest to power off and waits until it has, for a while, or until `signal` fires. Whether it has. */
  powerOff(signal?: AbortSignal): Promise<boolean>;
}

/** `dhi` of an edition; of a file its name without the ending. */
export function machineName(target: string): string {
  return basename(target).replace(/\.(iso|qcow2|img|raw)$/, '');
}

/** VNC's passwords have eight characters; of these none is easily taken for another. */
function vncPassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  return Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join('');
}

function display(kind: UpOptions['display']): string[] {
  if (kind === 'window') return ['-display', 'gtk'];
  // The first free display, on the loopback interface: QEMU adds 5900.
  return kind === 'vnc' ? ['-vnc', '127.0.0.1:0,to=99,password=on'] : [];
}

/** Two virtio consoles: systemd starts a login on the first, and none on the second. */
function terminal(path: string): string[] {
  const socket = `socket,id=terminal,path=${path.replaceAll(',', ',,')},server=on,wait=off`;
  return [
    ['-chardev', 'null,id=login', '-device', 'virtconsole,chardev=login'],
    ['-chardev', socket, '-device', 'virtconsole,chardev=terminal'],
  ].flat();
}
