import type Docker from 'dockerode';
import type { ExecutorOptions, Executor } from '../executor/executor.ts';
import type { PreflightCheck } from '../preflight/check.ts';
import type { Dial } from './endpoint.ts';

/** A container engine that answers Docker's API. Disposing it ends what was started for it, never the engine itself. */
export interface Engine extends AsyncDisposable {
  readonly kind: 'docker' | 'podman';
  /** The engine's own version, e.g. `20.10.24` or `4.3.1`. */
  readonly version: string;
  /** Where it answers, for messages: `unix:///var/run/docker.sock`, `ssh://build@host`, … */
  readonly endpoint: string;
  /** Its containers live on this machine's disks, so that their free space can be asked for. */
  readonly local: boolean;
  readonly docker: Docker;
  /** How to reach it, as plain data. */
  readonly dial: Dial;
}

/** No engine: livemedia-creator runs on this machine itself, a Fedora with lorax and anaconda. */
export interface HostEngine extends AsyncDisposable {
  readonly kind: 'host';
  /** The system's own name, e.g. `Fedora Linux 44`. */
  readonly version: string;
  readonly endpoint: string;
  readonly local: true;
  /** Where programs are found, and the environment they get. */
  readonly env: NodeJS.ProcessEnv;
}

/** An engine of another package's, which brings an executor of its own: a virtual machine. */
export interface MachineEngine extends AsyncDisposable {
  readonly kind: 'vm';
  /** What runs the machine, and its version, e.g. `QEMU 10.0.2`. */
  readonly version: string;
  readonly endpoint: string;
  readonly local: true;
  executor(options: ExecutorOptions): Executor;
  /** All that can be known before a build, as `preflight` reports it. */
  preflight(options: Pick<ExecutorOptions, 'builder' | 'neededBytes'>): Promise<PreflightCheck[]>;
}

/** Where builds can run, as {@link openEngine} finds it. */
export type AnyEngine = Engine | HostEngine;

/** Where builds can run. */
export type BuildEngine = AnyEngine | MachineEngine;
