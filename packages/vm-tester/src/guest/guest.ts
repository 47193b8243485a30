import { VmTesterError } from '../errors.ts';
import type { RunResult } from './channel.ts';
import type { JournalEntry } from './journal.ts';
import type { JournalQuery } from './journal-store.ts';
import { waitsOnlyFor } from './jobs.ts';
import { SHOW_UNIT, parseUnits } from './units.ts';
import type { UnitInfo } from './units.ts';
import { receive, send } from './copy.ts';
import type { RunOptions, SettleOptions, WaitOptions } from '../machine/options.ts';
import { DEFAULT_COMMAND_MS } from '../machine/session.ts';
import type { Session } from '../machine/session.ts';
import { Systemd, systemctl } from './systemd.ts';
import { waitFor } from '../machine/wait.ts';
import { shellCommand, shellQuote } from '@phyllome/host';
import { listeningPorts } from './words.ts';

/**
 * What can be done and asked in a booted guest, all of it by root commands. Every verb throws GUEST_UNREACHABLE before
 * boot() and after the machine's end, and GUEST_TIMEOUT when a command does not end in time.
 */
export class Guest {
  /** The guest's service manager. */
  readonly systemd: Systemd;
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
    this.systemd = new Systemd(this);
  }

  /** Runs a shell command as root, or a program with its arguments, whatever it answers. */
  async execute(command: string | string[], options?: RunOptions): Promise<RunResult> {
    return await this.#session.run(shellCommand(command), options);
  }

  /**
   * The standard output of a command that must succeed, without the last newline.
   * @throws {VmTesterError} COMMAND_FAILED
   */
  async succeed(command: string | string[], options?: RunOptions): Promise<string> {
    const { exitCode, stdout, stderr } = await this.execute(command, options);
    if (exitCode !== 0) {
      const said = [stderr, stdout].map(String).join('').trim().slice(-2_000);
      throw new VmTesterError('COMMAND_FAILED', `${JSON.stringify(command)} ended with ${exitCode}: ${said}`, {
        hint: 'journal.json shows what the guest did',
      });
    }
    return stdout.toString().replace(/\n$/, '');
  }

  /**
   * The output of a command that must fail.
   * @throws {VmTesterError} COMMAND_SUCCEEDED
   */
  async fail(command: string | string[], options?: RunOptions): Promise<string> {
    const { exitCode, stdout, stderr } = await this.execute(command, options);
    if (exitCode === 0) {
      throw new VmTesterError('COMMAND_SUCCEEDED', `${JSON.stringify(command)} succeeded: ${String(stdout).trim()}`, {
        hint: 'it was expected to fail',
      });
    }
    return String(stdout) + String(stderr);
  }

  /** Sets the guest's clock, as an administrator does; the machine's own clock stays what it is. */
  async setClock(to: Date): Promise<void> {
    await this.succeed(`date -u -s @${Math.floor(to.getTime() / 1000)}`);
  }

  /** The output of the first run that succeeds. @throws {VmTesterError} WAIT_TIMEOUT with the last answer */
  async waitUntilSucceeds(command: string | string[], options: WaitOptions = {}): Promise<string> {
    return await waitFor(this.#session, `${JSON.stringify(command)} succeeds`, options, async (signal) => {
      const { exitCode, stdout, stderr } = await this.execute(command, patient(options, signal));
      return exitCode === 0
        ? { value: String(stdout).replace(/\n$/, '') }
        : { state: `ended with ${exitCode}: ${String(stderr).trim()}` };
    });
  }

  /** The output of the first run that fails. @throws {VmTesterError} WAIT_TIMEOUT with the last answer */
  async waitUntilFails(command: string | string[], options: WaitOptions = {}): Promise<string> {
    return await waitFor(this.#session, `${JSON.stringify(command)} fails`, options, async (signal) => {
      const { exitCode, stdout, stderr } = await this.execute(command, patient(options, signal));
      const output = String(stdout) + String(stderr);
      return exitCode === 0 ? { state: `succeeded: ${output.trim()}` } : { value: output };
    });
  }

  /**
   * Waits until a unit is active; with `user`, one of this user's own service manager. Jobs that do nothing but wait for
   * units in `waitsFor`, which run until a person has answered, start nothing.
   * @throws {VmTesterError} UNIT_FAILED as soon as it is failed, or inactive with no job that could start it;
   * WAIT_TIMEOUT
   */
  async waitForUnit(unit: string, options: WaitOptions & SettleOptions & { user?: string } = {}): Promise<UnitInfo> {
    const { user, waitsFor = [] } = options;
    return await waitFor(this.#session, `unit ${unit} is active`, options, async (signal) => {
      const ask = (...words: string[]) => this.succeed(systemctl(words, user), patient(options, signal));
      const [info] = parseUnits(await ask(...SHOW_UNIT, '--', unit));
      if (!info) return { state: 'systemd does not know it' };
      if (info.active === 'active') return { value: info };
      const state = `${info.load} ${info.active} (${info.sub})`;
      const idle = info.active === 'inactive' && !info.job;
      const jobs = idle ? await ask('list-jobs', '--plain', '--no-legend', '--full') : '';
      if (info.active === 'failed' || (idle && (jobs.trim() === '' || waitsOnlyFor(jobs, waitsFor)))) {
        throw new VmTesterError('UNIT_FAILED', `${unit} is ${state}, and nothing is going to start it`, {
          hint: `look for ${unit} in journal.json`,
        });
      }
      return { state };
    });
  }

  /** @throws {VmTesterError} WAIT_TIMEOUT */
  async waitForFile(path: string, options: WaitOptions = {}): Promise<void> {
    await waitFor(this.#session, `${path} exists`, options, async (signal) => {
      const { exitCode } = await this.execute(['test', '-e', path], patient(options, signal));
      return exitCode === 0 ? { value: undefined } : { state: 'no such file' };
    });
  }

  /** Waits until something in the guest listens on this TCP port. @throws {VmTesterError} WAIT_TIMEOUT */
  async waitForOpenPort(port: number, options: WaitOptions = {}): Promise<void> {
    await waitFor(this.#session, `port ${port} is open`, options, async (signal) => {
      const ports = await this.listeningPorts(patient(options, signal));
      return ports.includes(port) ? { value: undefined } : { state: `open are ${ports.join(', ') || 'none'}` };
    });
  }

  /** The TCP ports that something listens on, in order. */
  async listeningPorts(options?: RunOptions): Promise<number[]> {
    return listeningPorts(await this.succeed('cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || true', options));
  }

  /** Writes a file in the guest. @throws {VmTesterError} COMMAND_FAILED */
  async writeFile(path: string, content: string | Buffer, options: RunOptions = {}): Promise<void> {
    await this.succeed(`cat >${shellQuote(path)}`, { ...options, stdin: content });
  }

  /** @throws {VmTesterError} COMMAND_FAILED when the file cannot be read */
  async readFile(path: string, options?: RunOptions): Promise<Buffer> {
    const { exitCode, stdout, stderr } = await this.execute(['cat', '--', path], options);
    if (exitCode !== 0) {
      throw new VmTesterError('COMMAND_FAILED', `cannot read ${path} in the guest: ${String(stderr).trim()}`, {
        hint: 'check the path',
      });
    }
    return stdout;
  }

  /** Copies a file, or a directory with all that is in it, into the guest; modes are kept. */
  async copyTo(hostPath: string, guestPath: string, options?: RunOptions): Promise<void> {
    await send(this, hostPath, guestPath, options);
  }

  /** Copies a file, or a directory with all that is in it, out of the guest; permissions are kept. */
  async copyFrom(guestPath: string, hostPath: string, options?: RunOptions): Promise<void> {
    await receive(this, guestPath, hostPath, options);
  }

  /**
   * What the guest's journal of this boot says, from its beginning to what it holds now; with `follow`, on until the
   * machine is off.
   */
  async *journal(query: JournalQuery = {}): AsyncGenerator<JournalEntry, void, void> {
    if (!query.follow && this.#session.channel.open) await this.#session.syncJournal();
    yield* this.#session.journal.read(query);
  }
}

/** A command of a wait may take as long as the wait, and never less than any other command. */
function patient({ timeoutMs = 0 }: WaitOptions, signal: AbortSignal): RunOptions {
  return { timeoutMs: Math.max(timeoutMs, DEFAULT_COMMAND_MS), signal };
}
