import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { IsoBuildError, lineSink, type RunOptions, type RunOutcome, waitOrStop } from '@phyllome/iso-builder';
import { connectMonitor, type Host, LineSplitter, QemuProcess } from '@phyllome/vm-tester/qemu';
import { machineCommandLine, type MachineOptions } from './command-line.ts';
import { parseControl } from './control.ts';
import { explainEnd, ranOutOfMemory } from './end.ts';

/** Lines of the kernel that are kept. */
const keptLines = 200;
/** For what is left of a killed build to be handed out, before the machine is switched off. */
const handOutMs = 30_000;
/** For its first process to say how large a file is: it has one processor among many. */
const sizeMs = 20_000;
/** For the end of the kernel's console to come, once QEMU has ended. */
const lastWordsMs = 100;
/** For the end of its console to come, once it has said that it ended. */
const drainMs = 5000;

/** A running machine of a builder. Disposing it switches it off. */
export class Machine implements AsyncDisposable {
  readonly #qemu: QemuProcess;
  readonly #end: { directory: string; memoryMiB: number };
  readonly #kernelLines: string[] = [];
  #gaveUp: string | undefined;
  #hostDiskFull = false;
  #diskFull = false;
  #killed = false;
  #written = 0;
  #sizes: ((bytes: number | undefined) => void)[] = [];
  readonly #exited = Promise.withResolvers<number>();

  private constructor(qemu: QemuProcess, end: { directory: string; memoryMiB: number }) {
    this.#qemu = qemu;
    this.#end = end;
    // Seen where it is waited for.
    this.#exited.promise.catch(() => undefined);
    const kernel = new LineSplitter();
    qemu.links.serial.on('data', (chunk: Buffer) => {
      this.#kernelLines.push(...kernel.push(chunk));
      this.#kernelLines.splice(0, Math.max(0, this.#kernelLines.length - keptLines));
    });
    const control = new LineSplitter();
    qemu.links.channel.on('data', (chunk: Buffer) => {
      for (const line of control.push(chunk)) this.#hear(line);
    });
    void this.#whenOff();
  }

  /** @throws {VmTesterError} QEMU_MISSING, QEMU_FAILED */
  static async start(host: Host, options: MachineOptions, directory: string): Promise<Machine> {
    await using resources = new AsyncDisposableStack();
    const qemu = resources.use(await QemuProcess.start(host.qemu.path, machineCommandLine(options)));
    const machine = new Machine(qemu, { directory, memoryMiB: options.memoryMiB });
    const monitor = await connectMonitor(qemu, 'build in a container (PHYLLOME_ISOLATION=container)');
    monitor.onEvent(({ event, data }) => {
      if (event !== 'BLOCK_IO_ERROR' || data?.['nospace'] !== true) return;
      // What the guest makes of it does not matter: nothing more can come of this build.
      machine.#hostDiskFull = true;
      qemu.kill();
    });
    resources.move();
    return machine;
  }

  /** Bytes of what it leaves, on its output disk; none before it has ended. */
  get written(): number {
    return this.#written;
  }

  /** The last lines of the kernel's console. */
  get kernelLines(): readonly string[] {
    return this.#kernelLines;
  }

  /**
   * Follows livemedia-creator to its end. What it leaves is on the output disk then.
   *
   * @throws {IsoBuildError} MACHINE_FAILED, DISK_TOO_SMALL
   * @throws the signal's reason when aborted
   */
  async run(options: RunOptions): Promise<RunOutcome> {
    const { signal, onLine } = options;
    const sink = lineSink(onLine);
    this.#qemu.links.journal.pipe(sink);
    const outcome = await waitOrStop(
      {
        exit: this.#exited.promise,
        interrupt: () => this.#send('interrupt'),
        kill: () => this.#kill(signal),
      },
      options,
    );
    // All that it had written before is in the socket by now; QEMU's end closes that.
    this.#qemu.kill();
    await Promise.race([finished(sink), sleep(drainMs, undefined, { ref: false })]).catch(() => undefined);
    signal.throwIfAborted();
    const failed = outcome.exitCode !== 0;
    return {
      ...outcome,
      oomKilled: failed && ranOutOfMemory(this.#kernelLines),
      diskFull: failed && this.#diskFull,
    };
  }

  /** Bytes of a file in it; undefined when there is none, or it has ended. */
  async sizeOf(path: string): Promise<number | undefined> {
    if (!this.#qemu.alive || /[\n\0]/u.test(path)) return undefined;
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    this.#sizes.push(resolve);
    await this.#send(`size ${path}`);
    return await Promise.race([promise, sleep(sizeMs, undefined, { ref: false })]);
  }

  async #whenOff(): Promise<void> {
    const status = await this.#qemu.exited;
    // What its kernel said last may still be on its way.
    await sleep(lastWordsMs);
    if (this.#killed) this.#exited.resolve(137);
    else this.#exited.reject(this.#explain(status));
    for (const answer of this.#sizes.splice(0)) answer(undefined);
  }

  #send(line: string): Promise<void> {
    this.#qemu.links.channel.write(`${line}\n`);
    return Promise.resolve();
  }

  /** Its logs are worth having, unless nobody waits for them. */
  async #kill(signal: AbortSignal): Promise<void> {
    const off = (): void => {
      this.#killed = true;
      this.#qemu.kill();
    };
    if (signal.aborted) return off();
    await this.#send('kill');
    const timer = setTimeout(off, handOutMs);
    const over = (): void => clearTimeout(timer);
    this.#exited.promise.then(over, over);
  }

  #hear(line: string): void {
    const message = parseControl(line);
    if (message?.type === 'size') this.#sizes.shift()?.(message.bytes);
    if (message?.type === 'full') this.#diskFull = true;
    if (message?.type === 'error') this.#gaveUp = message.what;
    if (message?.type !== 'exit') return;
    this.#written = message.bytes;
    this.#exited.resolve(message.status);
  }

  #explain(status: number | string): IsoBuildError {
    return explainEnd({
      ...this.#end,
      status: this.#hostDiskFull ? 'full' : status,
      stderr: this.#qemu.stderr,
      kernelLines: this.#kernelLines,
      gaveUp: this.#gaveUp,
      hostDiskFull: this.#hostDiskFull,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#killed = true;
    await this.#qemu[Symbol.asyncDispose]();
  }
}
