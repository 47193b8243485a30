import { availableParallelism, loadavg, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import { Artifacts } from '../report/artifacts.ts';
import { film } from '../report/film.ts';
import type { StreamName } from '../report/artifacts.ts';
import type { VmEvent } from './events.ts';
import type { Host } from '../host/probe.ts';
import type { Launched } from './launch.ts';
import { imagePath } from '../qemu/media.ts';
import type { QmpRecord } from '../qmp/client.ts';
import { FILM, withArrival } from '../report/read.ts';
import { writeReport } from '../report/write.ts';
import { Shots } from '../screen/shots.ts';
import type { Finding } from '../verdict/boot-monitor.ts';
import type { Verdict } from '../verdict/verdict.ts';
import type { MachineOptions } from './options.ts';
import type { Instrument } from './events.ts';

/** What a recording needs of the machine. */
export interface Machinery {
  /** Milliseconds since its start. */
  now(): number;
  /** Writes what its monitor shows as PNG. */
  screendump(filename: string): Promise<unknown>;
  /** The artifacts cannot be written, as on a full disk: reported once, and no stream is written to any more. */
  onUnwritable(error: unknown): void;
}

/**
 * What a machine leaves behind: its consoles, journal, QMP traffic, events and screens as they come, then the verdict
 * and the report. Without a directory only the events are reported.
 */
export class Recording implements AsyncDisposable {
  readonly #options: MachineOptions;
  readonly #artifacts: Artifacts | undefined;
  readonly #machine: Machinery;
  readonly #shots: Shots | undefined;
  #startedAt = new Date();
  #instrument: Instrument | undefined;
  /** The screens that were kept. */
  readonly #shown: { file: string; atMs: number }[] = [];
  #complete = false;
  #unwritable = false;

  constructor(options: MachineOptions, machine: Machinery) {
    this.#options = options;
    this.#machine = machine;
    this.#artifacts = options.artifactsDir === undefined ? undefined : new Artifacts(options.artifactsDir);
    this.#shots =
      this.#artifacts &&
      new Shots(this.#artifacts.directory, {
        take: (filename) => machine.screendump(filename),
        onShot: (file) => {
          this.#shown.push({ file, atMs: machine.now() });
          this.emit({ type: 'screenshot', file, atMs: machine.now() });
        },
      });
  }

  /** The machine that is about to start. */
  introduce(host: Host, { reproduce }: Launched): void {
    this.#artifacts?.write('reproduce.sh', reproduce, 0o755);
    this.#artifacts?.write('host.json', JSON.stringify(hostFacts(host), undefined, 2));
    const { qemu, accelerator, reason, timeScale, warnings } = host;
    this.emit({ type: 'host', accelerator, reason, qemuVersion: qemu.version, timeScale, warnings });
    this.emit({ type: 'start', image: this.#image, firmware: this.#options.firmware ?? 'bios' });
  }

  /** The machine starts: looks at its screen from now on. */
  start(): void {
    this.#startedAt = new Date();
    this.#shots?.start();
  }

  emit(event: VmEvent): void {
    if (this.#complete) return;
    this.#append('events.jsonl', jsonl(event));
    this.#options.onEvent?.(event);
  }

  /** The guest was reached, and by what. */
  reachedBy(instrument: Instrument): void {
    this.#instrument = instrument;
    this.emit({ type: 'instrument', instrument, atMs: this.#machine.now() });
  }

  consoleLine(source: 'serial' | 'debugcon', line: string, atMs: number): void {
    this.#append(`${source}.log`, `${stamp(atMs)} ${line}\n`);
  }

  /** Lines of the journal that arrived together. */
  journal(lines: readonly string[], atMs: number): void {
    if (lines.length > 0) this.#append('journal.json', lines.map((line) => `${withArrival(line, atMs)}\n`).join(''));
  }

  qmp(record: QmpRecord): void {
    this.#append('qmp.jsonl', jsonl({ atMs: this.#machine.now(), ...record }));
  }

  /** Keeps a file of its own among the artifacts. */
  keep(name: string, text: string): void {
    this.#unlessFull(() => this.#artifacts?.write(name, text));
  }

  /** Keeps what a monitor would show as `<name>.png`. @returns its path, if it was kept */
  async screenshot(name: string): Promise<string | undefined> {
    const filename = this.#artifacts?.path(`${name}.png`);
    if (filename !== undefined) await this.#machine.screendump(filename);
    return filename;
  }

  /** Looks at the screen now, as it will not stay. Never rejects. */
  async look(): Promise<void> {
    await this.#shots?.look();
  }

  /** The verdict is given. A machine that runs on is no longer reported on. */
  async complete(verdict: Verdict, findings: readonly Finding[]): Promise<void> {
    await this.#shots?.stop();
    const event: VmEvent = { type: 'verdict', verdict, atMs: this.#machine.now() };
    this.#append('events.jsonl', jsonl(event));
    const facts = {
      image: this.#image,
      firmware: this.#options.firmware ?? 'bios',
      instrument: this.#instrument,
      startedAt: this.#startedAt.toISOString(),
      endMs: this.#machine.now(),
      findings,
    };
    this.#unlessFull(() => {
      this.#artifacts?.write('verdict.json', JSON.stringify({ ...verdict, ...facts }, undefined, 2));
      if (verdict.status !== 'accepted') this.#keepFilm();
      if (this.#artifacts) writeReport(this.#artifacts.directory);
    });
    this.#complete = true;
    this.#options.onEvent?.(event);
  }

  /** Of a run that failed, what its monitor showed: who looks for the reason need not click through it. */
  #keepFilm(): void {
    const artifacts = this.#artifacts;
    if (!artifacts) return;
    const frames = this.#shown.map(({ file, atMs }) => ({ png: readFileSync(artifacts.path(file)), atMs }));
    const bytes = film(frames, this.#machine.now());
    if (bytes) artifacts.write(FILM, bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shots?.stop();
    this.#unlessFull(() => this.#artifacts?.[Symbol.dispose]());
  }

  get #image(): string {
    return imagePath(this.#options.image);
  }

  #append(name: StreamName, text: string): void {
    if (!this.#complete && !this.#unwritable) this.#unlessFull(() => this.#artifacts?.append(name, text));
  }

  #unlessFull(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (this.#unwritable) return;
      this.#unwritable = true;
      this.#machine.onUnwritable(error);
    }
  }
}

function hostFacts(host: Host): unknown {
  return { ...host, load: loadavg(), cpus: availableParallelism(), memoryBytes: totalmem(), node: process.version };
}

/** Seconds since the start, as the kernel prints them. */
function stamp(atMs: number): string {
  return `[${(atMs / 1000).toFixed(3).padStart(8)}]`;
}

function jsonl(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
