import { allowance } from './allow.ts';
import type { Allow } from './allow.ts';
import { detect, DETECTORS } from '../console/detectors/index.ts';
import type { Detector, LineSource } from '../console/detectors/index.ts';
import { LineSplitter, MAX_LINE_CHARS } from '../console/lines.ts';
import { LOGIN_PROMPT, milestone, showsPeople } from '../console/milestones.ts';
import {
  isOfSavedJournal,
  KERNEL_STAMP,
  kernelMsOf,
  partsOf,
  spokenByFirmware,
  spokenInJournal,
  spokenOnSerial,
} from '../console/speaker.ts';
import type { ConsoleMoment, Said, Speaker } from '../console/speaker.ts';
import { CRASH_LOOP_RESTARTS, STEADY_MS } from '../guest/crash-loops.ts';
import type { JournalEntry } from '../guest/journal.ts';
import type { QmpEvent } from '../qmp/protocol.ts';
import { phaseIndex } from './verdict.ts';
import type { Cause, Evidence, Milestones, Phase } from './verdict.ts';

/** Something that was seen of a machine: `fatal` ends its boot, `fail` rejects it at the end, `warn` is only reported. */
export interface Finding {
  severity: 'fatal' | 'fail' | 'warn';
  cause: Cause;
  phase: Phase;
  evidence: Evidence;
}

/**
 * How long a phase may last without a sign of progress: `fixedMs` is waiting that no fast machine shortens (a boot
 * menu's countdown, systemd's stop time-out), `scaledMs` is work, multiplied by the host's timeScale.
 */
export interface Budget {
  fixedMs: number;
  scaledMs: number;
}

const PHASE_BUDGETS: Record<Phase, Budget> = {
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

/** Whose prompt or menu can be all that an image is to show. */
const PROMPTS: readonly Speaker[] = ['firmware', 'loader', 'initramfs', 'init'];

/** A line left open for this long is a prompt, not a line on its way. */
const OPEN_LINE_MS = 200;

/** Process 1's words; a user's own manager says nothing of the kernel. */
const STARTUP_FINISHED = /^Startup finished in .*\(kernel\)/;

/** A machine that starts anew, and its kernel's clock with it. */
const STARTS_ANEW = /^(SeaBIOS \(|BdsDxe: |U-Boot \d|Booting from )/;

/** No kernel's clock is so far ahead of the time since its machine was switched on. */
const AHEAD_MS = 3_600_000;

/** The kernel's last words. */
export const LEAVES = /^(\[[ \d.]+\] )?reboot: (Restarting system|Power down|System halted)/;

/**
 * A kernel that ends takes its disks away before it says so. A process that still reads then, on another CPU, gets an I/O
 * error that is not a fault of the medium's. Longest measured from such an error to the reset: 200 ms, under TCG.
 */
export const LEAVING_MS = 1_000;
const LOST_DISK: readonly Cause[] = ['io-error', 'fs-corrupt'];

/** The causes that say that nothing happened any more. */
const NO_PROGRESS = ['deadline', 'waiting-jobs', 'passphrase-wanted', 'device-wanted'] as const;
export type NoProgress = (typeof NO_PROGRESS)[number];

/**
 * How long a fatal line of the kernel waits for the journal, where that is read: root can write any line to the serial
 * console by /dev/kmsg, and only the journal says whose it was. A kernel that has really ended says nothing more there,
 * and a panic is reported by QEMU at once (GUEST_PANICKED).
 */
export const CONFIRMATION_MS = 500;

/** A daemon that answers SIGTERM with another status than 0 has ended as it was asked to. */
const MAIN_EXITED = /^(\S+): Main process exited, code=(?:exited|killed)/;
/** What was killed after its time to stop, or by its watchdog, has not. */
const ENDED_WHEN_ASKED = /: Failed with result '(?:exit-code|signal)'/;
const FAILED_AT_SHUTDOWN = 'failed-at-shutdown';
const HANGS = 'lockup';
const RESTARTED = /^(\S+): Scheduled restart job, restart counter is at (\d+)\b/;
/** A service that ends because its work is done, as getty's does when somebody logs out. */
const ENDED_WELL = /^(\S+): (?:Deactivated successfully|Succeeded)\.$/;
/** Before systemd 239 it kept no counter. */
const RESTARTS = /^(\S+?):? (?:Service )?hold-?off time over, scheduling restart/;
/** Kinds of process 1's messages (systemd's sd-messages.h): a unit is about to be started, it is. */
const UNIT_STARTING = '7d4958e842da4a758f6c1cdc7b36dcc5';
const UNIT_STARTED = '39f53479d3a045ac8e11786248231fbf';
const STARTS = /^(?:Starting|Started) (\S+\.service)\b/;
const FAILED = /^(\S+): Failed with result '/;
/**
 * What process 1 says of a unit that did not come up, and of one that did: by its name and description, or by that alone.
 * Each kind of unit has its own verb (systemd's src/core/mount.c, socket.c, swap.c, automount.c).
 */
const NOT_STARTED =
  /^(?:\[(?:FAILED|DEPEND)\] )?(?:Failed to (?:start|mount|listen on|activate swap|set up automount)|Dependency failed for) (?!.*\bignoring\b)(.+?)\.?$|^(\S+\.(?!scope:)\w+): Failed with result '(?!success')/;
const STARTED =
  /^(?:\[ {2}OK {2}\] )?(?:Started|Finished|Mounted|Listening on|Activated swap|Set up automount|Reached target) (.+?)\.?$/;
/** What is waited for in the guest's own time, 90 s as a rule, which a host that is busy takes from it. */
const TIMED_OUT = /^(?:\[ TIME \] )?Timed out waiting for device \S/;
const SHUTS_DOWN =
  /^(?:\[ {2}OK {2}\] )?(?:Stopped target (?:\S+ - )?(?:Multi-User|Graphical)|Shutting down|Reached target (?:\S+ - )?(?:System )?(?:Shutdown|Power Off|Reboot|Halt))/;

const WRITTEN = ' (written to /dev/kmsg by a process)';
const MOST_WRITTEN = 100;
const MOST_ASKED = 100;
/** Of units and their jobs: no system has so many, and a guest may name any number. */
const MOST_NAMED = 4_000;
/** How systemd asks for what opens an encrypted disk: `Please enter passphrase for disk NAME: `. */
const ASKS = 'Please enter';
const FOR_DISK = ' for disk ';
/** What was typed then: a mark for each key. */
const TYPED = /[•*]/;
/** Where the kernel said something meanwhile, they come on a line of their own. */
const TYPED_ALONE = /^[\s•*]*[•*]$/;
/** What systemd shows on a console while one thing is waited for: a device by its unit or its path, and for how long. */
const DEVICE_WANTED =
  /^\[[ *]+\] (?:\(\d+ of \d+\) )?(?:Job (dev-\S+)\.device\/start running|A start job is running for (\/dev\/\S+)) \(/;
const PASSPHRASE_REFUSED = 'passphrase-refused';
/** It is asked for again as often as crypttab(5) says, `tries=`; then its unit fails, whose name may be shortened. */
const NOT_OPENED = /^(?:\[FAILED\] )?Failed to start (?:systemd-cryptsetup[@…]|Cryptography Setup for )/;

/** A disk that fails says so thousands of times. */
const FINDINGS_PER_DETECTOR = 5;

/** What can leave a machine without its system, and in a shell. */
const REASONS: readonly Cause[] = ['bad-media', 'fs-corrupt', 'io-error', 'root-not-found', 'wrong-passphrase'];

/** What was known at some moment. */
export interface WatchMark {
  phase: Phase;
  findings: number;
  seen: string[];
  boot: BootState;
  /** The journal has said something. */
  journal: boolean;
}

/** What is known of one boot: the next reset begins it anew. */
interface BootState {
  /** How often the machine was reset by itself. */
  resets: number;
  loginPrompt: boolean;
  startupFinished: boolean;
  /** A line on the serial console began the kernel's phase. */
  serialKernel: boolean;
  kernelStamps: boolean;
  /** The latest of the kernel's times on the serial console. */
  kernelMs: number;
  /** People use the console: it shows what they like. */
  people: boolean;
  /** Systemd has spoken on the serial console. */
  systemd: boolean;
  /** The serial console began with a line of its own, not with one of a saved journal's. */
  repeats: boolean | undefined;
  processOneSpoke: boolean;
  /** The journal begins in the initrd. */
  journalInitrd: boolean;
  restarts: Map<string, number>;
  restartedAtMs: Map<string, number>;
  /** Units that have ended well and were not started since. */
  done: Set<string>;
  /** Units that process 1 started, or that failed, since the switch of roots. */
  startedHere: Set<string>;
  carriedOver: Set<string>;
  /** Units that process 1 could not start, and has not started since, each by its first line. */
  notStarted: Map<string, Evidence>;
  shutsDown: boolean;
  timedOut: boolean;
  /** The encrypted disks that were asked for, and whether something was typed then. */
  asked: Map<string, 'asked' | 'answered' | 'refused'>;
  /** The last of them. */
  askedLast: string;
  askedIn: Phase | undefined;
  awaited: { device: string; phase: Phase } | undefined;
  /** The last that was heard of a CPU or task that hangs, if nothing has shown since that the machine goes on. */
  hangs: Evidence | undefined;
  /** Units whose own process ended while the machine was shut down. */
  ended: Set<string>;
  /** Jobs of process 1's that have ended: unit, type and result. */
  jobs: Set<string>;
  leftByDependencies: Set<string>;
  /** What processes wrote to /dev/kmsg and the serial console has not shown yet. */
  written: string[];
}

const newBoot = (): BootState => ({
  resets: 0,
  loginPrompt: false,
  startupFinished: false,
  serialKernel: false,
  kernelStamps: false,
  kernelMs: 0,
  people: false,
  systemd: false,
  repeats: undefined,
  processOneSpoke: false,
  journalInitrd: true,
  restarts: new Map(),
  restartedAtMs: new Map(),
  done: new Set(),
  startedHere: new Set(),
  carriedOver: new Set(),
  notStarted: new Map(),
  shutsDown: false,
  timedOut: false,
  asked: new Map(),
  askedLast: '',
  askedIn: undefined,
  awaited: undefined,
  hangs: undefined,
  ended: new Set(),
  jobs: new Set(),
  leftByDependencies: new Set(),
  written: [],
});

export interface WatchOptions {
  timeScale: number;
  detectors?: readonly Detector[];
  budgets?: Partial<Record<Phase, Budget>>;
  /** Faults that do not reject the image for now. */
  allow?: readonly Allow[];
  /** What shows that the machine is up: where a boot loader or firmware says it, it is not their fault. */
  expected?: RegExp;
  onPhase?(phase: Phase, atMs: number): void;
  onFinding?(finding: Finding): void;
}

/**
 * Judges what a machine shows, as it shows it. It owns no clock, process or file: every observation comes with
 * its time, so that a recorded log is judged exactly like a running machine.
 */
export class BootMonitor {
  readonly milestones: Milestones = {};
  readonly findings: Finding[] = [];
  #phase: Phase = 'firmware';
  #progressAtMs = 0;
  #expectPowerOff = false;
  #expectReboot = false;
  readonly #options: WatchOptions;
  #nowMs = 0;
  #boot = newBoot();
  readonly #heardAtMs = { serial: 0, debugcon: 0, journal: 0, screen: 0 };
  /** What of the open line has been judged. */
  readonly #judgedOpen = { serial: '', debugcon: '' };
  readonly #splitters = { serial: new LineSplitter(), debugcon: new LineSplitter() };
  /** Keys of findings: a line is printed by the serial console and again by the journal. */
  readonly #seen = new Set<string>();
  /** Of the findings that tests made. */
  readonly #asserted = new Set<Evidence>();

  constructor(options: WatchOptions) {
    this.#options = options;
    this.milestones.firmware = 0;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** A finding that ends the boot. One that the journal could still refute is none yet. */
  get fatal(): Finding | undefined {
    return this.findings.find((finding) => finding.severity === 'fatal' && !this.#awaitsJournal(finding));
  }

  /** How often process 1 said that it restarts a unit; units that it restarted {@link CRASH_LOOP_RESTARTS} times or more. */
  get crashLoops(): ReadonlyMap<string, number> {
    return new Map([...this.#boot.restarts].filter(([, restarts]) => restarts >= CRASH_LOOP_RESTARTS));
  }

  /** Units whose process came from the initrd and ended with it: their first restart is the switch of roots' doing. */
  get carriedOver(): ReadonlySet<string> {
    return this.#boot.carriedOver;
  }

  /**
   * The worst finding, the earliest of these; warnings do not count. That nothing happened any more counts only where
   * nothing else was found before.
   */
  get rejection(): Finding | undefined {
    const first = this.findings.find(({ severity }) => severity !== 'warn');
    const fatal = this.fatal ?? first;
    if (fatal === undefined || NO_PROGRESS.some((detector) => detector === fatal.evidence.detector)) return first;
    return this.#reasonFor(fatal) ?? fatal;
  }

  /** What was found before a shell that only follows from it. */
  #reasonFor(end: Finding): Finding | undefined {
    if (!this.#detectors.some(({ id, follows }) => follows && id === end.evidence.detector)) return undefined;
    const before = this.findings.slice(0, this.findings.indexOf(end));
    return before.find(({ severity, cause }) => severity !== 'warn' && REASONS.includes(cause));
  }

  /** systemd gave up waiting for a device: on a machine that had no time, that says nothing of the device. */
  get timedOut(): boolean {
    return this.#boot.timedOut;
  }

  /** The device that systemd said last it waits for, in this phase. */
  get awaitedDevice(): string | undefined {
    return this.#boot.awaited?.phase === this.#phase ? this.#boot.awaited.device : undefined;
  }

  /**
   * The encrypted disk whose passphrase was asked for on the serial console in this phase, and nobody was seen to type: what
   * is not echoed shows in that the boot goes on.
   */
  get unopened(): string | undefined {
    return this.#boot.askedIn === this.#phase && this.#boot.asked.get(this.#boot.askedLast) === 'asked'
      ? this.#boot.askedLast
      : undefined;
  }

  /** Units that process 1 has not started because others, which they need, did not come up. */
  get leftByDependencies(): string[] {
    return [...this.#boot.leftByDependencies];
  }

  /** The guest asked for a login on the serial console. */
  get loginPrompt(): boolean {
    return this.#boot.loginPrompt;
  }

  /** Process 1 has said that everything it was to start has been started. */
  get startupFinished(): boolean {
    return this.#boot.startupFinished;
  }

  /** When a console or the journal last said something. */
  get heardAtMs(): number {
    return Math.max(...Object.values(this.#heardAtMs));
  }

  /** When the serial console last said something, if it ever did. */
  get serialHeardAtMs(): number | undefined {
    return this.#heardAtMs.serial > 0 ? this.#heardAtMs.serial : undefined;
  }

  /** Bytes of a console. Returns the complete lines among them, for the log. */
  console(source: 'serial' | 'debugcon', chunk: Buffer, atMs: number): string[] {
    this.#nowMs = Math.max(this.#nowMs, atMs);
    const lines = this.#splitters[source].push(chunk);
    lines.forEach((line, index) => {
      let before = index === 0 ? this.#judgedOpen[source] : '';
      for (const part of partsOf(line)) {
        this.#line(source, part, atMs, before.slice(0, part.length));
        before = before.slice(part.length);
      }
    });
    if (lines.length > 0) this.#judgedOpen[source] = '';
    this.#heardAtMs[source] = atMs;
    return lines;
  }

  /** Judges lines that were begun and then left open, as prompts are. Call it now and then. */
  quiet(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    for (const source of ['serial', 'debugcon'] as const) {
      const { open } = this.#splitters[source];
      if (open === '' || open === this.#judgedOpen[source] || nowMs - this.#heardAtMs[source] < OPEN_LINE_MS) continue;
      this.#line(source, open, nowMs, this.#judgedOpen[source]);
      this.#judgedOpen[source] = open;
    }
  }

  /** The text of a VGA console, a row an element. Firmware and boot loaders often write nowhere else. */
  screen(rows: readonly string[], atMs: number): void {
    if (this.#heardAtMs.journal > 0) return; // whatever is evidence now is said there
    // It still shows what was said before.
    const moment = { ...this.#consoleMoment(), kernelMs: 0 };
    for (const row of rows) {
      const line = row.trim();
      if (line !== '') this.#detect('screen', line, spokenOnSerial(line, moment), atMs);
    }
  }

  journal(whole: JournalEntry, atMs: number): void {
    const message = whole.message.slice(0, MAX_LINE_CHARS);
    const entry = { ...whole, message, unit: whole.unit.slice(0, MAX_LINE_CHARS) };
    this.enter('userspace', atMs);
    this.#heardAtMs.journal = atMs;
    this.#nowMs = Math.max(this.#nowMs, atMs);
    const initrd = this.#boot.journalInitrd && phaseIndex(this.#phase) < phaseIndex('checks');
    const moment = { initrd, processOneSpoke: this.#boot.processOneSpoke };
    const said = spokenInJournal(entry, moment);
    if (said.speakers.has('systemd')) this.#processOne(entry, atMs);
    if (entry.transport === 'kernel' && said.speakers.has('other')) this.#refute(entry.message);
    const toKernelLog = entry.transport === 'kernel' && entry.identifier === 'systemd';
    if (!this.#boot.journalInitrd && (toKernelLog || said.speakers.has('systemd'))) this.#noteCarriedOver(entry);
    this.#detect('journal', `${entry.identifier}: ${entry.message}`, said, atMs);
  }

  /**
   * The switch of roots ends every process of the initrd. A unit that is started again before process 1 had started it in
   * this root came from there, unless it failed. While journald is between two starts, process 1 says so to the kernel's
   * log, all of which journald reads before what waits at its socket: the end of a unit may come after its next start.
   */
  #noteCarriedOver({ message, messageId, unit }: JournalEntry): void {
    const [, again, count] = RESTARTED.exec(message) ?? [];
    if (again !== undefined && count === '1' && !this.#boot.startedHere.has(again))
      keepName(this.#boot.carriedOver, again);
    const [, failed] = FAILED.exec(message) ?? [];
    if (failed !== undefined && !this.#boot.startedHere.has(failed)) this.#boot.carriedOver.delete(failed);
    const started = messageId === UNIT_STARTING || messageId === UNIT_STARTED ? unit : STARTS.exec(message)?.[1];
    const known = started ?? again ?? failed;
    if (known !== undefined) keepName(this.#boot.startedHere, known);
  }

  #processOne(entry: JournalEntry, atMs: number): void {
    if (entry.transport !== 'kernel') this.#boot.processOneSpoke = true;
    if (entry.message.startsWith('Switching root')) this.#boot.journalInitrd = false;
    if (entry.jobResult !== undefined) {
      // Each job counts once: a unit that restarts for ever is not progress. One that stops at the end is.
      const job = `${entry.unit} ${entry.jobType} ${entry.jobResult}`.slice(0, MAX_LINE_CHARS);
      if (keepName(this.#boot.jobs, job)) this.#progressAtMs = Math.max(this.#progressAtMs, atMs);
      if (entry.jobType === 'start') {
        if (entry.jobResult === 'dependency') keepName(this.#boot.leftByDependencies, entry.unit);
        else this.#boot.leftByDependencies.delete(entry.unit);
      }
    }
    if (STARTUP_FINISHED.test(entry.message)) this.#boot.startupFinished = true;
    this.#noteProcess(entry.message, { source: 'journal', atMs, line: entry.message });
  }

  /** What process 1 says of a unit's processes. */
  #noteProcess(message: string, said: Omit<Evidence, 'detector'>): void {
    this.#boot.hangs = undefined;
    this.#noteStart(message, said);
    if (NOT_OPENED.test(message) && [...this.#boot.asked.values()].includes('refused'))
      this.add('fatal', 'wrong-passphrase', { ...said, detector: 'not-opened' });
    const [, ended] = MAIN_EXITED.exec(message) ?? [];
    if (ended !== undefined && phaseIndex(this.#phase) >= phaseIndex('shutdown')) keepName(this.#boot.ended, ended);
    const [, done] = ENDED_WELL.exec(message) ?? [];
    if (done !== undefined) keepName(this.#boot.done, done);
    const [, unit, count] = RESTARTED.exec(message) ?? [];
    if (unit !== undefined && !this.#wasSteady(unit, said.atMs)) keepValue(this.#boot.restarts, unit, Number(count));
    const [, again] = RESTARTS.exec(message) ?? [];
    if (again !== undefined) keepValue(this.#boot.restarts, again, (this.#boot.restarts.get(again) ?? 0) + 1);
    this.#boot.notStarted.delete(unit ?? again ?? '');
  }

  /** A unit that is started again, and had done its work for a while before it ended. */
  #wasSteady(unit: string, atMs: number): boolean {
    const since = atMs - (this.#boot.restartedAtMs.get(unit) ?? Number.NEGATIVE_INFINITY);
    keepValue(this.#boot.restartedAtMs, unit, atMs);
    return this.#boot.done.delete(unit) && since >= STEADY_MS;
  }

  #noteStart(message: string, said: Omit<Evidence, 'detector'>): void {
    this.#boot.timedOut ||= TIMED_OUT.test(message);
    this.#boot.shutsDown ||= SHUTS_DOWN.test(message) || phaseIndex(this.#phase) >= phaseIndex('shutdown');
    const [, described, named] = NOT_STARTED.exec(message) ?? [];
    const failed = described ?? named;
    if (failed !== undefined && !this.#boot.shutsDown)
      keepValue(this.#boot.notStarted, failed, { ...said, detector: 'not-started' });
    const [, started] = STARTED.exec(message) ?? [];
    if (started === undefined) return;
    this.#boot.notStarted.delete(started);
    this.#boot.notStarted.delete(started.split(' - ', 1)[0] ?? '');
  }

  /** A saved console ends here: what a machine that runs would be asked, or would show by its silence, can only be read. */
  endOfLog(atMs: number): void {
    for (const evidence of this.#boot.notStarted.values()) this.add('fail', 'failed-unit', evidence);
    if (this.#boot.hangs) this.add('fail', 'lockup', { ...this.#boot.hangs, detector: 'hangs' });
    for (const [unit, restarts] of this.crashLoops) {
      const line = `systemd restarted ${unit} ${restarts} times`;
      this.add('fail', 'failed-unit', { source: 'serial', atMs, line, detector: 'crash-loop' });
    }
  }

  /** Another boot follows in a saved console: nothing that is known of this one holds for it, but what was found. */
  nextBoot(atMs: number): void {
    this.endOfLog(atMs);
    this.#beginAgain(atMs);
  }

  qmp(event: QmpEvent, atMs: number): void {
    if ((event.event === 'RESET' || event.event === 'SHUTDOWN') && event.data?.['guest'] === true) this.#leaves(atMs);
    const evidence = (detector: string) => ({ source: 'qmp', atMs, line: JSON.stringify(event), detector }) as const;
    if (event.event === 'GUEST_PANICKED') {
      this.add('fatal', 'kernel-panic', evidence('guest-panicked'));
    } else if (event.event === 'BLOCK_IO_ERROR' && event.data?.['nospace'] !== true) {
      this.add('fail', 'io-error', evidence('block-io-error'));
    } else if (event.event === 'RESET' && this.#expectReboot) {
      this.#expectReboot = false;
      this.#beginAgain(atMs);
    } else if (event.event === 'RESET' && event.data?.['guest'] === true) {
      this.#boot.resets++;
      const early = phaseIndex(this.#phase) < phaseIndex('kernel');
      if (!early || this.#boot.resets > MAX_FIRMWARE_RESETS) this.add('fatal', 'reboot-loop', evidence('guest-reset'));
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
    const journal = this.#heardAtMs.journal > 0;
    const boot = structuredClone(this.#boot);
    return { phase: this.#phase, findings: this.findings.length, seen: [...this.#seen], boot, journal };
  }

  /** The machine was set back to where it was: what it showed since is as if it had not happened. */
  rollback({ phase, findings, seen, boot, journal }: WatchMark, nowMs: number): void {
    this.#phase = phase;
    this.#progressAtMs = nowMs;
    this.#boot = structuredClone(boot);
    this.#heardAtMs.journal = journal ? nowMs : 0;
    // What has begun on a console and not ended was said by the guest that is gone.
    for (const source of ['serial', 'debugcon'] as const) {
      this.#splitters[source] = new LineSplitter();
      this.#judgedOpen[source] = '';
    }
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

  /** Somebody waits for the guest from now on: that it did nothing before, while no caller did, is not held against it. */
  waits(atMs: number): void {
    this.#progressAtMs = Math.max(this.#progressAtMs, atMs);
  }

  /** A later phase began. Earlier or present ones are not reported. */
  enter(phase: Phase, atMs: number): void {
    if (phaseIndex(phase) <= phaseIndex(this.#phase)) return;
    this.#phase = phase;
    this.#progressAtMs = atMs;
    this.#boot.hangs = undefined;
    this.milestones[phase] ??= atMs; // those of the first boot are the run's
    this.#forgive(phase);
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
    this.#boot = newBoot();
    this.#heardAtMs.journal = 0;
    this.#options.onPhase?.('firmware', atMs);
  }

  /** When the present phase last made progress. */
  get progressAtMs(): number {
    return this.#progressAtMs;
  }

  /** How long the present phase may go on without progress, on a host of this speed. */
  allowedMs(): number {
    const silent = SILENT_PHASES.includes(this.#phase) && !this.#boot.serialKernel;
    const phases = silent ? SILENT_PHASES.slice(SILENT_PHASES.indexOf(this.#phase)) : [this.#phase];
    const budget = phases.map((phase) => this.#options.budgets?.[phase] ?? PHASE_BUDGETS[phase]);
    const scale = this.#options.timeScale;
    return budget.reduce((sum, { fixedMs, scaledMs }) => sum + fixedMs + scaledMs * scale, 0);
  }

  /** `lostMs`: of the time since then, what the machine was denied by others on its host. */
  overdue(nowMs: number, lostMs = 0): boolean {
    return nowMs - this.#progressAtMs - lostMs > this.allowedMs();
  }

  /** `before`: this line's beginning, if that was judged already: what it showed is not found again. */
  #line(source: 'serial' | 'debugcon', text: string, atMs: number, before: string): void {
    const phase = milestone(source, text);
    if (phase === 'kernel') this.#boot.serialKernel = true;
    if (phase) this.enter(phase, atMs);
    if (source === 'serial') this.#noteForm(text, phase, atMs);
    if (source === 'serial' && LOGIN_PROMPT.test(text)) this.#boot.loginPrompt = true;
    if (source === 'serial' && LEAVES.test(text)) this.#leaves(atMs);
    if (source === 'serial') this.#noteQuestion(text, atMs, before);
    if (source === 'serial') this.#noteWait(text);
    const moment = this.#consoleMoment();
    const speak = source === 'debugcon' ? spokenByFirmware : spokenOnSerial;
    const said = speak(text, moment);
    if (said.speakers.has('systemd')) {
      this.#boot.systemd = true;
      this.#noteProcess(said.text, { source, atMs, line: text });
    }
    const known = before === '' ? undefined : detect(speak(before, moment), this.#phase, this.#detectors);
    if (known === undefined || known.id !== detect(said, this.#phase, this.#detectors)?.id) {
      this.#detect(source, text, said, atMs);
    }
  }

  /** What the form of a line on the serial console says about those after it. */
  #noteForm(text: string, phase: Phase | undefined, atMs: number): void {
    if (text !== '') this.#boot.repeats ??= !isOfSavedJournal(text);
    if (showsPeople(text)) this.#boot.people = true;
    if (KERNEL_STAMP.test(text)) {
      this.#boot.kernelStamps = true;
      const ms = kernelMsOf(text);
      // Others print such lines, too, and one far ahead would have the kernel's own taken for old ones.
      if (!this.#consoleMoment().late && ms < atMs + AHEAD_MS) this.#boot.kernelMs = Math.max(this.#boot.kernelMs, ms);
    }
    const begins = phase === 'bootloader' || phase === 'kernel' || STARTS_ANEW.test(text) || LEAVES.test(text);
    if (begins) this.#boot.kernelMs = 0;
  }

  /** systemd says on the console only that it asks again: what was typed before did not open the disk. */
  #noteQuestion(text: string, atMs: number, before: string): void {
    const question = passphraseQuestion(text);
    if (!question) {
      if (TYPED_ALONE.test(text) && this.#boot.asked.get(this.#boot.askedLast) === 'asked')
        this.#boot.asked.set(this.#boot.askedLast, 'answered');
      return;
    }
    const { disk, typed } = question;
    if (!this.#boot.asked.has(disk) && this.#boot.asked.size >= MOST_ASKED) return; // no machine has so many
    this.#boot.askedLast = disk;
    this.#boot.askedIn = this.#phase;
    const isNew = passphraseQuestion(before) === undefined;
    if (isNew && this.#boot.asked.get(disk) !== undefined && this.#boot.asked.get(disk) !== 'asked') {
      this.add('fail', 'wrong-passphrase', { source: 'serial', atMs, line: text, detector: PASSPHRASE_REFUSED });
      this.#boot.asked.set(disk, 'refused');
    } else if (TYPED.test(typed))
      this.#boot.asked.set(disk, this.#boot.asked.get(disk) === 'refused' ? 'refused' : 'answered');
    else if (isNew) this.#boot.asked.set(disk, 'asked');
  }

  #noteWait(text: string): void {
    const [, unit, path] = DEVICE_WANTED.exec(text) ?? [];
    const device = unit === undefined ? path : pathOf(unit);
    if (device !== undefined) this.#boot.awaited = { device, phase: this.#phase };
  }

  #consoleMoment(): ConsoleMoment {
    const journal = this.#heardAtMs.journal > 0;
    const up = phaseIndex(this.#phase) >= phaseIndex('ready');
    return {
      phase: this.#phase,
      kernelStamps: this.#boot.kernelStamps,
      kernelMs: this.#boot.kernelMs,
      late: this.#boot.loginPrompt || this.#boot.people || this.#boot.startupFinished || journal || up,
      journal,
      systemd: this.#boot.systemd,
      repeats: this.#boot.repeats ?? false,
    };
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

  #detect(source: LineSource, line: string, said: Said, atMs: number): void {
    const detector = detect(said, this.#phase, this.#detectors);
    if (!detector || this.#isExpected(detector, line)) return;
    const { id, cause } = detector;
    const [unit = ''] = said.text.split(': ', 1);
    if (id === FAILED_AT_SHUTDOWN && this.#boot.ended.has(unit) && ENDED_WHEN_ASKED.test(said.text)) {
      this.add('warn', cause, { source, atMs, line, detector: id });
      return;
    }
    // A guest that was asked to end is let end: only then is it known whether its disk was still there.
    const wait = (this.#expectPowerOff || this.#expectReboot) && LOST_DISK.includes(cause);
    const severity = wait && detector.severity === 'fatal' ? 'fail' : detector.severity;
    if (this.#isRefuted({ source, atMs, line, detector: id })) {
      this.add('warn', cause, { source, atMs, line: `${line}${WRITTEN}`, detector: id });
      return;
    }
    const over = detector.until !== undefined && phaseIndex(this.#phase) >= phaseIndex(detector.until);
    if (id === HANGS) this.#boot.hangs = { source, atMs, line, detector: id };
    this.add(over ? 'warn' : severity, cause, { source, atMs, line, detector: id });
  }

  #isExpected({ speaker = [] }: Detector, line: string): boolean {
    const { expected } = this.#options;
    if (expected === undefined || ![speaker].flat().some((one) => PROMPTS.includes(one))) return false;
    return line.search(expected) >= 0;
  }

  /** Fatal by the kernel's words on the serial line, while a journal that lives has not said whose they are. */
  #awaitsJournal({ evidence }: Finding): boolean {
    return (
      evidence.source === 'serial' &&
      this.#heardAtMs.journal > 0 &&
      evidence.atMs >= this.#heardAtMs.journal - CONFIRMATION_MS &&
      this.#nowMs - evidence.atMs < CONFIRMATION_MS
    );
  }

  /**
   * A process wrote this text to /dev/kmsg: the serial console shows it as if the kernel had said it, before the journal
   * does or, where QEMU has more of it to deliver, after. The kernel itself may say the same later.
   */
  #refute(text: string): void {
    const written = bare(text);
    const shown = this.findings.find(
      ({ severity, evidence }) => severity !== 'warn' && isKernelsOnSerial(evidence) && bare(evidence.line) === written,
    );
    if (shown) {
      this.#seen.delete(keyOf(shown.evidence));
      this.#replace((finding) => finding === shown, WRITTEN);
      return;
    }
    const said: Said = { speakers: new Set(['kernel']), text };
    if (this.#boot.written.length < MOST_WRITTEN && detect(said, this.#phase, this.#detectors))
      this.#boot.written.push(written);
  }

  /** Whether the journal has shown already who wrote this line. */
  #isRefuted(evidence: Evidence): boolean {
    const index = isKernelsOnSerial(evidence) ? this.#boot.written.indexOf(bare(evidence.line)) : -1;
    if (index >= 0) this.#boot.written.splice(index, 1);
    return index >= 0;
  }

  /** The boot has come further than it could have if these findings had been its end. */
  #forgive(phase: Phase): void {
    const recovered = new Set(
      this.#detectors
        .filter(({ until }) => until !== undefined && phaseIndex(phase) >= phaseIndex(until))
        .map(({ id }) => id),
    );
    // Somebody mistyped it, and was asked again.
    if (phaseIndex(phase) >= phaseIndex('ready')) recovered.add(PASSPHRASE_REFUSED);
    this.#replace(({ evidence }) => recovered.has(evidence.detector), ' (the boot went on)');
  }

  /** Makes warnings of the findings that match, and says why. */
  #replace(matches: (finding: Finding) => boolean, note: string): void {
    for (const [index, finding] of this.findings.entries()) {
      if (finding.severity === 'warn' || this.#asserted.has(finding.evidence) || !matches(finding)) continue;
      const evidence = { ...finding.evidence, line: `${finding.evidence.line}${note}` };
      this.findings[index] = { ...finding, severity: 'warn', evidence };
    }
  }

  /** The guest resets or powers off: the I/O errors right before that, and what followed from them, are only reported. */
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

/** Adds a name, unless there are too many. Whether it did. */
function keepName(names: Set<string>, name: string): boolean {
  if (names.has(name) || names.size >= MOST_NAMED) return false;
  names.add(name);
  return true;
}

function keepValue<T>(known: Map<string, T>, name: string, value: T): void {
  if (known.has(name) || known.size < MOST_NAMED) known.set(name, value);
}

/**
 * The disk whose passphrase a line asks for, and what stands after the question. By hand, as the time of a regular
 * expression for it grows with the cube of the line's length, which the guest chooses.
 */
function passphraseQuestion(text: string): { disk: string; typed: string } | undefined {
  const asks = text.indexOf(ASKS);
  const named = text.lastIndexOf(FOR_DISK, text.lastIndexOf(': ') - FOR_DISK.length - 1);
  if (asks < 0 || named < asks + ASKS.length) return undefined;
  const rest = text.slice(named + FOR_DISK.length);
  const end = rest.indexOf(': ', 1);
  return { disk: rest.slice(0, end).replace(/:$/, ''), typed: rest.slice(end + 2) };
}

/** `dev-mapper-live\\x2drw` is /dev/mapper/live-rw (systemd-escape(1)). */
const pathOf = (unit: string): string =>
  `/${unit.replaceAll('-', '/').replaceAll(/\\x([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))}`;

const isKernelsOnSerial = ({ source, line }: Evidence): boolean => source === 'serial' && KERNEL_STAMP.test(line);

/** Detector and line, without times and without the process that said it. */
function keyOf({ detector, line }: Evidence): string {
  return `${detector} ${bare(line)}`;
}

function bare(line: string): string {
  return line
    .replace(KERNEL_STAMP, '')
    .replace(/^kernel: /, '')
    .replace(/^(\S+\[\d+\]|\S+): /, '');
}
