import type { Allow } from '../allow.ts';
import type { Detector } from '../console/detectors.ts';
import type { VmEvent } from '../events.ts';
import type { Firmware } from '../firmware.ts';
import type { Host } from '../host/probe.ts';
import type { Image } from '../qemu/command-line.ts';
import type { Phase } from '../verdict.ts';
import type { Budget } from '../watch.ts';

export interface MachineOptions {
  image: Image;
  /** Default `bios`. */
  firmware?: Firmware;
  /** Default 2. */
  cpus?: number;
  /** Default 2048. */
  memoryMiB?: number;
  /** Default `none`: an image must boot without one. */
  network?: 'none' | 'user';
  /** Default: the answer of {@link probeHost}. */
  host?: Host;
  /** Instead of the table in console/detectors.ts. */
  detectors?: readonly Detector[];
  /** Known faults that do not reject the image for now. */
  allow?: readonly Allow[];
  /** How long each phase may last without progress, where it differs from the defaults in watch.ts. */
  budgets?: Partial<Record<Phase, Budget>>;
  /** Where serial.log, journal.json, verdict.json … go. Default: nowhere. */
  artifactsDir?: string;
  signal?: AbortSignal;
  onEvent?(event: VmEvent): void;
}

export interface WaitOptions {
  /** On an idle machine with KVM; multiplied with the host's timeScale and load. Default 30 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface RunOptions {
  stdin?: string | Buffer;
  /** On an idle machine with KVM; multiplied with the host's timeScale and load. Default 10 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** A state of a machine that it can be set back to, as long as it runs. */
export interface Snapshot {
  name: string;
}
