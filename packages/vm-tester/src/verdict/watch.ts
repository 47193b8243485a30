import { allowance } from './allow.ts';
import type { Allow } from './allow.ts';
import { detect, DETECTORS } from '../console/detectors.ts';
import type { Detector, LineSource } from '../console/detectors.ts';
import { LineSplitter } from '../console/lines.ts';
import { LOGIN_PROMPT, milestone } from '../console/milestones.ts';
import type { JournalEntry } from '../guest/journal.ts';
import type { QmpEvent } from '../qmp/protocol.ts';
import { phaseIndex } from './verdict.ts';
import type { Cause, Evidence, Milestones, Phase } from './verdict.ts';

export interface Finding {
  severity: 'fatal' | 'fail' | 'warn';
  cause: Cause;
  phase: Phase;
  evidence: Evidence;
}

/**
 * How long a phase may last without a sign of progress: `fixedMs` is waiting that no fast machine shortens (a boot
 * menu's countdown, systemd's stop time-out), `scaledMs` is work, multiplied with the host's timeScale and load.
 */
export interface Budget {
  fixedMs: number;
  scaledMs: number;
}

export const PHASE_BUDGETS: Record<Phase, Budget> = {
  preflight: { fixedMs: 60_000, scaledMs: 0 },
  firmware: { fixedMs: 10_000, scaledMs: 6_000 },
  bootloader: { fixedMs: 75_000, scaledMs: 6_000 },
  kernel: { fixedMs: 5_000, scaledMs: 6_000 },
  initrd: { fixedMs: 5_000, scaledMs: 12_000 },
  'switch-root': { fixedMs: 5_000, scaledMs: 12_000 },
  userspace: { fixedMs: 5_000, scaledMs: 12_000 },
  ready: { fixedMs: 30_000, scaledMs: 12_000 },
  checks: { fixedMs: 95_000, scaledMs: 20_000 },
  shutdown: { fixedMs: 95_000, scaledMs: 12_000 },
};

/** A guest whose kernel says nothing on the serial line shows no phase between these. */
const SILENT_PHASES: Phase[] = ['kernel', 'initrd', 'switch-root', 'userspace'];

/** OVMF resets the machine once or twice itself, as when it first writes its variables. */
const MAX_FIRMWARE_RESETS = 3;

/** A line left open for this long is a prompt, not a line on its way. */
const OPEN_LINE_MS = 200;

/** Process 1's words; a user's own manager says nothing of the kernel. */
const STARTUP_FINISHED = /^Startup finished in .*\(kernel\)/;

/** The kernel's last words. */
const LEAVES = /^(\[[ \d.]+\] )?reboot: (Restarting system|Power down|System halted)/;

/**
 * A kernel that ends takes its disks away before it says so. Who still reads then, on another CPU, is told of an I/O
 * error that is no fault of the medium's. Longest measured from such an error to the reset: 200 ms, under TCG.
 */
export const LEAVING_MS = 1_000;
const LOST_DISK: readonly Cause[] = ['io-error', 'fs-corrupt'];

/** What tells that nothing happened any more. */
const NO_PROGRESS = ['deadline', 'waiting-jobs'] as const;
export type NoProgress = (typeof NO_PROGRESS)[number];

/** A disk that fails says so thousands of times. */
const FINDINGS_PER_DETECTOR = 5;

/** What was known at some moment. */
export interface WatchMark {
  phase: Phase;
  findings: number;
  seen: string[];
}

export interface WatchOptions {
  timeScale: number;
  detectors?: readonly Detector[];
  budgets?: Partial<Record<Phase, Budget>>;
  /** Faults that do not reject the image for now. */
  allow?: readonly Allow[];
  onPhase?(phase: Phase, atMs: number): void;
  onFinding?(finding: Finding): void;
}

/**
 * Judges what a machine shows, as it shows it. It owns no clock, process or file: every observation comes with
 * its time, so that a recorded log is judged exactly like a running machine.
 */
export class Watch {
  readonly milestones: Milestones = {};
  readonly findings: Finding[] = [];
  #phase: Phase = 'firmware';
  #progressAtMs = 0;
  #resets = 0;
  #expectPowerOff = false;
  #expectReboot = false;
  #loginPrompt = false;
  #startupFinished = false;
  #serialKernel = false;
  readonly #options: WatchOptions;
  readonly #heardAtMs = { serial: 0, debugcon: 0, journal: 0 };
  /** What of the open line has been judged. */
  readonly #judgedOpen = { serial: '', debugcon: '' };
  readonly #splitters = { serial: new LineSplitter(), debugcon: new LineSplitter() };
  /** Keys of findings: a line is told by the serial console and again by the journal. */
  readonly #seen = new Set<string>();
  readonly #jobs = new Set<string>();
  /** Of the findings that tests made. */
  readonly #asserted = new Set<Evidence>();

  constructor(options: WatchOptions) {
    this.#options = options;
    this.milestones.firmware = 0;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get fatal(): Finding | undefined {
    return this.findings.find((finding) => finding.severity === 'fatal');
  }

  /**
   * The worst finding, the earliest of these; warnings do not count. That nothing happened any more is no cause where
   * another was found before.
   */
  get rejection(): Finding | undefined {
    const first = this.findings.find(({ severity }) => severity !== 'warn');
    const fatal = this.fatal ?? first;
    return NO_PROGRESS.some((detector) => detector === fatal?.evidence.detector) ? first : fatal;
  }

  /** The guest asked for a login on the serial console. */
  get loginPrompt(): boolean {
    return this.#loginPrompt;
  }

  /** Process 1 has said that everything it was to start has been started. */
  get startupFinished(): boolean {
    return this.#startupFinished;
  }

  /** When a console or the journal last said something. */
  get heardAtMs(): number {
    return Math.max(...Object.values(this.#heardAtMs));
  }

  /** Bytes of a console. Returns the complete lines among them, for the log. */
  console(source: 'serial' | 'debugcon', chunk: Buffer, atMs: number): string[] {
    const lines = this.#splitters[source].push(chunk);
    lines.forEach((line, index) => this.#line(source, line, atMs, index === 0 ? this.#judgedOpen[source] : ''));
    if (lines.length > 0) this.#judgedOpen[source] = '';
    this.#heardAtMs[source] = atMs;
    return lines;
  }

  /** Judges lines that were begun and then left open, as prompts are. Call it now and then. */
  quiet(nowMs: number): void {
    for (const source of ['serial', 'debugcon'] as const) {
      const { open } = this.#splitters[source];
      if (open === '' || open === this.#judgedOpen[source] || nowMs - this.#heardAtMs[source] < OPEN_LINE_MS) continue;
      this.#line(source, open, nowMs, this.#judgedOpen[source]);
      this.#judgedOpen[source] = open;
    }
  }

  journal(entry: JournalEntry, atMs: number): void {
    this.enter('userspace', atMs);
    this.#heardAtMs.journal = atMs;
    if (entry.jobResult !== undefined && entry.identifier === 'systemd') {
      // Each job counts once: a unit that restarts for ever is no progress. One that stops at the end is.
      const job = `${entry.unit} ${entry.jobType} ${entry.jobResult}`;
      if (!this.#jobs.has(job)) this.#progressAtMs = Math.max(this.#progressAtMs, atMs);
      this.#jobs.add(job);
    }
    if (entry.identifier === 'systemd' && STARTUP_FINISHED.test(entry.message)) this.#startupFinished = true;
    this.#detect('journal', `${entry.identifier}: ${entry.message}`, atMs);
  }

  qmp(event: QmpEvent, atMs: number): void {
    if ((event.event === 'RESET' || event.event === 'SHUTDOWN') && event.data?.['guest'] === true) this.#leaves(atMs);
    const evidence = (detector: string) => ({ source: 'qmp', atMs, line: JSON.stringify(event), detector }) as const;
    if (event.event === 'GUEST_PANICKED') {
      this.add('fatal', 'kernel-panic', evidence('guest-panicked'));
    } else if (event.event === 'BLOCK_IO_ERROR' && event.data?.['nospace'] !== true) {
      this.add('fail', 'io-error', evidence('block-io-error'));
    } else if (event.event === 'RESET' && event.data?.['guest'] === true && this.#expectReboot) {
      this.#expectReboot = false;
      this.#beginAgain(atMs);
    } else if (event.event === 'RESET' && event.data?.['guest'] === true) {
      this.#resets++;
      const early = phaseIndex(this.#phase) < phaseIndex('kernel');
      if (!early || this.#resets > MAX_FIRMWARE_RESETS) this.add('fatal', 'reboot-loop', evidence('guest-reset'));
    } else if (event.event === 'SHUTDOWN' && event.data?.['guest'] === true && !this.#expectPowerOff) {
      this.add('fatal', 'unexpected-poweroff', evidence('guest-shutdown'));
    }
  }

  /** From now on the guest is meant to power off. */
  expectPowerOff(): void {
    this.#expectPowerOff = true;
  }

  /** The next reset is asked for, and begins the way through the phases anew. */
  expectReboot(): void {
    this.#expectReboot = true;
  }

  /** What is known so far, for {@link rollback}. */
  mark(): WatchMark {
    return { phase: this.#phase, findings: this.findings.length, seen: [...this.#seen] };
  }

  /** The machine was set back to where it was: what it showed since is as if it had not happened. */
  rollback({ phase, findings, seen }: WatchMark, nowMs: number): void {
    this.#phase = phase;
    this.#progressAtMs = nowMs;
    this.#expectPowerOff = false;
    this.#expectReboot = false;
    const since = this.findings.splice(findings);
    this.#seen.clear();
    for (const key of seen) this.#seen.add(key);
    for (const finding of since.filter(({ evidence }) => this.#asserted.has(evidence))) {
      this.findings.push(finding);
      this.#seen.add(keyOf(finding.evidence));
    }
  }

  /** Somebody waits for the guest from now on: that it did nothing before, while nobody did, is not held against it. */
  waits(atMs: number): void {
    this.#progressAtMs = Math.max(this.#progressAtMs, atMs);
  }

  /** A later phase began. Earlier or present ones are no news. */
  enter(phase: Phase, atMs: number): void {
    if (phaseIndex(phase) <= phaseIndex(this.#phase)) return;
    this.#phase = phase;
    this.#progressAtMs = atMs;
    this.milestones[phase] ??= atMs; // those of the first boot are the run's
    this.#options.onPhase?.(phase, atMs);
  }

  /** `asserted`: by a test, not by what the machine shows, so that it stays when that is set back. */
  add(severity: Finding['severity'], cause: Cause, evidence: Evidence, { asserted = false } = {}): void {
    const key = keyOf(evidence);
    if (this.#seen.has(key)) return;
    const finding = this.#allow({ severity, cause, phase: this.#phase, evidence });
    // Of each severity: many that are allowed must not hide the one that is not.
    const alike = this.findings.filter(
      (one) => one.evidence.detector === evidence.detector && one.severity === finding.severity,
    );
    if (alike.length >= FINDINGS_PER_DETECTOR) return; // the rest is in the logs
    this.#seen.add(key);
    if (asserted) this.#asserted.add(finding.evidence);
    this.findings.push(finding);
    this.#options.onFinding?.(finding);
  }

  #beginAgain(atMs: number): void {
    this.#phase = 'firmware';
    this.#progressAtMs = atMs;
    this.#resets = 0;
    this.#loginPrompt = false;
    this.#serialKernel = false;
    this.#jobs.clear();
    this.#startupFinished = false;
    this.#options.onPhase?.('firmware', atMs);
  }

  /** How long the present phase may go on without progress, on a host this busy. */
  allowedMs(load: number): number {
    const silent = SILENT_PHASES.includes(this.#phase) && !this.#serialKernel;
    const phases = silent ? SILENT_PHASES.slice(SILENT_PHASES.indexOf(this.#phase)) : [this.#phase];
    const budget = phases.map((phase) => this.#options.budgets?.[phase] ?? PHASE_BUDGETS[phase]);
    const scale = this.#options.timeScale * load;
    return budget.reduce((sum, { fixedMs, scaledMs }) => sum + fixedMs + scaledMs * scale, 0);
  }

  overdue(nowMs: number, load: number): boolean {
    return nowMs - this.#progressAtMs > this.allowedMs(load);
  }

  /** `before`: this line's beginning, if that was judged already: what it showed is not found again. */
  #line(source: 'serial' | 'debugcon', text: string, atMs: number, before: string): void {
    const phase = milestone(source, text);
    if (phase === 'kernel') this.#serialKernel = true;
    if (phase) this.enter(phase, atMs);
    if (source === 'serial' && LOGIN_PROMPT.test(text)) this.#loginPrompt = true;
    if (source === 'serial' && LEAVES.test(text)) this.#leaves(atMs);
    if (before === '' || detect(before, this.#detectors)?.id !== detect(text, this.#detectors)?.id) {
      this.#detect(source, text, atMs);
    }
  }

  #allow(finding: Finding): Finding {
    const known = allowance(finding.evidence.line, this.#options.allow ?? []);
    if (!known || finding.severity === 'warn') return finding;
    const evidence = { ...finding.evidence, line: `${finding.evidence.line} (${known.note})` };
    return { ...finding, severity: known.allowed ? 'warn' : finding.severity, evidence };
  }

  get #detectors(): readonly Detector[] {
    return this.#options.detectors ?? DETECTORS;
  }

  #detect(source: LineSource, line: string, atMs: number): void {
    const detector = detect(line, this.#detectors);
    if (!detector) return;
    const { id, cause } = detector;
    // A guest that was asked to end is let end: only then is it known whether its disk was still there.
    const wait = (this.#expectPowerOff || this.#expectReboot) && LOST_DISK.includes(cause);
    const severity = wait && detector.severity === 'fatal' ? 'fail' : detector.severity;
    this.add(severity, cause, { source, atMs, line, detector: id });
  }

  /** The guest resets or powers off: the I/O errors right before that, and what followed from them, are only told. */
  #leaves(atMs: number): void {
    const first = this.findings.findIndex(
      ({ cause, evidence }) => cause === 'io-error' && evidence.atMs >= atMs - LEAVING_MS,
    );
    if (first < 0) return;
    for (const [index, finding] of this.findings.entries()) {
      if (index >= first && LOST_DISK.includes(finding.cause)) this.findings[index] = { ...finding, severity: 'warn' };
    }
  }
}

/** Detector and line, without times and without who tells it. */
function keyOf({ detector, line }: Evidence): string {
  const text = line.replace(/^\[[ \d.]+\] |^kernel: /, '').replace(/^(\S+\[\d+\]|\S+): /, '');
  return `${detector} ${text}`;
}
