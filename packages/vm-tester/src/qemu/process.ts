import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Duplex } from 'node:stream';
import { parentDeathPrefix } from '@phyllome/host';
import { VmTesterError } from '../errors.ts';

/** The descriptors QEMU inherits, one socket pair each: no file to leave behind, no race to connect. */
export const INHERITED = { qmp: 3, serial: 4, debugcon: 5, channel: 6, journal: 7, network: 8 } as const;
export type Link = keyof typeof INHERITED;

const STDERR_KEPT_BYTES = 16_384;

/**
 * A QEMU process that dies with us. `setpriv --pdeathsig KILL` makes the kernel kill QEMU when this process ends
 * in any way, SIGKILL included; disposal kills it and waits until it is gone.
 */
export class QemuProcess implements AsyncDisposable {
  readonly links: Record<Link, Duplex>;
  /** Settles when QEMU ended: its status, or the signal's name. Never rejects. */
  readonly exited: Promise<number | string>;
  readonly #child: ChildProcess;
  #stderr = '';
  #alive = true;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.links = {
      qmp: inherited(child, 'qmp'),
      serial: inherited(child, 'serial'),
      debugcon: inherited(child, 'debugcon'),
      channel: inherited(child, 'channel'),
      journal: inherited(child, 'journal'),
      network: inherited(child, 'network'),
    };
    // When QEMU dies, what we still write to it fails: `exited` already reports it.
    for (const link of Object.values(this.links)) link.on('error', () => {});
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_KEPT_BYTES);
    });
    this.exited = new Promise((resolve) => {
      child.on('close', (status, by) => {
        this.#alive = false;
        resolve(status ?? by ?? 'unknown');
      });
    });
  }

  /** @throws {VmTesterError} QEMU_MISSING when the program cannot be started. */
  static async start(path: string, argv: string[]): Promise<QemuProcess> {
    const [command = path, ...args] = [...parentDeathPrefix(process.env), path, ...argv];
    const child = spawn(command, args, {
      detached: true, // in a session of its own: a Ctrl-C on our terminal is for us to act on
      stdio: ['ignore', 'ignore', 'pipe', ...Object.keys(INHERITED).map(() => 'pipe' as const)],
    });
    await new Promise((resolve, reject) => {
      child.on('spawn', resolve);
      child.on('error', (cause) =>
        reject(new VmTesterError('QEMU_MISSING', `${path} does not start`, { hint: 'run ./setup', cause })),
      );
    });
    return new QemuProcess(child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** The end of what QEMU wrote to its standard error. */
  get stderr(): string {
    return this.#stderr.trim();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#alive) this.kill();
    await this.exited;
    for (const link of Object.values(this.links)) link.destroy();
  }
}

/** Node makes both ends of a `pipe` a socket pair. */
function inherited(child: ChildProcess, link: Link): Duplex {
  const streams: readonly unknown[] = child.stdio;
  const stream = streams[INHERITED[link]];
  if (!(stream instanceof Duplex)) throw new TypeError(`descriptor ${INHERITED[link]} is not a socket`);
  return stream;
}
