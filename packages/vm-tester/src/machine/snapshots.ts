import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createQcow2 } from '../qemu/create-disk.ts';
import { runJob } from '../qmp/job.ts';
import type { Execute } from '../qmp/job.ts';

const NODE = 'vmt-snapshots';

/** Sparse: it holds what the guests' memories hold. */
const SIZE = '64G';

/**
 * A running machine's whole state, kept in a qcow2 file that has no name: QEMU holds the only reference, so that it
 * goes with QEMU. What the guest wrote to its disks is kept in these, which are qcow2 files without a name, too.
 */
export class Snapshots {
  readonly #qmp: Execute;
  readonly #writable: readonly string[];
  /** What each snapshot is of. */
  readonly #devices = new Map<string, string[]>();
  readonly #file: string;
  #ready: Promise<void> | undefined;

  /** `directory`: where the file is made. `writable`: the block nodes that the guest writes to. */
  constructor(qmp: Execute, { directory, writable = [] }: { directory: string; writable?: readonly string[] }) {
    this.#qmp = qmp;
    this.#file = join(directory, 'state.qcow2');
    this.#writable = writable;
  }

  /**
   * `mark` is called when the state is kept and the machine has not gone on yet: what it had said until then has arrived.
   * `added`: block nodes of disks that were put in since the start.
   * @throws {VmTesterError} QEMU_MISSING without qemu-img, QMP_COMMAND
   */
  async save(name: string, mark: () => void, added: readonly string[] = []): Promise<void> {
    await (this.#ready ??= this.#open());
    this.#devices.set(name, [NODE, ...this.#writable, ...added]);
    await this.#whileStopped('snapshot-save', name, mark);
  }

  /**
   * `rewind` is called when the machine is back where it was, at the same moment.
   * @throws {VmTesterError} QMP_COMMAND when there is no such snapshot
   */
  async load(name: string, rewind: () => void): Promise<void> {
    await this.#whileStopped('snapshot-load', name, rewind);
  }

  async #whileStopped(command: 'snapshot-save' | 'snapshot-load', tag: string, then: () => void): Promise<void> {
    await this.#qmp('stop');
    try {
      await runJob(this.#qmp, command, {
        tag,
        vmstate: NODE,
        devices: this.#devices.get(tag) ?? [NODE, ...this.#writable],
      });
      then();
    } finally {
      await this.#qmp('cont');
    }
  }

  async #open(): Promise<void> {
    const filename = this.#file;
    await createQcow2(filename, SIZE);
    await this.#qmp('blockdev-add', { driver: 'qcow2', 'node-name': NODE, file: { driver: 'file', filename } });
    await rm(filename);
  }
}
