import { ExactMessage } from './exact-message.ts';
import { CONSEQUENCES, FAILURES, type FailureSign, type LogKind } from './failures.ts';
import { Hub } from './hub.ts';
import { type LogLine, parseLogLine } from './log-line.ts';
import { type LoraxPhase, loraxIsDone, loraxPhaseOf } from './phases.ts';
import { type Exception, Tracebacks } from './traceback.ts';
import { ANACONDA, LORAX, STEPS } from './words.ts';

/** A place in a log. */
export interface LogPlace {
  /** Its name, relative to the directory of the logs. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A line in which a sign of failure was seen. */
export interface Found {
  readonly sign: FailureSign;
  readonly at: LogPlace;
  /** The deciding line, or the part of it that decides. */
  readonly text: string;
  readonly groups: Readonly<Record<string, string | undefined>>;
  /** What follows it and belongs to it. */
  readonly more: string[];
}

/** An exception that was not ignored, in the order of its log. */
export interface FoundException extends Exception {
  readonly at: LogPlace;
  readonly kind: LogKind;
}

/** `Error code 2 running the kickstart script at line 15`, of any script that failed, harmlessly or not. */
export interface ScriptError {
  readonly at: LogPlace;
  readonly kind: LogKind;
  readonly code: number;
  readonly number: number;
}

/** The output of one script. */
export interface ScriptOutput {
  readonly file: string;
  /** The last lines, without empty ones. */
  readonly last: { text: string; line: number }[];
}

const KEPT_LINES = 20;
/** Of one sign: there may be thousands of packages that all need more space. */
const KEPT_FOUND = 20;
const KEPT_EXCEPTIONS = 20;

const SCRIPT_ERROR = /^Error code (?<code>-?\d+) running the kickstart script at line (?<number>\d+)/u;
const STEP_NAMES: ReadonlySet<string> = new Set([
  ...Object.values(STEPS),
  'Downloading packages',
  'Preparing transaction from installation source',
]);

/** What the console shows of how far it came. */
export interface ConsoleState {
  readonly file: string;
  readonly exact: ExactMessage;
  exactAt: LogPlace | undefined;
  readonly hub: Hub;
  phase: LoraxPhase;
  /** The step that the installer announced last. */
  step: { text: string; at: LogPlace } | undefined;
  /** anaconda itself said that it runs. */
  started: boolean;
  /** anaconda said `Complete!`; what it says after it is of no matter. */
  complete: boolean;
  done: boolean;
  interrupted: boolean;
  timedOut: LogPlace | undefined;
  /** Nothing of the installer is relayed any more. */
  installerEnded: boolean;
  /** Exceptions of the installer, before it was complete; and of lorax. */
  readonly installerExceptions: FoundException[];
  readonly loraxExceptions: FoundException[];
  /** The last lines that are not mere consequences. */
  readonly last: { text: string; at: LogPlace }[];
}

/**
 * What the logs of one installation show, read line by line, each log from its beginning; bounded in memory whatever their
 * size. It owns no file and no clock: a recorded console is read exactly like a running build.
 */
export class Evidence {
  readonly consoles = new Map<string, ConsoleState>();
  readonly found = new Map<string, Found[]>();
  readonly exceptions: FoundException[] = [];
  readonly scriptErrors: ScriptError[] = [];
  readonly scripts = new Map<string, ScriptOutput>();
  /** Name of the file of the script that failed, as the installer's program.log has it. */
  failedScript: string | undefined;
  readonly #logs = new Map<string, { line: number; tracebacks: Tracebacks; at: LogPlace }>();
  #runningScript: string | undefined;
  #scriptlet: Found | undefined;

  /** The console to believe: the one with the installer's message, else the longest. */
  get console(): ConsoleState | undefined {
    const [only] = this.consoles.values();
    if (this.consoles.size < 2) return only;
    const all = [...this.consoles.values()];
    return all.find(({ exact }) => exact.begun) ?? all.find(({ last }) => last.length > 0) ?? all[0];
  }

  /** The next line of a log. `file` is its name; a name belongs to one kind. */
  line(kind: LogKind, file: string, raw: string): LogLine {
    const parsed = parseLogLine(raw);
    const log = this.#log(kind, file);
    log.line += 1;
    const at = { file, line: log.line };
    // A traceback's end is seen a line later: it is where it began that is kept.
    if (!parsed.stamped || /Traceback \(most recent/u.test(parsed.message)) log.at = at;
    if (kind === 'console') this.#console(this.#consoleOf(file), parsed, at, log.tracebacks);
    else {
      log.tracebacks.line(parsed.message, parsed.stamped);
      this.#scriptLines(kind, parsed.message, at);
    }
    this.#signs(kind, parsed.message, at);
    return parsed;
  }

  /** The next line of what a script printed. */
  scriptLine(file: string, raw: string): void {
    const output = this.scripts.get(file) ?? { file, last: [] };
    this.scripts.set(file, output);
    const log = this.#log('console', file);
    log.line += 1;
    const text = parseLogLine(raw).message.trim();
    if (text === '') return;
    output.last.push({ text, line: log.line });
    if (output.last.length > KEPT_LINES) output.last.shift();
  }

  /** The number of lines of a log. */
  lengthOf(file: string): number {
    return this.#logs.get(file)?.line ?? 0;
  }

  /** All logs have been read. */
  end(): void {
    for (const { tracebacks } of this.#logs.values()) tracebacks.end();
  }

  /** Where a sign was seen first. */
  first(id: string): Found | undefined {
    return this.found.get(id)?.[0];
  }

  #log(kind: LogKind, file: string): { line: number; tracebacks: Tracebacks; at: LogPlace } {
    const known = this.#logs.get(file);
    if (known !== undefined) return known;
    const log = {
      line: 0,
      at: { file, line: 0 },
      tracebacks: new Tracebacks((exception) => this.#exception(kind, { ...exception, at: log.at, kind }), {
        records: kind !== 'console',
      }),
    };
    this.#logs.set(file, log);
    return log;
  }

  #consoleOf(file: string): ConsoleState {
    const known = this.consoles.get(file);
    if (known !== undefined) return known;
    const state: ConsoleState = {
      file,
      exact: new ExactMessage(),
      exactAt: undefined,
      hub: new Hub(),
      phase: 'start',
      step: undefined,
      started: false,
      complete: false,
      done: false,
      interrupted: false,
      timedOut: undefined,
      installerEnded: false,
      installerExceptions: [],
      loraxExceptions: [],
      last: [],
    };
    this.consoles.set(file, state);
    return state;
  }

  #console(state: ConsoleState, { message, stamped }: LogLine, at: LogPlace, tracebacks: Tracebacks): void {
    const before = state.exact.begun;
    if (state.exact.line(message)) {
      if (!before) state.exactAt = at;
      return;
    }
    const text = message.trim();
    state.phase = loraxPhaseOf(text) ?? state.phase;
    if (STEP_NAMES.has(text)) state.step = { text, at };
    if (/^anaconda \d[\w.-]* for .* started\.$/u.test(text)) state.started = true;
    if (text === ANACONDA.complete) state.complete = true;
    if (text === LORAX.installed || text === LORAX.logsEnd || text.startsWith(LORAX.anacondaFailed))
      state.installerEnded = true;
    if (loraxIsDone(text)) state.done = true;
    if (text.startsWith(LORAX.timeout)) state.timedOut ??= at;
    if (text === 'KeyboardInterrupt') state.interrupted = true;
    state.hub.line(message);
    // lorax's own are not relayed, so that they have no stamp; in a console without any, all before the end are of the
    // installer.
    if (!stamped && message.startsWith('Traceback ')) state.installerEnded ||= state.exact.terminated;
    tracebacks.line(message, stamped);
    if (text === '' || CONSEQUENCES.includes(text) || tracebacks.inside) return;
    state.last.push({ text, at });
    if (state.last.length > KEPT_LINES) state.last.shift();
  }

  #exception(kind: LogKind, exception: FoundException): void {
    if (kind !== 'console') {
      this.exceptions.push(exception);
      if (this.exceptions.length > KEPT_EXCEPTIONS) this.exceptions.shift();
      return;
    }
    const state = this.consoles.get(exception.at.file);
    if (state === undefined) return;
    if (exception.name === 'KeyboardInterrupt') {
      state.interrupted = true;
      return;
    }
    const ofInstaller = state.phase === 'install' && !state.installerEnded;
    if (ofInstaller && state.complete) return;
    const list = ofInstaller ? state.installerExceptions : state.loraxExceptions;
    list.push(exception);
    if (list.length > KEPT_EXCEPTIONS) list.shift();
  }

  #scriptLines(kind: LogKind, message: string, at: LogPlace): void {
    const error = SCRIPT_ERROR.exec(message)?.groups;
    if (error !== undefined && this.scriptErrors.length < KEPT_FOUND)
      this.scriptErrors.push({ kind, at, code: Number(error['code']), number: Number(error['number']) });
    if (kind !== 'installer-program') return;
    const script = /^Running\.\.\. .*?(?<name>ks-script-[\w-]+)/u.exec(message)?.groups?.['name'];
    if (script !== undefined) this.#runningScript = script;
    const code = /^Return code of .*?: (?<code>-?\d+)$/u.exec(message)?.groups?.['code'];
    if (code === undefined) return;
    if (code !== '0' && this.#runningScript !== undefined) this.failedScript = this.#runningScript;
    this.#runningScript = undefined;
  }

  #signs(kind: LogKind, message: string, at: LogPlace): void {
    if (message === '' || message.includes('IGNORED')) return;
    if (kind === 'dnf') this.#scriptletOutput(message);
    for (const sign of SIGNS[kind]) {
      const known = this.found.get(sign.id);
      if (known !== undefined && known.length >= KEPT_FOUND) continue;
      const match = sign.pattern.exec(message);
      if (match === null) continue;
      const text = (sign.excerpt ? match[0] : message).trim();
      if (known?.some((one) => one.text === text)) continue;
      const found: Found = { sign, at, text, groups: { ...match.groups }, more: [] };
      this.found.set(sign.id, [...(known ?? []), found]);
      if (sign.id === 'scriptlet') this.#scriptlet = found;
    }
  }

  /** rpm's log has what a scriptlet printed behind the news that it failed. */
  #scriptletOutput(message: string): void {
    const output = /^\[scriptlet\] (?<text>.*)$/u.exec(message)?.groups?.['text'];
    if (output === undefined) this.#scriptlet = undefined;
    else if (this.#scriptlet !== undefined && this.#scriptlet.more.length < KEPT_LINES)
      this.#scriptlet.more.push(output);
  }
}

const SIGNS: Readonly<Record<LogKind, readonly FailureSign[]>> = {
  console: FAILURES.filter((sign) => sign.in.includes('console')),
  program: FAILURES.filter((sign) => sign.in.includes('program')),
  anaconda: FAILURES.filter((sign) => sign.in.includes('anaconda')),
  packaging: FAILURES.filter((sign) => sign.in.includes('packaging')),
  dnf: FAILURES.filter((sign) => sign.in.includes('dnf')),
  dbus: FAILURES.filter((sign) => sign.in.includes('dbus')),
  storage: FAILURES.filter((sign) => sign.in.includes('storage')),
  'installer-program': FAILURES.filter((sign) => sign.in.includes('installer-program')),
};
