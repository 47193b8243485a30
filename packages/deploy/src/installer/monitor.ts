import { detectOnSerial } from '@phyllome/vm-tester';
import {
  type FailureCause,
  INSTALL_PHASES,
  type InstallPhase,
  type InstallProgress,
  Evidence,
  detectFailure,
  explain,
  installPhaseOf,
  progressOf,
  scriptAt,
  splitKickstart,
} from '@phyllome/installer';

/** Where a line comes from: the serial console, or the installer's syslog. */
export type LogSource = 'console' | 'log';

/** Why the installation failed, and what to do about it. */
export interface InstallFailure {
  cause: FailureCause;
  hint: string;
  /** The line that says so, and those after it that explain it. */
  lines: string[];
  /** The line of the kickstart that the installer speaks of. */
  kickstartLine: number | undefined;
}

export interface MonitorEvents {
  onPhase(phase: InstallPhase, atMs: number): void;
  onProgress(progress: InstallProgress, atMs: number): void;
  onFailure(failure: InstallFailure, atMs: number): void;
}

/** What follows an error on the console explains it. */
const MAX_LINES = 12;

/**
 * Reads what a machine says while it is installed. It owns no clock, process or file: every line comes with its time,
 * so that a recorded console is judged exactly like a running machine.
 */
export class InstallMonitor {
  #phase: InstallPhase = 'firmware';
  #progressAtMs = 0;
  #failure: InstallFailure | undefined;
  #failedOn: LogSource | undefined;
  /** The failure is only that it stopped: why, the lines after it say. */
  #announced = false;
  readonly #seen = new Set<string>();
  readonly #evidence = new Evidence();
  readonly #events: MonitorEvents;
  readonly #kickstart: string;

  /** @param kickstart as the installer gets it: numbers of lines count in it, or in parts of it */
  constructor(events: MonitorEvents, kickstart = '') {
    this.#events = events;
    this.#kickstart = kickstart;
  }

  get phase(): InstallPhase {
    return this.#phase;
  }

  get failure(): InstallFailure | undefined {
    return this.#failure;
  }

  /** When there was a sign of progress: a phase, a further package, a task. Other lines are none: a hung guest prints, too. */
  get progressAtMs(): number {
    return this.#progressAtMs;
  }

  line(source: LogSource, text: string, atMs: number): void {
    this.#evidence.line('console', source, text);
    if (this.#failure) return this.#explain(source, text);
    const found = this.#failureIn(source, text);
    if (found) return this.#fail(source, found, text, atMs);
    const phase = installPhaseOf(text);
    if (phase) this.enter(phase, atMs);
    const progress = progressOf(text);
    if (progress)
      this.#further(`${this.#phase} ${progress.done}/${progress.total}`, atMs, () =>
        this.#events.onProgress(progress, atMs),
      );
    const task = /\bTask (?:started|completed): .+ \(\d+\/\d+\)/u.exec(text)?.[0];
    if (task !== undefined) this.#further(task, atMs);
  }

  /** A later phase began. Earlier or present ones are not reported. */
  enter(phase: InstallPhase, atMs: number): void {
    if (INSTALL_PHASES.indexOf(phase) <= INSTALL_PHASES.indexOf(this.#phase)) return;
    this.#phase = phase;
    this.#progressAtMs = atMs;
    this.#events.onPhase(phase, atMs);
  }

  /** Each sign counts once. */
  #further(sign: string, atMs: number, report?: () => void): void {
    if (this.#seen.has(sign)) return;
    this.#seen.add(sign);
    this.#progressAtMs = atMs;
    report?.();
  }

  #failureIn(source: LogSource, text: string): Pick<InstallFailure, 'cause' | 'hint'> | undefined {
    const found = detectFailure(text);
    if (found) return found;
    // Before the installer runs, and below it: a kernel, an initramfs.
    const below = source === 'console' ? detectOnSerial(text) : undefined;
    if (below?.severity !== 'fatal') return undefined;
    return { cause: 'kernel', hint: `the machine met a ${below.cause}: see the console log` };
  }

  #fail(source: LogSource, { cause, hint }: Pick<InstallFailure, 'cause' | 'hint'>, text: string, atMs: number): void {
    this.#failedOn = source;
    this.#announced = cause === 'installer-stopped';
    this.#failure = { cause, hint, lines: [text.trim()], kickstartLine: this.#lineNumberIn(text) };
    this.#events.onFailure(this.#failure, atMs);
  }

  #explain(source: LogSource, text: string): void {
    const failure = this.#failure;
    if (!failure || source !== this.#failedOn || text.trim() === '' || failure.lines.length >= MAX_LINES) return;
    failure.lines.push(text.trim());
    failure.kickstartLine ??= this.#lineNumberIn(text);
    if (this.#announced) this.#refine(failure);
  }

  /** That it stopped is known; what it says after that is why. */
  #refine(failure: InstallFailure): void {
    const { outcome, cause, hint, kickstartLine } = explain(this.#evidence, { kickstart: this.#kickstart });
    if (outcome !== 'failed' || cause === 'installer-stopped' || cause === 'unknown') return;
    failure.cause = cause;
    failure.hint = hint;
    failure.kickstartLine ??= kickstartLine;
  }

  /** Anaconda and pykickstart both say `line N`; of scripts it counts in a part of the kickstart. */
  #lineNumberIn(text: string): number | undefined {
    const found = /(?<script>\bkickstart script at )?\bline (?<number>\d+)\b/u.exec(text)?.groups;
    if (found === undefined) return undefined;
    const number = Number(found['number']);
    if (found['script'] === undefined) return number;
    return scriptAt(splitKickstart(this.#kickstart), number, 'unknown')?.line ?? number;
  }
}
