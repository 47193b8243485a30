import { SHOW_TIMES, SHOW_UNIT, parseBootTime, parseUnits } from './units.ts';
import type { BootTime, UnitInfo } from './units.ts';
import type { RunOptions } from '../machine/options.ts';

interface Commands {
  succeed(command: string[], options?: RunOptions): Promise<string>;
}

/** systemd-analyze draws hundreds of units: under emulation that takes a while. */
const PLOT_MS = 60_000;

/** What the guest's service manager reports about itself. */
export class Systemd {
  readonly #guest: Commands;

  constructor(guest: Commands) {
    this.#guest = guest;
  }

  /** The units that have failed. */
  async failed(): Promise<UnitInfo[]> {
    const list = ['list-units', '--failed', '--plain', '--no-legend', '--full'];
    const lines = (await this.#guest.succeed(systemctl(list))).split('\n');
    const names = lines.map((line) => line.trim().split(/\s+/)[0] ?? '').filter((name) => name !== '');
    return names.length === 0 ? [] : parseUnits(await this.#guest.succeed(systemctl([...SHOW_UNIT, '--', ...names])));
  }

  /** All services, also those that are between two starts. */
  async services(): Promise<UnitInfo[]> {
    return parseUnits(await this.#guest.succeed(systemctl([...SHOW_UNIT, '--', '*.service'])));
  }

  /** One unit; `load` is `not-found` when there is none of this name. */
  async unit(name: string): Promise<UnitInfo> {
    const [info] = parseUnits(await this.#guest.succeed(systemctl([...SHOW_UNIT, '--', name])));
    if (!info) throw new TypeError(`systemctl says nothing about ${name}`);
    return info;
  }

  /** How long the stages of the boot took. Meaningful once the boot has ended (`settle()`). */
  async analyze(): Promise<BootTime> {
    return parseBootTime(await this.#guest.succeed(systemctl(SHOW_TIMES)));
  }

  /** The chart of the boot that `systemd-analyze plot` draws, as SVG. */
  async plot(): Promise<string> {
    return await this.#guest.succeed(['systemd-analyze', 'plot'], { timeoutMs: PLOT_MS });
  }
}

/** `user`: this user's own service manager instead of the system's. */
export function systemctl(words: string[], user?: string): string[] {
  return user === undefined ? ['systemctl', ...words] : ['sh', '-c', AS_USER, user, ...words];
}

/** By the manager's own socket: a guest may have no message bus for its users. */
const AS_USER = 'exec runuser -u "$0" -- env XDG_RUNTIME_DIR="/run/user/$(id -u "$0")" systemctl --user "$@"';
