import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from '../verdict.ts';
import type { Finding } from '../watch.ts';
import { aftermath } from './aftermath.ts';
import { diagnoseStall } from './diagnosis.ts';
import type { Guest } from './guest.ts';
import { judge } from './judgement.ts';
import { during, exited, lookForKernel } from './progress.ts';
import type { Session } from './session.ts';
import { shellQuote } from './words.ts';

const POLL_EVERY_MS = 500;
/** Bounded, and asked again: a signal lost on the guest's bus must not become a hang. */
const IS_SYSTEM_RUNNING = 'timeout 20 systemctl is-system-running --wait';

/** A machine's way from its first instruction to its verdict: boot, settle, shut down, judge. */
export class Course {
  readonly #session: Session;
  readonly #guest: Guest;
  #booted = false;
  #settled = false;
  #verdict: Verdict | undefined;

  constructor(session: Session, guest: Guest) {
    this.#session = session;
    this.#guest = guest;
  }

  /** The final verdict, once it has been given. */
  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  /** @see {@link Machine.boot} */
  async boot(): Promise<Verdict> {
    const session = this.#session;
    await session.start();
    using _ = lookForKernel(session);
    const ended = await during(session, [session.ready.then(() => 'ready' as const)]);
    if (ended === 'ready') {
      this.#booted = true;
      return { status: 'accepted', milestones: { ...session.watch.milestones } };
    }
    if (ended === 'fatal') await aftermath(session);
    await this.#diagnose();
    return this.#judge();
  }

  /** @see {@link Machine.settle} */
  async settle(): Promise<Finding[]> {
    const { watch, now } = this.#session;
    watch.enter('checks', now());
    const stop = new AbortController();
    const state = this.#systemState(stop.signal);
    state.catch(() => {});
    const ended = await during(this.#session, [state.then(() => 'settled' as const)]);
    stop.abort(new Error('the machine was judged'));
    if (ended === 'settled') {
      await this.#judgeUnits(await state);
      this.#settled = true;
    } else {
      if (ended === 'fatal') await aftermath(this.#session);
      await this.#diagnose();
    }
    return watch.findings.filter((finding) => finding.severity !== 'warn');
  }

  /** @see {@link Machine.shutdown} */
  async shutdown(): Promise<void> {
    const { watch, qemu, now } = this.#session;
    watch.expectPowerOff();
    watch.enter('shutdown', now());
    const off = qemu.exited.then(() => 'off' as const);
    this.#guest.execute('systemctl poweroff').catch(() => {}); // its answer races with the machine's end
    const ended = await during(this.#session, [off]);
    if (ended !== 'off') await this.#diagnose();
  }

  /** @see {@link Machine.conclude} */
  async conclude(): Promise<Verdict> {
    if (this.#verdict) return this.#verdict;
    const session = this.#session;
    if (this.#booted && !session.over && !this.#settled) await this.settle();
    if (this.#booted && !session.over && !session.poweredOff) {
      await session.recording.screenshot('final').catch(() => {});
      await session.recording.look();
      await this.shutdown();
    }
    const verdict = this.#judge();
    this.#verdict = verdict;
    await session.recording.complete(verdict, session.watch.findings);
    return verdict;
  }

  #judge(): Verdict {
    const { poweredOff } = this.#session;
    return judge(this.#session, { booted: this.#booted, settled: this.#settled, poweredOff });
  }

  /** The run ended before its goal: what shows that, and why? */
  async #diagnose(): Promise<void> {
    const session = this.#session;
    const { qemu, watch, recording } = session;
    if (qemu.alive) {
      await recording.screenshot('rejected').catch(() => {});
      await recording.look();
      if (!watch.fatal) await diagnoseStall(session, { loginIsEnough: !this.#booted });
    }
    if (!qemu.alive) exited(session, await qemu.exited);
  }

  /** What `systemctl is-system-running` says once that is final. */
  async #systemState(signal: AbortSignal): Promise<string> {
    for (;;) {
      const { stdout } = await this.#guest.execute(IS_SYSTEM_RUNNING, { timeoutMs: 600_000, signal });
      const state = String(stdout).trim();
      if (state !== '' && !['initializing', 'starting', 'offline', 'unknown'].includes(state)) return state;
      await sleep(POLL_EVERY_MS, undefined, { signal });
    }
  }

  async #judgeUnits(state: string): Promise<void> {
    const listed = await this.#guest.succeed('systemctl list-units --failed --plain --no-legend --full');
    const failed = listed
      .split('\n')
      .map((line) => line.trim().split(/\s+/)[0] ?? '')
      .filter((unit) => unit !== '');
    const { watch, now } = this.#session;
    const reject = (detector: string, line: string, cause: 'failed-unit' | 'degraded') =>
      watch.add('fail', cause, { source: 'guest', atMs: now(), line, detector });
    for (const unit of failed) {
      const log = await this.#guest.execute(
        `journalctl --boot --unit=${shellQuote(unit)} --lines=8 --output=cat --quiet`,
      );
      const said = String(log.stdout).trim().replaceAll('\n', ' | ');
      reject('failed-units', `${unit} is failed: ${said}`, 'failed-unit');
    }
    if (state !== 'running' && failed.length === 0) reject('is-system-running', `systemd says ${state}`, 'degraded');
  }
}
