import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VmTesterError } from '../errors.ts';
import { diskSlot } from '../qemu/command-line.ts';
import { createQcow2 } from '../qemu/create-disk.ts';
import type { DiskImage } from '../qemu/media.ts';
import type { Session } from './session.ts';

const PULL_MS = 30_000;
/** A guest that was busy when it was asked to let go of a disk is asked again. */
const ASK_EVERY_MS = 5_000;

/** What is put into a slot: an empty disk, or an image, which stays as it is. */
export type NewDisk = { sizeMiB: number } | Pick<DiskImage, 'disk' | 'format'>;

/** A disk that was put into a running machine. */
export interface AddedDisk {
  /** Its serial number, by which the guest finds it: `/dev/disk/by-id/virtio-<serial>`. */
  serial: string;
  /**
   * Pulls it out, whatever the guest does with it. It and what was written to it are gone.
   * @throws {VmTesterError} WAIT_TIMEOUT when the guest does not let go of it, MACHINE_ENDED
   */
  pull(): Promise<void>;
}

/** What the slots need of a machine. */
export type Slotted = Pick<Session, 'directory' | 'qmp' | 'onQmpEvent' | 'deadline' | 'signal'> & {
  qemu: Pick<Session['qemu'], 'exited'>;
};

/** The slots of a machine into which disks are put while it runs. */
export class Disks {
  readonly #session: Slotted;
  readonly #slots: number;
  readonly #in = new Map<number, string>();
  #count = 0;

  constructor(session: Slotted, slots: number) {
    this.#session = session;
    this.#slots = slots;
  }

  /** The block nodes of the disks that are in now. */
  get nodes(): string[] {
    return [...this.#in.values()];
  }

  /** @see {@link Machine.addDisk} */
  async add(disk: NewDisk): Promise<AddedDisk> {
    const slot = Array.from({ length: this.#slots }, (_, index) => index).find((index) => !this.#in.has(index));
    if (slot === undefined) {
      throw new VmTesterError('NOT_CONFIGURED', `this machine has ${this.#slots} slots for disks, and none is free`, {
        hint: `start it with diskSlots: ${this.#slots + 1}`,
      });
    }
    const node = `disk${++this.#count}`;
    this.#in.set(slot, node); // at once: another disk may be added meanwhile
    try {
      await this.#open(node, disk);
      const device = { driver: 'virtio-blk-pci', id: node, drive: node, serial: node, bus: diskSlot(slot) };
      await this.#session.qmp('device_add', device).catch(async (error: unknown) => {
        await this.#session.qmp('blockdev-del', { 'node-name': node });
        throw error;
      });
    } catch (error) {
      this.#in.delete(slot);
      throw error;
    }
    return { serial: node, pull: () => this.#pull(slot, node) };
  }

  /** Makes the disk's file and has QEMU open it as a block node. */
  async #open(node: string, disk: NewDisk): Promise<void> {
    const filename = join(this.#session.directory, `${node}.qcow2`);
    if ('sizeMiB' in disk) await createQcow2(filename, `${disk.sizeMiB}M`);
    else await createQcow2(filename, undefined, disk);
    try {
      const file = { driver: 'file', filename };
      await this.#session.qmp('blockdev-add', { driver: 'qcow2', 'node-name': node, file });
    } finally {
      await rm(filename); // QEMU has it open: it goes with QEMU
    }
  }

  /** Pulls every disk that is not among these. */
  async keepOnly(nodes: readonly string[]): Promise<void> {
    for (const [slot, node] of this.#in) if (!nodes.includes(node)) await this.#pull(slot, node);
  }

  async #pull(slot: number, node: string): Promise<void> {
    if (this.#in.get(slot) !== node) return;
    const session = this.#session;
    using deadline = session.deadline(
      PULL_MS,
      () =>
        new VmTesterError('WAIT_TIMEOUT', `the guest does not let go of the disk ${node}`, {
          hint: 'it must know hot-plugging of PCI; serial.log has its messages',
        }),
    );
    const gaveUp = Promise.withResolvers<never>();
    const over = session.signal(deadline.signal);
    over.throwIfAborted();
    const gone = Promise.withResolvers<void>();
    const stop = session.onQmpEvent(({ event, data }) => {
      if (event === 'DEVICE_DELETED' && data?.['device'] === node) gone.resolve();
    });
    over.addEventListener('abort', () => gaveUp.reject(over.reason), { once: true });
    const ended = session.qemu.exited.then(() => {
      throw new VmTesterError('MACHINE_ENDED', `the machine ended before the disk ${node} was pulled`, {
        hint: 'serial.log in the artifacts has its last output',
      });
    });
    const outcome = Promise.race([gone.promise, ended, gaveUp.promise]);
    outcome.catch(() => {}); // where QEMU refuses to be asked, nothing waits for it
    // Asked again while a request is under way, QEMU refuses.
    const ask = () => session.qmp('device_del', { id: node });
    const asking = setInterval(() => void ask().catch(() => {}), ASK_EVERY_MS);
    try {
      await ask();
      await outcome;
    } finally {
      clearInterval(asking);
      stop();
    }
    await session.qmp('blockdev-del', { 'node-name': node });
    this.#in.delete(slot);
  }
}
