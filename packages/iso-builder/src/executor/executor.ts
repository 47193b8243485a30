import type { Builder } from '../build/builder.ts';
import type { BuildEventBody } from '../progress/build-event.ts';
import type { BuilderImage } from '../container/builder-image.ts';
import type { PreflightCheck } from '../preflight/check.ts';

/** A file that came down. */
export interface Fetched {
  /** Bytes. */
  size: number;
  sha256: string;
}

/** Where things of one attempt are, as livemedia-creator sees them. */
export interface Paths {
  readonly kickstart: string;
  /** Where mkksiso finds the installer's ISO. */
  readonly installer: string;
  /** Must not exist when livemedia-creator starts, and must when mkksiso does. */
  readonly result: string;
  /** Must exist. */
  readonly tmp: string;
  readonly logs: string;
  readonly logfile: string;
}

/** What an executor is made for: one build. */
export interface ExecutorOptions {
  builder: Builder;
  /** Of this attempt: in names and labels. */
  session: string;
  sourceDateEpoch: number | undefined;
  /** Bytes to be free where livemedia-creator works; not asked for when undefined. */
  neededBytes: number | undefined;
}

/** What is to be run. */
export interface Job {
  /** livemedia-creator or mkksiso, and its arguments. */
  argv: readonly string[];
  kickstart: string;
  /** Of the result's file. */
  isoName: string;
  /** The installer's ISO that mkksiso puts the kickstart into, a file of this machine; it goes to `paths.installer`. */
  installer?: string | undefined;
  sourceDateEpoch: number | undefined;
}

/**
 * Where livemedia-creator runs: in a container of an engine, or on this machine itself. One is made for each build.
 *
 * Its methods are called in the order in which they stand here.
 */
export interface Executor {
  readonly paths: Paths;
  /** Removes what builds of dead processes left, and says what that was. */
  reap(): Promise<string[]>;
  /** What can be checked before the builder is there. */
  check(): Promise<PreflightCheck[]>;
  /** Makes sure of the builder. */
  prepare(options: { signal: AbortSignal; onEvent: (event: BuildEventBody) => void }): Promise<BuilderImage>;
  /** What can be checked only with the builder. */
  checkWith(image: BuilderImage): Promise<PreflightCheck[]>;
  /** Makes the place for one attempt, with its inputs. Nothing runs yet. */
  create(job: Job, image: BuilderImage): Promise<Attempt>;
}

/** One attempt. Disposing it ends what still runs, and removes everything that is not fetched by then. */
export interface Attempt extends AsyncDisposable {
  run(options: RunOptions): Promise<RunOutcome>;
  /** Size in bytes of a file that is being written; undefined when it is not there (any more). */
  sizeOf(path: string): Promise<number | undefined>;
  /** Copies the logs to `target`, and says what is not as the builder had it. */
  fetchLogs(target: string): Promise<string[]>;
  /** Copies a file of the result to `target`; undefined when there is none of this name. */
  fetchResult(name: string, target: string, options: FetchOptions): Promise<Fetched | undefined>;
}

export interface RunOptions {
  /** Every line of the console, once, in order. */
  onLine: (line: string) => void;
  /** Stops livemedia-creator: politely first, firmly after `abortGraceMs`. */
  signal: AbortSignal;
  abortGraceMs: number;
  /** Stops it, too, when time is up or the outcome is known, but patiently: its logs are worth having. */
  stop: AbortSignal;
}

export interface RunOutcome {
  exitCode: number;
  /** It ended because of `stop`. */
  stopped: boolean;
  /** The kernel ended a process of it for want of memory, as far as is known. */
  oomKilled: boolean;
  /** The disk that it works on was full, as far as is known. */
  diskFull: boolean;
}

export interface FetchOptions {
  signal: AbortSignal;
  /** In bytes. */
  onProgress: (done: number, total: number) => void;
}

/** For livemedia-creator to end by itself when it is stopped for its time being up, or since it can only fail. */
export const patientGraceMs = 30_000;
