import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkAllowList } from '../verdict/allow.ts';
import { VmTesterError } from '../errors.ts';
import { emulatingArm, probeHost } from '../host/probe.ts';
import type { Host } from '../host/probe.ts';
import { takeTokens } from '../host/tokens.ts';
import { Disks } from './disks.ts';
import type { AddedDisk, NewDisk } from './disks.ts';
import { forwardPort } from './forward.ts';
import { launch } from './launch.ts';
import { Lifecycle } from './lifecycle.ts';
import type { LifecycleMark } from './lifecycle.ts';
import { Display, STILL_MS } from '../screen/display.ts';
import { Guest } from '../guest/guest.ts';
import { cpuOf, hardwareOf, machineFor } from './hardware.ts';
import { instrumentBeforeBoot } from './instruments.ts';
import type { MachineOptions, SettleOptions, Snapshot, WaitOptions } from './options.ts';
import type { Instrument } from './events.ts';
import { Session } from './session.ts';
import type { SessionMark } from './session.ts';
import { waitFor } from './wait.ts';
import type { Tried } from './wait.ts';
import { LINK } from '../qemu/command-line.ts';
import type { Firmware } from '../qemu/firmware.ts';
import type { Hardware } from '../qemu/hardware.ts';
import type { QmpArguments, QmpResult } from '../qmp/typed.ts';
import type { NeedleMatch } from '../screen/match.ts';
import type { Screen } from '../screen/screen.ts';
import type { Rect } from '../screen/text.ts';
import { Snapshots } from './snapshots.ts';
import type { Cause, Milestones, Verdict } from '../verdict/verdict.ts';
import type { Finding } from '../verdict/boot-monitor.ts';

const DEFAULT_GREETING_MS = 10_000;
/** Looking at what is here already costs the guest nothing. */
const CONSOLE_EVERY_MS = 50;

/**
 * Starts QEMU with the image, paused. Disposal kills it and removes every temporary file.
 * @throws {VmTesterError} QEMU_MISSING, QEMU_FAILED, ACCELERATOR_BROKEN, FIRMWARE_MISSING, IMAGE_UNREADABLE,
 * SWTPM_MISSING, DISK_FAILED, ALLOW_INVALID, OPTIONS_INVALID
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  options.signal?.throwIfAborted();
  checkAllowList(options.allow ?? []);
  const probed = options.host ?? (await probeHost(options.signal ? { signal: options.signal } : {}));
  const { image, tpm = false, iommu, clock } = options;
  // What is loaded over a network needs one.
  const network = options.network ?? ('netboot' in image ? 'user' : undefined);
  const machine = await machineFor(options);
  const { hardware, firmware } = hardwareOf({ ...options, machine, ...(network !== undefined && { network }) });
  requirePossible(hardware, firmware, options);
  const emulated = !hardware.architecture.bios ? await emulatingArm(probed) : probed;
  const host = { ...emulated, cpu: cpuOf(emulated, options) };
  const capture = await captureOf(options, hardware);
  const instrument = instrumentBeforeBoot(options);
  await using cleanup = new AsyncDisposableStack();
  if (options.queue) cleanup.use(await queued(hardware, options));
  const launched = cleanup.use(
    await launch(host, { image, firmware, hardware, tpm, iommu, instrument, capture, clock }),
  );
  const known = { ...options, firmware, network: hardware.network };
  const session = cleanup.use(new Session(host, launched, known));
  await session.connect();
  return new Machine(session, { resources: cleanup.move(), diskSlots: hardware.diskSlots });
}

/** What a PC has and ARM's machine has not. @throws {VmTesterError} OPTIONS_INVALID */
function requirePossible({ architecture }: Hardware, firmware: Firmware, options: MachineOptions): void {
  if (architecture.bios) return;
  const { tpm, iommu, nested, image } = options;
  // A kernel that QEMU loads needs no firmware.
  const wrong =
    (firmware === 'bios' && !('kernel' in image) && 'BIOS') ||
    (tpm && 'TPM') ||
    (iommu && 'IOMMU') ||
    (nested && 'nested guests');
  if (!wrong) return;
  throw new VmTesterError('OPTIONS_INVALID', `a machine of 64-bit ARM has no ${wrong} here`, {
    hint: "leave the option out; its firmware is 'uefi'",
  });
}

/** Where the network's frames are kept. @throws {VmTesterError} OPTIONS_INVALID where there is none, or no place */
async function captureOf(
  { capture, artifactsDir }: MachineOptions,
  { network }: Hardware,
): Promise<string | undefined> {
  if (!capture) return undefined;
  if (artifactsDir === undefined || network === 'none') {
    throw new VmTesterError('OPTIONS_INVALID', 'capture keeps what goes over a network, among the artifacts', {
      hint: "give artifactsDir, and a network: 'user'",
    });
  }
  await mkdir(artifactsDir, { recursive: true });
  return resolve(artifactsDir, 'network.pcap');
}

/** The host's tokens for this machine. */
async function queued({ cpus, memoryMiB }: Hardware, options: MachineOptions): Promise<AsyncDisposable> {
  const onWait = (holders: string) => options.onEvent?.({ type: 'queued', cpus, memoryMiB, holders });
  return await takeTokens({ cpus, memoryMiB }, { signal: options.signal, onWait });
}

/** A virtual machine with an image in it: what it shows is judged, and its guest obeys root commands. */
export class Machine extends Guest implements AsyncDisposable {
  readonly #session: Session;
  readonly #lifecycle: Lifecycle;
  readonly #display: Display;
  readonly #snapshots: Snapshots;
  readonly #disks: Disks;
  readonly #marks = new Map<string, { session: SessionMark; lifecycle: LifecycleMark; disks: string[] }>();

  readonly #resources: AsyncDisposable;
  /** Its power was taken away, or it was asked to shut down. */
  #off = false;

  /** Use {@link startMachine}. `resources`: what is let go of with the machine, the session among it. */
  constructor(session: Session, { resources, diskSlots }: { resources: AsyncDisposable; diskSlots: number }) {
    super(session);
    this.#resources = resources;
    this.#session = session;
    this.#display = new Display(session);
    this.#lifecycle = new Lifecycle(session, this, this.#display);
    this.#disks = new Disks(session, diskSlots);
    this.#snapshots = new Snapshots((command, args) => session.qmp(command, args), session);
  }

  get host(): Host {
    return this.#session.host;
  }

  /** QEMU's process. */
  get pid(): number {
    return this.#session.qemu.pid;
  }

  /** How the tester got into the guest; undefined before it did. */
  get instrument(): Instrument | undefined {
    return this.#session.instrument;
  }

  /** QEMU is gone: why, and whether a verb of ours asked for that. undefined while it runs. */
  get ended(): { asked: boolean; why: string } | undefined {
    const { qemu, monitor, infra } = this.#session;
    if (qemu.alive) return undefined;
    const found = infra ?? monitor.fatal;
    if (this.#off || !found) return { asked: this.#off, why: this.#off ? 'it was shut down' : 'it powered off' };
    return { asked: false, why: `${found.cause}: ${found.evidence.line}` };
  }

  get milestones(): Milestones {
    return { ...this.#session.monitor.milestones };
  }

  get findings(): readonly Finding[] {
    return this.#session.monitor.findings;
  }

  /**
   * Lets the machine run until the guest's agent answers with this run's nonce, which only a root file system
   * that systemd manages can do; or until a detector, the machine's end or a deadline says it never will.
   * `accepted` here means booted so far: {@link conclude} gives the final verdict.
   */
  async boot(): Promise<Verdict> {
    return await this.#lifecycle.boot();
  }

  /**
   * Waits until systemd has started everything, and holds every failed unit against the image.
   * @returns the findings so far that reject the image
   */
  async settle(options?: SettleOptions): Promise<Finding[]> {
    return await this.#lifecycle.settle(options);
  }

  /**
   * The final verdict, and the artifacts complete: settles and shuts down if that has not been done. An image is
   * accepted only when it booted, settled without a failed unit, had nothing found against it and powered off
   * cleanly when asked to.
   */
  async conclude(): Promise<Verdict> {
    return await this.#lifecycle.conclude();
  }

  /** Holds a check that failed against the image; {@link restore} does not take it back. */
  reject(detector: string, line: string, cause: Cause = 'assertion'): void {
    if (this.#lifecycle.verdict) return; // too late: it has been given
    const evidence = { source: 'guest', atMs: this.#session.now(), line, detector } as const;
    this.#session.monitor.add('fail', cause, evidence, { asserted: true });
  }

  /** Records what is worth knowing and holds nothing against the image. */
  note(detector: string, line: string): void {
    this.#session.monitor.add('warn', 'bad-media', { source: 'preflight', atMs: 0, line, detector });
  }

  /** Records a check of the guest's inside; one with a `failure` is held against the image. */
  check(name: string, failure?: string): void {
    if (this.#lifecycle.verdict) return;
    const atMs = this.#session.now();
    this.#session.recording.emit({ type: 'check', name, ...(failure !== undefined && { failure }), atMs });
    if (failure !== undefined) this.reject(`check: ${name}`, failure);
  }

  /** Records a check that could not be made, and why. It is held neither against the image nor for it. */
  notJudged(name: string, reason: string): void {
    if (this.#lifecycle.verdict) return;
    this.#session.recording.emit({ type: 'check', name, notJudged: reason, atMs: this.#session.now() });
  }

  /** Keeps what a monitor would show as `<name>.png` among the artifacts. @returns its path, if it was kept */
  async screenshot(name: string): Promise<string | undefined> {
    return await this.#session.recording.screenshot(name);
  }

  /** What a monitor would show now. */
  async screen(): Promise<Screen> {
    return await this.#display.screen();
  }

  /**
   * The text on the screen, or in a part of it: of a VGA in text mode from its memory; of a console on a framebuffer
   * glyph by glyph; of anything else by tesseract.js, if it is installed.
   * @throws {VmTesterError} SCREEN_UNREADABLE
   */
  async screenText(region?: Rect): Promise<string> {
    return await this.#display.text(region);
  }

  /**
   * Waits until the screen shows a text. @see {@link screenText} for how it is read
   * @throws {VmTesterError} WAIT_TIMEOUT with what was there instead, MACHINE_ENDED, SCREEN_UNREADABLE
   */
  async waitForText(pattern: RegExp, options: WaitOptions & { region?: Rect } = {}): Promise<RegExpExecArray> {
    return await this.#display.waitForText(pattern, options);
  }

  /**
   * Waits until the serial console has shown a text, since the machine's start or its last reboot.
   * @throws {VmTesterError} WAIT_TIMEOUT with its last lines, MACHINE_ENDED
   */
  async waitForConsoleText(pattern: RegExp, options: WaitOptions = {}): Promise<RegExpExecArray> {
    const what = `the serial console shows ${pattern}`;
    return await waitFor(this.#session, what, options, () => Promise.resolve(this.#console(pattern)), CONSOLE_EVERY_MS);
  }

  /**
   * Waits until the screen looks like a needle that has one of the tags: a picture of it, of which some areas count
   * (README: Screens).
   * @returns where its areas were found
   * @throws {VmTesterError} NO_MATCH with the closest needle; NEEDLE_INVALID, NOT_CONFIGURED, MACHINE_ENDED
   */
  async assertScreen(tags: string | string[], options: WaitOptions = {}): Promise<NeedleMatch> {
    return await this.#display.assertScreen([tags].flat(), options);
  }

  /** Waits until the screen has not changed for so long; a blinking cursor does not count. */
  async waitStillScreen(stillMs = STILL_MS, options: WaitOptions = {}): Promise<void> {
    await this.#display.waitStill(stillMs, options);
  }

  /** Presses keys together, named as in QEMU's QKeyCode: `ret`, `ctrl-alt-f2`. */
  async sendKey(keys: string): Promise<void> {
    await this.#display.press(keys.split('-'));
  }

  /** Types a text on a keyboard in US layout; `\n` is Return. @throws {RangeError} for what it has no keys for */
  async type(text: string): Promise<void> {
    await this.#display.type(text);
  }

  /** Writes to the serial console, as if typed there. */
  sendConsole(text: string): void {
    this.#session.qemu.links.serial.write(text);
  }

  /**
   * Plugs the network's cable in or out.
   * @throws {VmTesterError} NOT_CONFIGURED without a network
   */
  async setLink(up: boolean): Promise<void> {
    if ((this.#session.options.network ?? 'none') === 'none') {
      throw new VmTesterError('NOT_CONFIGURED', 'this machine has no network', {
        hint: "start it with network: 'user'",
      });
    }
    await this.qmp('set_link', { name: LINK, up });
  }

  /**
   * Leads a free TCP port of this host's loopback to a port of the guest, as long as the machine runs. It needs the
   * network `user` or `libvirt`.
   * @returns the port of this host
   * @throws {VmTesterError} NOT_CONFIGURED, QMP_COMMAND
   */
  async forwardPort(guestPort: number): Promise<number> {
    const { network = 'none' } = this.#session.options;
    if (network === 'none' || typeof network === 'object') {
      throw new VmTesterError('NOT_CONFIGURED', 'no port of this host leads to a machine without a way out', {
        hint: "start it with network: 'user'",
      });
    }
    return await forwardPort((command, args) => this.#session.qmp(command, args), guestPort);
  }

  /**
   * Puts a disk into a slot while the machine runs, as one is put into a server. The guest finds it soon after, by its
   * serial number.
   * @throws {VmTesterError} NOT_CONFIGURED without a free slot (option `diskSlots`), QEMU_MISSING, QMP_COMMAND
   */
  async addDisk(disk: NewDisk): Promise<AddedDisk> {
    return await this.#disks.add(disk);
  }

  /**
   * Asks QEMU. What qmp/commands.ts knows is typed as QEMU itself says; any other command may be asked, too.
   * @throws {VmTesterError} QMP_COMMAND, QMP_CLOSED
   */
  async qmp<C extends string>(command: C, ...[args]: QmpArguments<C>): Promise<QmpResult<C>> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is what QEMU's schema says it returns
    return (await this.#session.qmp(command, args)) as QmpResult<C>;
  }

  /**
   * Asks the guest to power off and waits until it has. A guest that does not in time, or that QEMU does not see
   * power off, is held against the image.
   * @returns whether it powered off
   */
  async shutdown(): Promise<boolean> {
    this.#off = true;
    return await this.#lifecycle.shutdown();
  }

  /**
   * Asks the guest to reboot and waits as {@link boot} does, for the same verdict on the way up. Only the first boot's
   * milestones stay in the verdict.
   */
  async reboot(): Promise<Verdict> {
    return await this.#lifecycle.reboot();
  }

  /**
   * Takes the machine's power away in whatever it does, gives it back, and waits as {@link boot} does, for the same
   * verdict. What the guest had in its memory alone is lost, and commands that run in it are; its disks have what it
   * had written to them by then.
   */
  async powerCycle(): Promise<Verdict> {
    return await this.#lifecycle.powerCycle();
  }

  /** Takes the machine's power away. */
  async crash(): Promise<void> {
    this.#off = true;
    this.#session.monitor.expectPowerOff();
    this.#session.qemu.kill();
    await this.#session.qemu.exited;
  }

  /**
   * Keeps the machine's whole state while it runs, for {@link restore}. No command may be running in the guest.
   * @throws {VmTesterError} GUEST_UNREACHABLE when one is, QEMU_MISSING without qemu-img, QMP_COMMAND
   */
  async snapshot(name = `snapshot-${this.#session.now()}`): Promise<Snapshot> {
    const { channel } = this.#session;
    if (!channel.open || channel.pending > 0) {
      throw new VmTesterError('GUEST_UNREACHABLE', `cannot keep a snapshot: ${channel.pending} commands run`, {
        hint: 'boot() first, and await every command',
      });
    }
    await this.#session.syncJournal();
    const disks = this.#disks.nodes;
    const mark = () =>
      void this.#marks.set(name, { session: this.#session.mark(), lifecycle: this.#lifecycle.mark(), disks });
    await this.#snapshots.save(name, mark, disks);
    return { name };
  }

  /**
   * Sets the machine back to a snapshot of it, and with it what was found against it, its journal and its console. It
   * may be a machine that hangs or panicked, as long as QEMU runs. Commands that run are lost; the guest's agent is
   * greeted anew, so that no answer from before is taken for one from after. Disks that were added since are pulled.
   * @throws {VmTesterError} QMP_COMMAND when it has no such snapshot, GUEST_TIMEOUT when the agent stays silent
   */
  async restore({ name }: Snapshot): Promise<void> {
    const mark = this.#marks.get(name);
    if (mark) await this.#disks.keepOnly(mark.disks);
    await this.#snapshots.load(name, () => {
      if (!mark) return;
      this.#session.rewind(mark.session);
      this.#lifecycle.rewind(mark.lifecycle);
    });
    using deadline = this.#session.deadline(
      DEFAULT_GREETING_MS,
      () =>
        new VmTesterError('GUEST_TIMEOUT', `the guest does not answer after it was restored to ${name}`, {
          hint: 'look at the screen and at qmp.jsonl',
        }),
    );
    await this.#session.channel.greet(this.#session.signal(deadline.signal));
  }

  /** A shell script that boots the same machine on a terminal, without the tester. */
  reproduce(): string {
    return this.#session.reproduce;
  }

  #console(pattern: RegExp): Tried<RegExpExecArray> {
    // What is on it now was said by the guest that ends.
    if (this.#session.rebooting) return { state: 'the machine has not been reset yet' };
    const { text } = this.#session.serial;
    const match = new RegExp(pattern, pattern.flags.replaceAll(/[gy]/g, '')).exec(text);
    return match ? { value: match } : { state: text.trimEnd().split('\n').slice(-5).join('\n') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources[Symbol.asyncDispose]();
  }
}
