import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { shellQuote } from '@phyllome/host';
import { VmTesterError } from '../errors.ts';
import { answerBootMenu } from './boot-menu.ts';
import type { Verdict } from '../verdict/verdict.ts';
import type { Finding } from '../verdict/boot-monitor.ts';
import { collectPostMortem } from './post-mortem.ts';
import { diagnoseStall } from '../verdict/diagnosis.ts';
import type { Display } from '../screen/display.ts';
import type { Guest } from '../guest/guest.ts';
import { waitForInstrument } from './instruments.ts';
import { judge } from '../verdict/judgement.ts';
import { during, exited, lookForKernel, readScreen, runsKernel } from './progress.ts';
import type { Interruption } from './progress.ts';
import { isClosed } from './session.ts';
import type { Session } from './session.ts';
import { crashLoops } from '../guest/crash-loops.ts';
import { checkLogin } from '../guest/login.ts';
import { slowness, startAgain, startedTooSlowly } from '../guest/second-start.ts';
import { waitsOnlyFor } from '../guest/jobs.ts';
import type { SettleOptions } from './options.ts';

const POLL_EVERY_MS = 500;
const PRESS_EVERY_MS = 15_000;
/** So long a system without systemd has to end, on an idle host with KVM. */
const BUTTON_MS = 6_000;
const NO_KERNEL = 'no kernel was seen: it was judged by what it shows alone, and its power was taken away';
const NO_BUTTON =
  'it did not power off when the power button was pressed, and its power was taken away: how it ends was not judged';
/** Where the journal does not show that everything has been started, the guest is asked this often: it pays for an answer. */
const ASK_EVERY_MS = 15_000;
/** What a shell says of a command that is not there. */
const NOT_FOUND = 127;

/** How far a machine has come on its way. */
export interface LifecycleMark {
  booted: boolean;
  settled: boolean;
}

/** A machine's way from its first instruction to its verdict: boot, settle, shut down, judge. */
export class Lifecycle {
  readonly #session: Session;
  readonly #guest: Guest;
  readonly #display: Display;
  #booted = false;
  #settled = false;
  #powerTaken = false;
  #verdict: Verdict | undefined;

  constructor(session: Session, guest: Guest, display: Display) {
    this.#session = session;
    this.#guest = guest;
    this.#display = display;
  }

  /** The final verdict, once it has been given. */
  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  /** @see {@link Machine.boot} */
  async boot(): Promise<Verdict> {
    const session = this.#session;
    await session.start();
    return await this.#untilReady();
  }

  async #untilReady(): Promise<Verdict> {
    const session = this.#session;
    using looks = new DisposableStack();
    looks.use(lookForKernel(session));
    looks.use(readScreen(session, this.#display));
    looks.use(answerBootMenu(session, this.#display));
    using instruments = waitForInstrument(session, this.#display);
    const ended = await during(session, [instruments.by]);
    if (ended !== 'fatal' && ended !== 'exit' && ended !== 'overdue') {
      this.#booted = true;
      session.useInstrument(ended);
      return { status: 'accepted', milestones: { ...session.monitor.milestones } };
    }
    if (ended === 'fatal') await collectPostMortem(session);
    await this.#diagnose();
    return this.#judge();
  }

  /** @see {@link Machine.settle} */
  async settle({ waitsFor = [] }: SettleOptions = {}): Promise<Finding[]> {
    const session = this.#session;
    const { monitor, now, channel } = session;
    monitor.enter('checks', now());
    // Where nothing answers, a machine that is only looked at has settled when it is up.
    const ended = channel.open ? await this.#untilSettled(waitsFor) : 'settled';
    if (ended === 'settled') {
      if (channel.open) await this.#checkLogin();
      this.#settled = true;
    } else {
      if (ended === 'fatal') await collectPostMortem(session);
      await this.#diagnose();
    }
    return monitor.findings.filter((finding) => finding.severity !== 'warn');
  }

  /** Whether the image's own login lets the user in; where our agent was typed there, that was seen already. */
  async #checkLogin(): Promise<void> {
    const { options, instrument, monitor, now } = this.#session;
    const { login } = options;
    if (login === undefined || instrument === 'serial-login') return;
    const evidenceOf = (line: string) => ({ source: 'guest', atMs: now(), line, detector: 'login' }) as const;
    if (!monitor.loginPrompt) {
      const line = `there is no login prompt on the serial console: whether ${login.user} is let in was not checked`;
      return monitor.add('warn', 'assertion', evidenceOf(line));
    }
    try {
      await checkLogin(this.#session, login);
    } catch (error) {
      const refused = error instanceof VmTesterError && ['LOGIN_FAILED', 'WAIT_TIMEOUT'].includes(error.code);
      if (!refused) throw error;
      monitor.add('fail', 'assertion', evidenceOf(error.message));
    }
  }

  async #untilSettled(waitsFor: readonly string[]): Promise<'settled' | Interruption> {
    const session = this.#session;
    const stop = new AbortController();
    const settled = this.#judgeSystem(stop.signal, waitsFor).then(() => 'settled' as const);
    settled.catch(() => {}); // `during` reports it, if nothing else came before
    try {
      return await during(session, [settled]);
    } catch (error) {
      if (!(error instanceof VmTesterError) || error.code !== 'GUEST_UNREACHABLE') throw error;
      // QEMU ended under the question, or our channel to the guest broke: neither is the image's fault.
      if (session.qemu.links.channel.destroyed) return await exited(session);
      const evidence = { source: 'host', atMs: session.now(), line: error.message, detector: 'channel' } as const;
      session.blameInfra('infra:channel', evidence);
      return 'exit';
    } finally {
      stop.abort(new Error('the machine was judged'));
    }
  }

  /** @see {@link Machine.reboot} */
  async reboot(): Promise<Verdict> {
    const session = this.#session;
    const asked = session.channel.open
      ? this.#guest.execute('systemctl reboot || reboot')
      : this.#display.press(['ctrl', 'alt', 'delete']);
    asked.catch(() => {}); // its answer races with the reset
    session.expectReboot();
    this.#booted = false;
    this.#settled = false;
    return await this.#untilReady();
  }

  /** @see {@link Machine.powerCycle} */
  async powerCycle(): Promise<Verdict> {
    const session = this.#session;
    session.expectReboot();
    this.#booted = false;
    this.#settled = false;
    await session.qmp('system_reset');
    return await this.#untilReady();
  }

  /** @see {@link Machine.shutdown} */
  async shutdown(): Promise<boolean> {
    const { monitor, now, channel } = this.#session;
    monitor.expectPowerOff();
    monitor.enter('shutdown', now());
    // A guest without our agent is asked as by its power button. The agent's answer races with the machine's end.
    const byButton = !channel.open;
    const press = () => this.#session.qmp('system_powerdown');
    const asked = byButton ? press() : this.#guest.execute('systemctl poweroff || poweroff');
    asked.catch(() => {});
    // What reads the power button may not have been started when it was first pressed.
    const pressing = setInterval(() => {
      if (byButton) press().catch(() => {});
    }, PRESS_EVERY_MS);
    const ended = await during(this.#session, []).finally(() => clearInterval(pressing));
    if (ended !== 'exit') await this.#diagnose();
    return ended === 'exit' && this.#session.poweredOff;
  }

  /** @see {@link Machine.conclude} */
  async conclude(): Promise<Verdict> {
    if (this.#verdict) return this.#verdict;
    const session = this.#session;
    if (this.#booted && !session.over && !this.#settled) await this.settle();
    if (this.#booted && !session.over && !session.poweredOff) {
      await this.#end().catch(async (error: unknown) => {
        if (!isClosed(error)) throw error;
        await exited(session); // by itself, between two questions to QEMU
      });
    }
    const verdict = this.#judge();
    this.#verdict = verdict;
    await session.recording.complete(verdict, session.monitor.findings);
    return verdict;
  }

  /** Has the guest power off, or takes its power away where it knows no other end. */
  async #end(): Promise<void> {
    const { recording } = this.#session;
    await recording.screenshot('final').catch(() => {});
    await recording.look();
    if (await this.#hasNoKernel()) await this.#takePower('no-kernel', NO_KERNEL);
    else if (this.#mayKnowNoPowerButton() && !(await this.#obeysPowerButton()))
      await this.#takePower('power-button', NO_BUTTON);
    else await this.shutdown();
  }

  /** A kernel may also come up between two looks. */
  async #hasNoKernel(): Promise<boolean> {
    const { instrument, monitor } = this.#session;
    return instrument === 'screen' && monitor.milestones.kernel === undefined && !(await runsKernel(this.#session));
  }

  /** An installer, or a system without a service for it, is up when its user says so, and may know no power button. */
  #mayKnowNoPowerButton(): boolean {
    const { instrument, options, monitor } = this.#session;
    return instrument === 'screen' && options.readyWhen !== undefined && monitor.milestones.userspace === undefined;
  }

  /** Does the machine end when the button is pressed? */
  async #obeysPowerButton(): Promise<boolean> {
    const session = this.#session;
    const { monitor, now } = session;
    monitor.expectPowerOff();
    monitor.enter('shutdown', now());
    await session.qmp('system_powerdown');
    using deadline = session.deadline(BUTTON_MS, () => undefined);
    const late = once(deadline.signal, 'abort').then(() => 'late' as const);
    return (await during(session, [late])) !== 'late';
  }

  /** What is up and no operating system, as a memory test or a boot loader's prompt, knows no power button. */
  async #takePower(detector: string, line: string): Promise<void> {
    const { monitor, now, qemu } = this.#session;
    monitor.add('warn', 'infra:channel', { source: 'host', atMs: now(), line, detector });
    monitor.expectPowerOff();
    qemu.kill();
    await qemu.exited;
    this.#powerTaken = true;
  }

  mark(): LifecycleMark {
    return { booted: this.#booted, settled: this.#settled };
  }

  /** The machine was set back to where it was. */
  rewind({ booted, settled }: LifecycleMark): void {
    this.#booted = booted;
    this.#settled = settled;
  }

  #judge(): Verdict {
    const poweredOff = this.#session.poweredOff || this.#powerTaken;
    return judge(this.#session, { booted: this.#booted, settled: this.#settled, poweredOff });
  }

  /** The run ended before its goal: what shows that, and why? */
  async #diagnose(): Promise<void> {
    const session = this.#session;
    const { qemu, recording } = session;
    if (qemu.alive) {
      await recording.screenshot('rejected').catch(() => {});
      await recording.look();
      if (!session.over) await diagnoseStall(session, { loginIsEnough: !this.#booted });
    }
    if (!qemu.alive) await exited(session);
  }

  /**
   * What `systemctl is-system-running` says once that is final: `offline` where process 1 is not systemd, or there is
   * none at all; `waiting` when it waits only for a person.
   */
  async #systemState(signal: AbortSignal, waitsFor: readonly string[]): Promise<string> {
    // Not by `--wait`: a client on the bus makes process 1 report every change of every unit, while it is busy starting them.
    const { monitor, now, host, instrument } = this.#session;
    // Nor while the journal will say so: not of a system without systemd, nor of one that waits for a person.
    const journalSays = waitsFor.length === 0 && instrument !== 'serial-login';
    const everyMs = ASK_EVERY_MS * (journalSays ? host.timeScale : 1);
    for (let askedAtMs = now(); ;) {
      while (!monitor.startupFinished && now() - askedAtMs < everyMs) await sleep(POLL_EVERY_MS, undefined, { signal });
      askedAtMs = now();
      const asked = await this.#guest.execute('systemctl is-system-running', { timeoutMs: 600_000, signal });
      const state = asked.exitCode === NOT_FOUND ? 'offline' : String(asked.stdout).trim();
      if (state !== '' && !['initializing', 'starting', 'unknown'].includes(state)) return state;
      if (waitsFor.length > 0) {
        const jobs = await this.#guest.succeed('systemctl list-jobs --plain --no-legend --full', { signal });
        if (waitsOnlyFor(jobs, waitsFor)) return 'waiting';
      }
      await sleep(POLL_EVERY_MS, undefined, { signal });
    }
  }

  async #judgeSystem(signal: AbortSignal, waitsFor: readonly string[]): Promise<void> {
    let state = await this.#systemState(signal, waitsFor);
    // Where everything runs, no unit has failed.
    if (['degraded', 'waiting'].includes(state) && (await this.#startAgain(signal)))
      state = await this.#systemState(signal, waitsFor);
    await this.#judgeUnits(state, signal);
  }

  async #judgeUnits(state: string, signal: AbortSignal): Promise<void> {
    const { monitor, now } = this.#session;
    const evidenceOf = (detector: string, line: string) => ({ source: 'guest', atMs: now(), line, detector }) as const;
    if (state === 'offline') {
      const line = 'process 1 is not systemd: failed services were not checked';
      return monitor.add('warn', 'degraded', evidenceOf('is-system-running', line));
    }
    const failed = await this.#guest.systemd.failed();
    const reject = (detector: string, line: string, cause: 'failed-unit' | 'degraded') =>
      monitor.add('fail', cause, evidenceOf(detector, line));
    for (const { name: unit } of failed) {
      const log = await this.#guest.execute(
        `journalctl --boot --unit=${shellQuote(unit)} --lines=8 --output=cat --quiet`,
      );
      const said = String(log.stdout).trim().replaceAll('\n', ' | ');
      reject('failed-units', `${unit} is failed: ${said}`, 'failed-unit');
    }
    const services = () => this.#guest.systemd.services();
    for await (const { unit, unstable } of crashLoops({ services, carriedOver: monitor.carriedOver }, signal)) {
      const line = `${unit.name} was restarted ${unit.restarts} times (${unit.active}, ${unit.sub}, ${unit.result})`;
      monitor.add(unstable ? 'fail' : 'warn', 'failed-unit', evidenceOf('crash-loop', line));
    }
    if (!['running', 'waiting'].includes(state) && failed.length === 0)
      reject('is-system-running', `systemd says ${state}`, 'degraded');
  }

  /** Gives the units that failed for lack of time what they lacked. @returns whether there were any */
  async #startAgain(signal: AbortSignal): Promise<boolean> {
    const { monitor, now, host, lostShare } = this.#session;
    const slower = slowness(host.timeScale, lostShare);
    const units = startedTooSlowly(await this.#guest.systemd.failed(), slower);
    if (units.length === 0) return false;
    const came = await startAgain(this.#guest, { units, dependents: monitor.leftByDependencies, signal });
    for (const unit of came) {
      const line = `${unit} did not start in systemd's time, on a machine ${Math.round(slower)} times slower than one with KVM for itself; it was started again, and is up`;
      monitor.add('warn', 'failed-unit', { source: 'guest', atMs: now(), line, detector: 'started-again' });
    }
    return true;
  }
}
