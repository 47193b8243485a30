import type { Allow } from '../verdict/allow.ts';
import type { Detector } from '../console/detectors/index.ts';
import type { VmEvent } from './events.ts';
import type { Firmware } from '../qemu/firmware.ts';
import type { Host } from '../host/probe.ts';
import type { Cable } from '../network/private-network.ts';
import type { MachineType, Network } from '../qemu/hardware.ts';
import type { Image } from '../qemu/media.ts';
import type { Phase } from '../verdict/verdict.ts';
import type { Budget } from '../verdict/boot-monitor.ts';
import type { Instrument } from './events.ts';

/** A user who logs in on the serial console. */
export interface Login {
  /** `root`, or somebody who may `sudo` without a password. */
  user: string;
  /** Absent: none is asked for. */
  password?: string;
}

/** What shows on a machine without our agent that it is up. */
export type ReadyWhen =
  | { console: RegExp }
  /** Text on the screen, once a kernel runs; with `fromStart` at any time, for what has none, as a memory test. */
  | { text: RegExp; fromStart?: boolean }
  | { needle: string };

/** What a machine consists of, what is in it, and what watches it. All but the image has a default. */
export interface MachineOptions {
  image: Image;
  /** A named set of hardware (qemu/hardware.ts), of which the options below replace parts. Default `tester`. */
  machine?: MachineType;
  firmware?: Firmware;
  cpus?: number;
  memoryMiB?: number;
  /** An empty disk beside the image, thrown away with the machine; 0 for none. */
  diskMiB?: number;
  /**
   * Default `none`: an image must boot without one. A cable of a {@link PrivateNetwork} connects the machine with the
   * others on it.
   */
  network?: Network | Cable;
  /** Keeps every frame of the network card as `network.pcap` among the artifacts. Default false. */
  capture?: boolean;
  /** How many disks {@link Machine.addDisk} can put in at once. Default 0. */
  diskSlots?: number;
  /** What the machine's own clock shows when it is switched on: of one whose battery is empty, 1970. Default: the time. */
  clock?: Date;
  /** A TPM 2.0, by swtpm. */
  tpm?: boolean;
  /** An IOMMU, so that the guest can hand devices to guests of its own. */
  iommu?: 'intel' | 'virtio';
  /** Offers the guest hardware virtualisation: with KVM the host's; TCG emulates AMD's. */
  nested?: boolean;
  /** QEMU's -cpu, instead of the one that {@link probeHost} chose. */
  cpu?: string;
  /**
   * Default `auto`: `initrd-inject` for a kernel with an initrd, `credential` for everything else; and `serial-login`
   * when a login is offered while our agent does not answer, if the option `login` says as which user.
   */
  instrument?: 'auto' | Instrument;
  /**
   * For `serial-login`, where root without a password is the default. A guest that is reached otherwise has to
   * let this user in on its serial console, too.
   */
  login?: Login;
  /** For `screen`. Default: a login prompt on the serial console. */
  readyWhen?: ReadyWhen;
  /**
   * What is done at a boot menu of an ISO or a disk that waits for a person: `enter` starts what it offers first, and the
   * report says so. Default `wait`; where a whole image is judged ({@link acceptImage}), `enter`.
   */
  bootMenu?: 'enter' | 'wait';
  /**
   * Waits with the start until this host has CPUs and memory to spare, among all machines that are started so
   * (host/tokens.ts). Default false.
   */
  queue?: boolean;
  /** Default: the answer of {@link probeHost}. */
  host?: Host;
  /** Instead of the tables in console/detectors/. */
  detectors?: readonly Detector[];
  /** Known faults that do not reject the image for now. */
  allow?: readonly Allow[];
  /** How long each phase may last without progress, where it differs from the defaults in verdict/boot-monitor.ts. */
  budgets?: Partial<Record<Phase, Budget>>;
  /** Where serial.log, journal.json, verdict.json … go. Default: nowhere. */
  artifactsDir?: string;
  /** A directory of needles, for {@link Machine.assertScreen}. */
  needles?: string;
  signal?: AbortSignal;
  onEvent?(event: VmEvent): void;
}

/** How long something is waited for. */
export interface WaitOptions {
  /** On an idle machine with KVM; multiplied by the host's timeScale, and time that QEMU was denied does not count. Default 30 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** How a command is run in the guest. */
export interface RunOptions {
  stdin?: string | Buffer;
  /** As in {@link WaitOptions}. Default 10 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** A state of a machine that it can be set back to, as long as it runs. */
export interface Snapshot {
  name: string;
}

/** What need not be over before a system has settled. */
export interface SettleOptions {
  /**
   * Units that wait for a person, as first-boot set-up does: when nothing else is left to be started, the system has
   * settled. Default: none.
   */
  waitsFor?: readonly string[];
}
