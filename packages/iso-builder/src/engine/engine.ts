import type Docker from 'dockerode';

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
}
