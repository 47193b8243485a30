import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Drift } from './lock/drift.ts';
import type { UsedCounterpart, WithoutCounterpart } from './install/selection.ts';

/** `rehearsal.json`, beside the log file: what this ISO is really made of. */
export interface RehearsalReport {
  debian: { suite: string };
  /** Every installed package, sorted by name. */
  packages: { name: string; version: string }[];
  counterparts: UsedCounterpart[];
  /** Everything that the kickstart asks for and the ISO does not have. */
  withoutCounterpart: WithoutCounterpart[];
  /** How far the packages are those of the lock files; null when there are none, or it did not get that far. */
  lock: LockReport | null;
  /** Where the new system lay while it was installed. */
  sysimage: 'memory' | 'disk';
  /** What an earlier build had made of the same things. */
  reused: ('packages' | 'initramfs')[];
  /** Seconds of each phase. */
  timings: Record<string, number>;
  /** Seconds of all processors up to the last phase, of this program and all it waited for. */
  cpuSeconds: number;
}

export interface LockReport {
  /** What is not as locked ends the build. */
  exact: boolean;
  /** How many packages the lock file has. */
  locked: number;
  /** Locked packages that the mirror no longer offers, and an earlier build had kept. */
  fromCache: string[];
  /** Packages of the ISO that are not as locked. */
  packages: Drift;
  /** Packages of the builder that are not as locked: its programs write the ISO. */
  builder: Drift;
}

/** The part about lock files of a report that came back from a container; undefined where it has none. */
export const lockReportOf = (report: unknown): LockReport | undefined =>
  isReport(report) ? (report.lock ?? undefined) : undefined;

const isReport = (value: unknown): value is Pick<RehearsalReport, 'lock'> =>
  typeof value === 'object' && value !== null && 'lock' in value;

/** Fills up during the build and is written after every phase: a failed build has one, too. */
export class Report {
  readonly content: RehearsalReport;
  readonly #path: string;
  #since = performance.now();

  constructor(directory: string, suite: string, sysimage: RehearsalReport['sysimage']) {
    this.#path = join(directory, 'rehearsal.json');
    this.content = {
      debian: { suite },
      packages: [],
      counterparts: [],
      withoutCounterpart: [],
      lock: null,
      sysimage,
      reused: [],
      timings: {},
      cpuSeconds: 0,
    };
  }

  /** A phase has ended. */
  phase(name: string): void {
    const now = performance.now();
    this.content.timings[name] = Math.round((now - this.#since) / 100) / 10;
    this.#since = now;
    this.content.cpuSeconds = cpuSeconds();
    this.write();
  }

  write(): void {
    writeFileSync(this.#path, `${JSON.stringify(this.content, null, 2)}\n`);
  }
}

/** proc_pid_stat(5): fields 14 to 17 are what the process and its children have used, in hundredths of a second. */
function cpuSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /u, '')
    .split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / 100;
}
