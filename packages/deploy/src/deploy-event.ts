import type { HostEvent, PhaseEvent, ProgressEvent, Timed } from '@phyllome/host';
import type { InstallPhase } from '@phyllome/installer';
import type { InstallFailure } from './installer/monitor.ts';

/** What happens while an edition is installed, as plain JSON, in order. */
export type DeployEvent =
  /** `total` in bytes, if the server reports it. */
  | { type: 'download'; file: string; done: number; total: number | undefined }
  | { type: 'source'; name: string; kickstart: string }
  | HostEvent
  | (PhaseEvent<InstallPhase> & Timed)
  | (ProgressEvent<InstallPhase> & Timed)
  | ({ type: 'failure'; failure: InstallFailure } & Timed)
  | ({ type: 'installed'; disk: string } & Timed);
