import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VmTesterError } from '../errors.ts';
import { createQcow2 } from '../qemu/create-disk.ts';
import { runJob } from '../qmp/job.ts';
import type { Execute } from '../qmp/job.ts';
import type { Session } from './session.ts';

const NODE = 'vmt-snapshots';
/** For gigabytes of memory on a slow disk. */
const LONGEST_MS = 300_000;

/** Sparse: it holds what the guests' memories hold. */
const SIZE = '64G';

/**
 * A running machine's whole state, kept in a qcow2 file that has no name: QEMU holds the only reference, so that it
 * goes with QEMU. What the guest wrote to its disks is kept in these, which are qcow2 files without a name, too.
 */
export class Snapshots {
  readonly #qmp: Execute;
  readonly #session: Pick<Session, 'directory' | 'writable' | 'deadline' | 'signal'>;
  /** What each snapshot is of. */
  readonly #devices = new Map<string, string[]>();
  readonly #file: string;
  #ready: Promise<void> | undefined;

  constructor(qmp: Execute, session: Pick<Session, 'directory' | 'writable' | 'deadline' | 'signal'>) {
    this.#qmp = qmp;
    this.#session = session;
    this.#file = join(session.directory, 'state.qcow2');
  }

  /**
   * `mark` is called when the state is kept and the machine has not gone on yet: what it had said until then has arrived.
   * `added`: block nodes of disks that were put in since the start.
   * @throws {VmTesterError} QEMU_MISSING without qemu-img, QMP_COMMAND
   */
  async save(name: string, mark: () => void, added: readonly string[] = []): Promise<void> {
    await (this.#ready ??= this.#open());
    this.#devices.set(name, [NODE, ...this.#session.writable, ...added]);
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
    const devices = this.#devices.get(tag) ?? [NODE, ...this.#session.writable];
    await this.#qmp('stop');
    using deadline = this.#session.deadline(LONGEST_MS, (afterMs) => {
      const what = `QEMU's ${command} has not ended after ${Math.round(afterMs / 1000)} s`;
      return new VmTesterError('QMP_COMMAND', what, { hint: 'check the free space in the temporary directory' });
    });
    try {
      const signal = this.#session.signal(deadline.signal);
      await runJob(this.#qmp, command, { tag, vmstate: NODE, devices }, signal);
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
