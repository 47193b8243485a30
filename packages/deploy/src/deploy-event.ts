import type { InstallFailure } from './installer/monitor.ts';
import type { InstallPhase, InstallProgress } from '@phyllome/installer';

/** What happens while an edition is installed, as plain JSON, in order. Times in milliseconds since the machine started. */
export type DeployEvent =
  /** `total` in bytes, if the server reports it. */
  | { type: 'download'; file: string; done: number; total: number | undefined }
  | { type: 'source'; name: string; kickstart: string }
  | { type: 'start'; accelerator: 'kvm' | 'tcg'; reason: string; qemuVersion: string }
  | { type: 'phase'; phase: InstallPhase; atMs: number }
  | { type: 'progress'; phase: InstallPhase; progress: InstallProgress; atMs: number }
  | { type: 'failure'; failure: InstallFailure; atMs: number }
  | { type: 'installed'; disk: string; atMs: number };
