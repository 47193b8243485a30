import type { PhaseEvent, ProgressEvent } from '@phyllome/host';
import { Evidence } from './evidence.ts';
import { type ExplainContext, type Explanation, explain } from './explain.ts';
import { FAILURES } from './failures.ts';
import { LORAX_PHASES, type LoraxPhase, loraxPhaseOf, progressOf } from './phases.ts';
import type { Exception } from './traceback.ts';

/** What a line of livemedia-creator's console means. */
export type LoraxEvent =
  | PhaseEvent<LoraxPhase>
  | ProgressEvent<LoraxPhase>
  /** The installer's own words for why it gives up, as soon as it says so: it then sleeps for minutes. */
  | { type: 'installer-error'; message: string };

/**
 * Reads livemedia-creator's console, line by line, while it runs. Pure: lines in, events out.
 *
 * Its own lines are English in every locale and mark the phases. Those of the installer, which it relays, follow the
 * kickstart's `lang`: of them only the numbers are read, `(579/1741)` and `(25%)`.
 */
export interface LogMonitor {
  /** What a line means: nothing, mostly. */
  line(text: string): LoraxEvent[];
  /** What is still to be reported when the console has ended. */
  end(): LoraxEvent[];
  /** What the console says by now about why it fails; its other logs say more. */
  explain(context?: ExplainContext): Explanation;
  /** What the installer gave as the reason for giving up, so far. */
  readonly installerErrors: readonly string[];
  /** The installer said that it terminates: nothing good comes any more. It may sleep for three minutes first. */
  readonly gaveUp: boolean;
  /** The installer has ended: livemedia-creator copies its logs and cleans up, and must not be disturbed. */
  readonly installerEnded: boolean;
  readonly phase: LoraxPhase;
  /** Path of the root file system that is being compressed, as livemedia-creator sees it, once it began. */
  readonly growing: string | undefined;
  /** What it means that the console has been silent for so long, in milliseconds; undefined: nothing yet. */
  silence(ms: number): string | undefined;
}

/** Under the working directory (lorax, `src/pylorax/creator.py`, `RUNTIME`). */
const RUNTIME_IMAGE = 'images/install.img';

/**
 * anaconda's D-Bus modules get 60 s to start; that one refused is noticed only when its main loop asks again, which takes
 * 600 s (`pyanaconda/modules/boss/module_manager/start_modules.py`; seen with 44.35 on a loaded machine).
 */
const START_SILENCE_MS = 90_000;
/** rpm and %post scripts print nothing for minutes; this is longer than any of them was seen to take. */
const SILENCE_MS = 600_000;

/** The file name of the console, in evidence that no directory has. */
const CONSOLE = 'console.log';

/** What lorax takes for a failed installation (`src/pylorax/monitor.py`), but for tracebacks and exact messages. */
const FATAL_LINES = FAILURES.filter(({ fatal, onlyAsReason, id }) =>
  fatal === true ? onlyAsReason !== true : id === 'out-of-memory',
);

/** Starts with nothing read. */
export function createLogMonitor(): LogMonitor {
  const evidence = new Evidence();
  const installerErrors: string[] = [];
  let phase: LoraxPhase = 'start';
  let lastProgress = '';
  let workDir: string | undefined;
  let reported = 0;

  function report(message: string): LoraxEvent[] {
    if (message === '' || installerErrors.includes(message)) return [];
    installerErrors.push(message);
    return [{ type: 'installer-error', message }];
  }
  function reportExact(): LoraxEvent[] {
    return report(evidence.console?.exact.lines?.join('\n') ?? '');
  }
  function reportExceptions(): LoraxEvent[] {
    const exceptions = evidence.console?.installerExceptions ?? [];
    const fresh = exceptions.slice(reported);
    reported = exceptions.length;
    return fresh.flatMap((exception) => report(textOf(exception)));
  }
  function enter(next: LoraxPhase): LoraxEvent[] {
    if (LORAX_PHASES.indexOf(next) <= LORAX_PHASES.indexOf(phase)) return [];
    phase = next;
    lastProgress = '';
    return [{ type: 'phase', phase }];
  }
  function progress(text: string): LoraxEvent[] {
    const found = progressOf(text);
    const key = JSON.stringify(found);
    if (found === undefined || key === lastProgress) return [];
    lastProgress = key;
    return [{ type: 'progress', phase, ...found }];
  }

  return {
    installerErrors,
    get gaveUp() {
      return evidence.console?.exact.terminated ?? false;
    },
    get installerEnded() {
      return evidence.console?.installerEnded ?? false;
    },
    get phase() {
      return phase;
    },
    get growing() {
      const begun = LORAX_PHASES.indexOf(phase) >= LORAX_PHASES.indexOf('squashfs');
      return workDir === undefined || !begun ? undefined : `${workDir}/${RUNTIME_IMAGE}`;
    },
    line(raw) {
      const before = evidence.console?.exact.terminated ?? false;
      const { message } = evidence.line('console', CONSOLE, raw);
      const exact = evidence.console?.exact;
      if (exact?.terminated === true && !before) return reportExact();
      if (exact?.open === true) return [];
      const text = message.trim();
      const milestone = loraxPhaseOf(text);
      if (milestone !== undefined) return enter(milestone);
      workDir ??= /^working dir is (\/.+)$/u.exec(text)?.[1];
      if (phase !== 'install') return [];
      const exceptions = reportExceptions();
      if (exceptions.length > 0) return exceptions;
      if (!text.includes('IGNORED') && FATAL_LINES.some(({ pattern }) => pattern.test(text))) return report(text);
      return progress(text);
    },
    end() {
      evidence.end();
      return [...reportExceptions(), ...reportExact()];
    },
    explain: (context) => explain(evidence, context),
    silence(ms) {
      const console = evidence.console;
      if (phase !== 'install' || console === undefined || console.installerEnded || console.exact.terminated)
        return undefined;
      const minutes = Math.floor(ms / 60_000);
      if (!console.started && console.step === undefined)
        return ms < START_SILENCE_MS
          ? undefined
          : `anaconda has started and printed nothing for ${minutes} min: its modules get one minute to start, and on a busy machine one that misses it leaves it silent for ten`;
      if (ms < SILENCE_MS) return undefined;
      const step = console.step === undefined ? '' : ` in the step "${console.step.text}"`;
      return `the installer has printed nothing for ${minutes} min${step}: a package, a mirror or a script may take long, or wait for ever`;
    },
  };
}

const textOf = ({ name, message }: Exception): string => (message.length === 0 ? name : `${name}: ${message[0]}`);
