import type Docker from 'dockerode';
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

/** Where builds can run. */
export type AnyEngine = Engine | HostEngine;
