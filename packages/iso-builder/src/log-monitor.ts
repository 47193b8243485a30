import type { BuildEventBody, Phase } from './progress/build-event.ts';
import { phases } from './progress/build-event.ts';

/**
 * Reads livemedia-creator's console, line by line. Pure: lines in, events out.
 *
 * Its own lines are English in every locale and mark the phases. Those of the installer, which it relays, follow the
 * kickstart's `lang`: of them only the numbers are read, `(579/1741)` and `(25%)`.
 */
export interface LogMonitor {
  /** What a line means: nothing, mostly. */
  line(text: string): BuildEventBody[];
  /** What is still to say when the console has ended. */
  end(): BuildEventBody[];
  /** What the installer gave as the reason for giving up, so far. */
  readonly installerErrors: readonly string[];
  /** The installer said that it terminates: nothing good comes any more. */
  readonly gaveUp: boolean;
  readonly phase: Phase;
  /** Path of the root file system that is being compressed, as livemedia-creator sees it, once it began. */
  readonly growing: string | undefined;
}

/** `2026-11-23 14:02:11,123: `; lines without it belong to the one before, or come from the kickstart's parser. */
const timeStamp = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2},\d{3}: ?/u;

/** lorax, `src/sbin/livemedia-creator` and `src/pylorax/creator.py`. */
const milestones: readonly (readonly [RegExp, Phase])[] = [
  [/^Running anaconda\.$/u, 'install'],
  [/^Creating a \S+ only runtime$/u, 'squashfs'],
  [/^Creating .* runtime$/u, 'squashfs'],
  [/^Rebuilding initrds$/u, 'initramfs'],
  [/^rebuilding boot\/initramfs-/u, 'initramfs'],
  [/^Building boot\.iso$/u, 'iso'],
  [/^running \S+\.tmpl$/u, 'iso'],
];

/**
 * What livemedia-creator itself takes for a failed installation (lorax, `src/pylorax/monitor.py`), but for the line that
 * only announces the exact error message.
 */
const failures: readonly RegExp[] = [
  /Traceback \(/u,
  /traceback script\(s\) have been run/u,
  /Out of memory:/u,
  /Call Trace:/u,
  /insufficient disk space:/u,
  /Not enough disk space to download the packages/u,
  /error populating transaction after/u,
  /crashed on signal/u,
  /packaging: Missed: NoSuchPackage/u,
  /packaging: Installation failed/u,
  /Error in POSTIN scriptlet in rpm package/u,
  /Process [0-9]+ \(anaconda\) of user [0-9]+ dumped core/u,
  /packaging: base repo (?!\(CDROM\/file).* not valid/u,
  /packaging: .* requires .*/u,
];

/** Under the working directory (lorax, `src/pylorax/creator.py`, `RUNTIME`). */
const runtimeImage = 'images/install.img';

const exactErrorBegin = 'The exact error message is:';
const exactErrorEnd = 'The installer will now terminate.';
/** A block that never ends must not swallow the log. */
const exactErrorMaxLines = 40;

export const createLogMonitor = (): LogMonitor => {
  let phase: Phase = 'start';
  let lastProgress = '';
  /** Lines of the exact error message; undefined outside of it. */
  let exact: string[] | undefined;
  let gaveUp = false;
  let workDir: string | undefined;
  const installerErrors: string[] = [];

  const tell = (message: string): BuildEventBody[] => {
    if (message === '' || installerErrors.includes(message)) return [];
    installerErrors.push(message);
    return [{ type: 'installer-error', message }];
  };
  const finishExact = (): BuildEventBody[] => {
    const message = (exact ?? []).join('\n').trim();
    exact = undefined;
    return tell(message);
  };
  const enter = (next: Phase): BuildEventBody[] => {
    if (phases.indexOf(next) <= phases.indexOf(phase)) return [];
    phase = next;
    lastProgress = '';
    return [{ type: 'phase', phase }];
  };
  const progress = (text: string): BuildEventBody[] => {
    const match = /\((\d+)\/(\d+)\)|\((\d+)\s?%\)/u.exec(text);
    if (match === null || match[0] === lastProgress) return [];
    lastProgress = match[0];
    const [, done, total, percent] = match;
    return percent === undefined
      ? [{ type: 'progress', phase, done: Number(done), total: Number(total), unit: 'packages' }]
      : [{ type: 'progress', phase, done: Number(percent), total: 100, unit: 'percent' }];
  };

  return {
    installerErrors,
    get gaveUp() {
      return gaveUp;
    },
    get phase() {
      return phase;
    },
    get growing() {
      const begun = phases.indexOf(phase) >= phases.indexOf('squashfs');
      return workDir === undefined || !begun ? undefined : `${workDir}/${runtimeImage}`;
    },
    line(raw) {
      const text = raw.replace(timeStamp, '').trimEnd();
      // Also behind a message that was too long to be kept, or was none.
      if (text.includes(exactErrorEnd)) {
        gaveUp = true;
        return finishExact();
      }
      if (exact !== undefined) {
        exact.push(text);
        return exact.length < exactErrorMaxLines ? [] : finishExact();
      }
      if (text.includes(exactErrorBegin)) {
        exact = [text.slice(text.indexOf(exactErrorBegin) + exactErrorBegin.length)];
        return [];
      }
      const milestone = milestones.find(([pattern]) => pattern.test(text));
      if (milestone !== undefined) return enter(milestone[1]);
      workDir ??= /^working dir is (\/.+)$/u.exec(text)?.[1];
      if (phase !== 'install') return [];
      if (!text.includes('IGNORED') && failures.some((pattern) => pattern.test(text))) return tell(text.trim());
      return progress(text);
    },
    end: () => (exact === undefined ? [] : finishExact()),
  };
};
