import { setTimeout as sleep } from 'node:timers/promises';
import { VmTesterError } from '../errors.ts';
import type { RunResult } from '../guest/channel.ts';
import type { RunOptions, WaitOptions } from './options.ts';
import type { Session } from './session.ts';
import { shellCommand, shellQuote } from './words.ts';

const DEFAULT_WAIT_MS = 30_000;
const POLL_EVERY_MS = 500;

/** What a booted guest can be told and asked, all of it by root commands. */
export class Guest {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Runs a shell command as root, or a program with its arguments, whatever it answers.
   * @throws {VmTesterError} GUEST_UNREACHABLE, GUEST_TIMEOUT
   */
  async execute(command: string | string[], options?: RunOptions): Promise<RunResult> {
    return await this.#session.run(shellCommand(command), options);
  }

  /**
   * The standard output of a command that must succeed, without the last newline.
   * @throws {VmTesterError} COMMAND_FAILED, GUEST_UNREACHABLE, GUEST_TIMEOUT
   */
  async succeed(command: string | string[], options?: RunOptions): Promise<string> {
    const { exitCode, stdout, stderr } = await this.execute(command, options);
    if (exitCode !== 0) {
      const said = [stderr, stdout].map(String).join('').trim().slice(-2_000);
      throw new VmTesterError('COMMAND_FAILED', `${JSON.stringify(command)} ended with ${exitCode}: ${said}`, {
        hint: 'journal.json tells what the guest did',
      });
    }
    return stdout.toString().replace(/\n$/, '');
  }

  /**
   * The output of a command that must fail.
   * @throws {VmTesterError} COMMAND_SUCCEEDED, GUEST_UNREACHABLE, GUEST_TIMEOUT
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

  /** @throws {VmTesterError} WAIT_TIMEOUT with the last answer, GUEST_UNREACHABLE */
  async waitUntilSucceeds(command: string, options: WaitOptions = {}): Promise<string> {
    return await this.#poll(command, options, async (signal) => {
      const { exitCode, stdout, stderr } = await this.execute(command, { ...options, signal });
      return exitCode === 0
        ? { value: String(stdout).replace(/\n$/, '') }
        : { state: `ended with ${exitCode}: ${String(stderr).trim()}` };
    });
  }

  /**
   * Waits until a unit is active.
   * @throws {VmTesterError} UNIT_FAILED as soon as it is failed, or inactive with no job that could start it;
   * WAIT_TIMEOUT, GUEST_UNREACHABLE
   */
  async waitForUnit(unit: string, options: WaitOptions = {}): Promise<void> {
    await this.#poll(`unit ${unit}`, options, async (signal) => {
      const show = ['systemctl', 'show', '--property=LoadState,ActiveState,SubState,Job', unit];
      const properties = parseProperties(await this.succeed(show, { ...options, signal }));
      const { ActiveState: active = '', SubState: sub = '', LoadState: load = '', Job: job = '' } = properties;
      if (active === 'active') return { value: undefined };
      const state = `${load} ${active} (${sub})`;
      if (active === 'failed' || (active === 'inactive' && job === '' && !(await this.#jobsPending(signal)))) {
        throw new VmTesterError('UNIT_FAILED', `${unit} is ${state}, and nothing is going to start it`, {
          hint: `look for ${unit} in journal.json`,
        });
      }
      return { state };
    });
  }

  /** @throws {VmTesterError} WAIT_TIMEOUT, GUEST_UNREACHABLE */
  async waitForFile(path: string, options: WaitOptions = {}): Promise<void> {
    await this.waitUntilSucceeds(`test -e ${shellQuote(path)}`, options);
  }

  /** Writes a file in the guest. */
  async copyTo(content: string | Buffer, guestPath: string, options: RunOptions = {}): Promise<void> {
    await this.succeed(`cat >${shellQuote(guestPath)}`, { ...options, stdin: content });
  }

  /** @throws {VmTesterError} COMMAND_FAILED when the file cannot be read */
  async copyFrom(guestPath: string, options?: RunOptions): Promise<Buffer> {
    const { exitCode, stdout, stderr } = await this.execute(['cat', guestPath], options);
    if (exitCode !== 0) {
      throw new VmTesterError('COMMAND_FAILED', `cannot read ${guestPath} in the guest: ${String(stderr).trim()}`, {
        hint: 'check the path',
      });
    }
    return stdout;
  }

  async #jobsPending(signal: AbortSignal): Promise<boolean> {
    return (await this.succeed('systemctl list-jobs --no-legend', { signal })).trim() !== '';
  }

  async #poll<T>(
    what: string,
    options: WaitOptions,
    attempt: (signal: AbortSignal) => Promise<{ value: T } | { state: string }>,
  ): Promise<T> {
    let last = 'never answered';
    using deadline = this.#session.deadline(
      options.timeoutMs ?? DEFAULT_WAIT_MS,
      (afterMs) =>
        new VmTesterError('WAIT_TIMEOUT', `${what}: not after ${Math.round(afterMs / 1000)} s; ${last}`, {
          hint: 'give a larger timeoutMs if it needs longer; journal.json tells what the guest did',
        }),
    );
    const signal = this.#session.signal(deadline.signal, options.signal);
    for (;;) {
      const result = await attempt(signal);
      if ('value' in result) return result.value;
      last = result.state;
      await sleep(POLL_EVERY_MS, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
    }
  }
}

function parseProperties(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\n').map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
}
