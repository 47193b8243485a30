import type { FailureCause } from './causes.ts';
import type { ConsoleState, Evidence, Found, FoundException, LogPlace, ScriptError } from './evidence.ts';
import { FAILURES, type FailureSign, VERDICTS, type Verdict } from './failures.ts';
import { type KickstartElement, scriptAt, scriptsOf, splitKickstart } from './kickstart-split.ts';
import { type Subject, lineOf, nameOf } from './subject.ts';
import { LORAX, STEPS } from './words.ts';

/** What the logs of one installation say about its end. */
export interface Explanation {
  /** `unknown`: the logs end without either. */
  readonly outcome: 'failed' | 'succeeded' | 'unknown';
  readonly cause: FailureCause;
  /** Who failed: lorax, before the installer ran; the installer; or lorax, after it. */
  readonly stage: 'before' | 'installer' | 'after';
  /** What failed, in some words. */
  readonly what: string;
  /** The line that decided, as its log has it. */
  readonly headline: string;
  /** Where it stands; undefined where no log has it. */
  readonly at: LogPlace | undefined;
  readonly hint: string;
  readonly subject: Subject | undefined;
  /** The line of the kickstart, from 1, that has to be looked at. */
  readonly kickstartLine: number | undefined;
  /** Lines one of which it is, where the logs do not say which. */
  readonly candidates: readonly number[];
  /** More lines that belong to it: a script's output, other packages. */
  readonly details: readonly string[];
}

/** lorax's programs that make media. */
export type LoraxProgram = 'livemedia-creator' | 'mkksiso';

export interface ExplainContext {
  /** The kickstart as the installer got it. */
  readonly kickstart?: string | undefined;
  /** Which of lorax's programs it was; livemedia-creator when not given. */
  readonly program?: LoraxProgram | undefined;
  /** Of the program. */
  readonly exitCode?: number | undefined;
  /** The kernel ended a process of the container for want of memory. */
  readonly oomKilled?: boolean | undefined;
  /** The disk of the virtual machine that it ran in was full. */
  readonly diskFull?: boolean | undefined;
}

/** What one step of the search found. */
interface Cause {
  cause: FailureCause;
  stage?: Explanation['stage'];
  what: string;
  headline: string;
  at?: LogPlace | undefined;
  hint: string;
  subject?: Subject | undefined;
  details?: readonly string[];
  script?: KickstartElement | undefined;
}

/**
 * Says why an installation failed: the line that decided, not the first one that complains. Pure.
 *
 * What the installer gives as its exact message counts first; where it only announces, its logs have the reason. Then come
 * a timeout, the exceptions that it ended with, what lorax says, and last what is known of the exit.
 */
export function explain(evidence: Evidence, context: ExplainContext = {}): Explanation {
  const elements = splitKickstart(context.kickstart ?? '');
  const console = evidence.console;
  if (console?.done === true && (context.exitCode ?? 0) === 0) return succeeded;
  const byMessage = byExactMessage(evidence, console, elements);
  const found =
    outOfMemory(context, byMessage ?? byException(evidence, console, elements)) ??
    byMessage ??
    byTimeout(evidence, console, elements) ??
    byException(evidence, console, elements) ??
    byLastRecord(evidence, console, elements) ??
    fullDisk(context, console, bySigns(evidence, console)) ??
    byLoraxException(console) ??
    byEnd(console, context);
  return complete(found, console, elements);
}

const succeeded: Explanation = {
  outcome: 'succeeded',
  cause: 'unknown',
  stage: 'after',
  what: 'the build succeeded',
  headline: '',
  at: undefined,
  hint: '',
  subject: undefined,
  kickstartLine: undefined,
  candidates: [],
  details: [],
};

function complete(
  found: Cause | undefined,
  console: ConsoleState | undefined,
  elements: readonly KickstartElement[],
): Explanation {
  if (found === undefined)
    return {
      ...succeeded,
      outcome: 'unknown',
      stage: stageOf(console),
      what: 'the logs end without saying how it ended',
      headline: console?.last.at(-1)?.text ?? '',
      at: console?.last.at(-1)?.at,
      hint: 'the last lines of the logs say how far it came',
    };
  const { subject } = found;
  const line = found.script?.line ?? (subject === undefined ? undefined : lineOf(subject, elements));
  return {
    outcome: 'failed',
    cause: found.cause,
    stage: found.stage ?? stageOf(console),
    what: found.what,
    headline: shorten(found.headline),
    at: found.at,
    hint: found.hint,
    subject,
    kickstartLine: line,
    candidates: line === undefined && found.cause === 'mirror' ? sourcesOf(elements) : [],
    details: (found.details ?? []).map(shorten),
  };
}

function stageOf(console: ConsoleState | undefined): Explanation['stage'] {
  if (console === undefined) return 'installer';
  if (console.phase === 'start') return console.started || console.step !== undefined ? 'installer' : 'before';
  return console.phase === 'install' ? 'installer' : 'after';
}

/** A failed download names a package; which of the repositories did not have it, it does not say. */
const sourcesOf = (elements: readonly KickstartElement[]): number[] =>
  elements.flatMap(({ type, name, line }) => (type === 'command' && /^(?:url|repo|nfs)$/u.test(name) ? [line] : []));

/** @param stated what the installer says itself: of a script that was ended, that it failed */
function outOfMemory({ oomKilled }: ExplainContext, stated: Cause | undefined): Cause | undefined {
  if (oomKilled !== true) return undefined;
  if (stated?.cause === 'out-of-memory') return stated;
  if (stated?.cause === 'script' && stated.script !== undefined)
    return {
      ...stated,
      cause: 'out-of-memory',
      what: `memory ran out in a %${stated.script.name} script`,
      headline: "the kernel of the engine's machine ended it or a process of it",
      hint: "correct that script in its leaf, or give the engine's machine, or its container, more memory: 8 GB do",
      details: [...(stated.details ?? []), stated.headline],
    };
  return {
    cause: 'out-of-memory',
    what: 'memory ran out',
    headline: "the kernel of the engine's machine ended a process of the builder, since memory ran out",
    hint: "give the engine's machine, or its container, more memory: 8 GB do",
  };
}

/** @param stated by a sign in the logs, which the full disk explains, unless it says more of that */
function fullDisk(
  { diskFull }: ExplainContext,
  console: ConsoleState | undefined,
  stated: Cause | undefined,
): Cause | undefined {
  if (diskFull !== true || stated?.cause === 'space-root' || stated?.cause === 'out-of-memory') return stated;
  return {
    ...(console === undefined ? { stage: 'before' } : {}),
    ...stated,
    cause: stated?.cause === 'space-tmp' ? 'space-tmp' : 'space-engine',
    what: 'the disk of the machine that builds is full',
    headline: stated?.headline ?? 'no room was left on the disk of the virtual machine',
    hint: 'the disk of its virtual machine is full: leave out of the kickstart what makes the system so large, or build in a container (PHYLLOME_ISOLATION=container)',
  };
}

function byExactMessage(
  evidence: Evidence,
  console: ConsoleState | undefined,
  elements: readonly KickstartElement[],
): Cause | undefined {
  const lines = console?.exact.lines;
  if (console === undefined || lines === undefined || lines.length === 0) return undefined;
  return ofMessage(evidence, elements, { lines, at: console.exactAt, numbering: 'unknown', stage: 'installer' });
}

interface Message {
  readonly lines: readonly string[];
  readonly at: LogPlace | undefined;
  /** In what a bare number of a script counts. */
  readonly numbering: 'file' | 'module' | 'unknown';
  readonly stage: Explanation['stage'];
}

/** What a message of the installer means, and why, as far as its logs say. */
function ofMessage(evidence: Evidence, elements: readonly KickstartElement[], message: Message): Cause {
  const [first = ''] = message.lines;
  const number = scriptNumber(first);
  if (number !== undefined) return scriptFailed(evidence, elements, { ...message, number });
  const text = message.lines.join('\n');
  const verdict = VERDICTS.find(({ pattern }) => pattern.test(text));
  const own = { lines: message.lines, at: message.at };
  if (verdict !== undefined) return byReason(evidence, verdict, own);
  // No verdict: the message may say by itself what it is about.
  const sign = FAILURES.find(({ pattern, id }) => id !== 'installer-stopped' && pattern.test(text));
  const kickstart = evidence.first('kickstart-line');
  const parse = /unrecognized arguments|no such option|kickstart|expected one argument|^Unknown command/iu.test(text);
  if (sign === undefined && (kickstart !== undefined || parse))
    return {
      cause: 'kickstart',
      stage: 'installer',
      what: 'the installer cannot read the kickstart',
      headline: first,
      at: message.at,
      hint: 'correct that line in its leaf: phyllome lint says more',
      subject: kickstart?.sign.subject?.(kickstart.groups) ?? lineIn(text) ?? optionIn(text),
      details: message.lines.slice(1),
    };
  if (sign !== undefined) {
    const groups = sign.pattern.exec(text)?.groups ?? {};
    return { ...ofSign(sign, first, message.at, groups), stage: 'installer', details: message.lines.slice(1) };
  }
  return {
    cause: 'installer-stopped',
    stage: 'installer',
    what: 'the installer gave up',
    headline: first,
    at: message.at,
    hint: 'the end of anaconda/anaconda.log has the details',
    details: message.lines.slice(1),
  };
}

function scriptNumber(text: string): number | undefined {
  const number = /^(?<bare>\d+)$|running the kickstart script at line (?<worded>\d+)/u.exec(text.trim())?.groups;
  const digits = number?.['bare'] ?? number?.['worded'];
  return digits === undefined ? undefined : Number(digits);
}

function lineIn(text: string): Subject | undefined {
  const number = /\bline (?<number>\d+)\b/u.exec(text)?.groups?.['number'];
  return number === undefined ? undefined : { kind: 'line', number: Number(number) };
}

function optionIn(text: string): Subject | undefined {
  const option = /unrecognized arguments: (?<option>\S+)|no such option: (?<other>\S+)/u.exec(text)?.groups;
  const name = option?.['option'] ?? option?.['other'];
  return name === undefined ? undefined : { kind: 'option', text: name };
}

/** Why: the first of the verdict's reasons that the logs have. */
function byReason(
  evidence: Evidence,
  verdict: Verdict,
  message: { lines: readonly string[]; at: LogPlace | undefined },
): Cause {
  for (const id of verdict.reasons) {
    const all = evidence.found.get(id) ?? [];
    const one = mostTelling(id, all);
    if (one === undefined) continue;
    const more = [...one.more, ...all.filter((other) => other !== one).map(({ text }) => text)];
    return {
      ...ofSign(one.sign, one.text, one.at, one.groups),
      stage: 'installer',
      what: verdict.what,
      details: more,
    };
  }
  // Where logs are missing, the summary on the console has some words.
  const open = evidence.console?.hub.open ?? [];
  const states = open.map(({ name, state }) => `${name} ${state}`);
  const [first = ''] = message.lines;
  const announced = first.endsWith(':');
  return {
    cause: verdict.cause,
    stage: 'installer',
    what: verdict.what,
    headline: announced ? (states[0] ?? `${first} ${message.lines.slice(1).join(', ')}`) : first,
    at: message.at,
    hint: verdict.hint,
    details: [...states.slice(announced ? 1 : 0), ...message.lines.slice(1)],
  };
}

/** Of several scriptlets the one whose failure is fatal: rpm goes on after those that run behind the installation. */
function mostTelling(id: string, found: readonly Found[]): Found | undefined {
  if (id !== 'scriptlet') return found[0];
  return found.find(({ groups }) => groups['scriptlet']?.startsWith('pre')) ?? found[0];
}

function ofSign(
  sign: FailureSign,
  headline: string,
  at: LogPlace | undefined,
  groups: Readonly<Record<string, string | undefined>>,
): Cause {
  const subject = sign.subject?.(groups);
  return {
    cause: sign.cause,
    what: WHAT[sign.cause],
    headline,
    at,
    hint: sign.hint,
    subject: subject?.kind === 'package' ? { ...subject, name: nameOf(subject.name) } : subject,
  };
}

/** What fails by a cause, in some words. */
const WHAT: Readonly<Record<FailureCause, string>> = {
  kickstart: 'the kickstart cannot be used',
  'kickstart-missing': 'the installer does not find its kickstart',
  script: 'a script of the kickstart failed',
  'package-missing': 'a package is in no repository',
  'package-conflict': 'packages exclude each other',
  'package-lock': 'the packages are not the locked ones',
  'group-missing': 'a group is in no repository',
  scriptlet: 'a scriptlet of a package failed',
  packages: 'the packages cannot be installed',
  'unit-missing': 'a unit cannot be enabled or disabled',
  mirror: 'a repository cannot be used',
  'installer-missing': "the installer's own system cannot be had",
  storage: 'the storage cannot be set up',
  'space-root': 'the system does not fit into its file system',
  'space-tmp': 'the compressed system does not fit',
  'space-engine': 'the disk of the machine that builds is full',
  loop: 'there is no loop device',
  vfat: 'the boot medium cannot be mounted',
  privileges: 'the builder may not do what it has to',
  dracut: 'the initramfs cannot be made',
  template: 'the boot medium cannot be made',
  bootloader: 'the boot loader cannot be installed',
  'out-of-memory': 'memory ran out',
  hardware: 'the machine failed',
  kernel: 'the kernel failed',
  killed: 'livemedia-creator was killed',
  interrupted: 'it was interrupted',
  timeout: 'it took too long',
  arguments: 'livemedia-creator did not accept its arguments',
  'installer-stopped': 'the installer gave up',
  'installer-crashed': 'the installer crashed',
  'ended-early': 'it ended before everything was installed',
  unknown: 'it failed',
};

/** A script: its output says why, and its number leads to its line. */
function scriptFailed(
  evidence: Evidence,
  elements: readonly KickstartElement[],
  { lines, at, number, numbering }: Message & { number: number | undefined },
): Cause {
  const error = scriptErrorOf(evidence, number, numbering);
  const line = number ?? error?.number;
  const counted = numbering === 'unknown' && error?.kind === 'anaconda' ? 'file' : numbering;
  const script = line === undefined ? undefined : scriptAt(elements, line, counted);
  const output = lines.slice(1).filter((text) => text.trim() !== '');
  const logged = output.length > 0 ? undefined : outputOf(evidence);
  const last = output.at(-1)?.trim() ?? logged?.text;
  const name = script === undefined ? 'a script of the kickstart' : `a %${script.name} script`;
  const code = error === undefined ? '' : ` (exit code ${error.code})`;
  return {
    cause: 'script',
    stage: 'installer',
    what: `${name} failed${code}`,
    headline: last ?? `${name} failed${code} and printed nothing`,
    at: logged === undefined ? (placeOfOutput(evidence, last) ?? at) : { file: logged.file, line: logged.line },
    hint: output.some((text) => NO_PROCESS.test(text))
      ? 'it wanted more processes than there may be: correct that script in its leaf, so that it starts fewer at a time'
      : 'correct that script in its leaf; anaconda/ks-script-*.log has all that it printed',
    subject: { kind: 'script', section: script?.name, number: line },
    script,
    details: output.length > 1 ? output.slice(0, -1) : [],
  };
}

/** What shells print when the kernel starts no more processes (dash, bash, busybox). */
const NO_PROCESS = /\b(?:Cannot fork|can't fork|fork: (?:retry: )?Resource temporarily unavailable)/u;

/** The news of the script in a log of anaconda's: the one of this number, else the last one of its kind. */
function scriptErrorOf(
  { scriptErrors }: Evidence,
  number: number | undefined,
  numbering: Message['numbering'],
): ScriptError | undefined {
  const log = numbering === 'file' ? 'anaconda' : 'dbus';
  const all = numbering === 'unknown' ? scriptErrors : scriptErrors.filter(({ kind }) => kind === log);
  return number === undefined ? all.at(-1) : all.findLast((error) => error.number === number);
}

/** The last line that the failed script printed, where the logs leave no doubt which script that was. */
function outputOf({ scripts, failedScript }: Evidence): { text: string; file: string; line: number } | undefined {
  const all = [...scripts.values()].filter(({ last }) => last.length > 0);
  const one = all.find(({ file }) => failedScript !== undefined && file.includes(failedScript));
  const only = failedScript === undefined && all.length === 1 ? all[0] : undefined;
  const chosen = one ?? only;
  const last = chosen?.last.at(-1);
  return chosen === undefined || last === undefined ? undefined : { ...last, file: chosen.file };
}

function placeOfOutput({ scripts }: Evidence, text: string | undefined): LogPlace | undefined {
  for (const { file, last } of scripts.values()) {
    const line = last.findLast((one) => one.text === text);
    if (line !== undefined) return { file, line: line.line };
  }
  return undefined;
}

function byTimeout(
  evidence: Evidence,
  console: ConsoleState | undefined,
  elements: readonly KickstartElement[],
): Cause | undefined {
  if (console?.timedOut === undefined) return undefined;
  const { step, timedOut } = console;
  const base = { cause: 'timeout' as const, stage: 'installer' as const, at: timedOut };
  if (!console.started && step === undefined)
    return {
      ...base,
      what: 'the installer did not start in time',
      headline: `${LORAX.timeout}, before anaconda said that it had started`,
      hint: "anaconda's modules get a minute to start, and one that misses it leaves the installer silent for ten: build on a machine with less load, or allow more minutes",
    };
  const running = step?.text === STEPS.postScripts ? runningScript(evidence, elements) : undefined;
  return {
    ...base,
    what: running === undefined ? 'the installer did not finish in time' : `a %${running.name} script did not end`,
    headline: `${LORAX.timeout}${step === undefined ? '' : `, in the step "${step.text}"`}`,
    hint:
      running === undefined
        ? 'allow the installer more minutes, or see in the console log where it spends them'
        : 'see in that script what it waits for; if it only needs longer, allow the installer more minutes',
    script: running,
    subject: running === undefined ? undefined : { kind: 'script', section: running.name, number: undefined },
  };
}

/** Every script has a log of its own, made when it starts: their number says which one runs. */
function runningScript({ scripts }: Evidence, elements: readonly KickstartElement[]): KickstartElement | undefined {
  const all = scriptsOf(elements);
  const inOrder = ['pre', 'pre-install', 'post'].flatMap((name) => all.filter((script) => script.name === name));
  const running = inOrder[scripts.size - 1];
  return running?.name === 'post' ? running : undefined;
}

/** The exception that the installer ended with: on its console, or in a log of its own. */
function byException(
  evidence: Evidence,
  console: ConsoleState | undefined,
  elements: readonly KickstartElement[],
): Cause | undefined {
  if (console?.complete === true) return undefined;
  const exception = console?.installerExceptions.at(-1) ?? loggedException(evidence);
  if (exception === undefined) return undefined;
  const { name, message, at } = exception;
  const short = name.split('.').at(-1) ?? name;
  // That of a module has the number in its message; that of anaconda itself, which runs %pre, has none.
  if (short === 'ScriptError') {
    const number = scriptNumber(message[0] ?? '');
    const numbering = number === undefined ? 'file' : 'module';
    const lines = number === undefined ? ['', ...message] : message;
    return scriptFailed(evidence, elements, { lines, at, number, numbering, stage: 'installer' });
  }
  const lines = message.filter((line) => line !== '');
  const found = ofMessage(evidence, elements, { lines, at, numbering: 'module', stage: 'installer' });
  if (found.cause !== 'installer-stopped') return found;
  return {
    ...found,
    cause: 'installer-crashed',
    what: WHAT['installer-crashed'],
    headline: lines.length === 0 ? name : `${short}: ${lines[0]}`,
    hint: 'the end of anaconda/anaconda.log has the details; report it to anaconda if it is its own fault',
  };
}

/** Without a console: a main log whose last news is a failed %pre. It would go on after one that may fail. */
function byLastRecord(
  evidence: Evidence,
  console: ConsoleState | undefined,
  elements: readonly KickstartElement[],
): Cause | undefined {
  const error = evidence.scriptErrors.findLast(({ kind }) => kind === 'anaconda');
  if (console !== undefined || error === undefined || error.at.line < evidence.lengthOf(error.at.file))
    return undefined;
  const { at, number } = error;
  return scriptFailed(evidence, elements, { lines: [], at, number, numbering: 'file', stage: 'installer' });
}

/** Of anaconda's own logs the main one counts; the others have errors that were handled, too. */
function loggedException({ exceptions }: Evidence): FoundException | undefined {
  const own = (kind: FoundException['kind']): FoundException | undefined =>
    exceptions.findLast((one) => one.kind === kind && !/\.(?:UnknownMethod|NameHasNoOwner)/u.test(one.name));
  return own('anaconda') ?? own('packaging') ?? own('dbus');
}

/** The most significant line of the console and of lorax's own programs. */
function bySigns(evidence: Evidence, console: ConsoleState | undefined): Cause | undefined {
  const anywhere = console === undefined;
  const seen = (vague: boolean): Found | undefined => {
    for (const sign of FAILURES) {
      if (sign.onlyAsReason === true || (sign.vague === true) !== vague) continue;
      const found = evidence.found
        .get(sign.id)
        ?.find(({ at }) => anywhere || evidence.consoles.has(at.file) || sign.in.includes('program'));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const found = seen(false) ?? seen(true);
  if (found === undefined) return undefined;
  return ofSign(found.sign, withNext(found, console), found.at, found.groups);
}

/** What a line only announces stands in the next one. */
function withNext({ text, at }: Found, console: ConsoleState | undefined): string {
  if (!text.endsWith(':')) return text;
  const next = console?.last.find((line) => line.at.file === at.file && line.at.line > at.line);
  return next === undefined ? text : `${text} ${next.text}`;
}

function byLoraxException(console: ConsoleState | undefined): Cause | undefined {
  const exception = console?.loraxExceptions.findLast(({ name }) => !name.endsWith('InstallError'));
  if (console === undefined || exception === undefined) return undefined;
  const { name, message, at } = exception;
  const text = message[0] ?? '';
  if (name === 'OSError' && /unshare.*exited with status/u.test(text)) return undefined;
  return {
    cause: 'unknown',
    what: 'livemedia-creator failed',
    headline: text === '' ? name : `${name}: ${text}`,
    at,
    hint: 'look at the end of the console log and of program.log',
  };
}

/** Where to look when nothing is known of why a program failed. */
const lookAt: Readonly<Record<LoraxProgram, string>> = {
  'livemedia-creator': 'look at the end of the console log and of program.log',
  mkksiso: "see logs/console.log; the builder's kernel needs vfat and loop devices for the partition that UEFI boots",
};

/** Nothing said why: what is known of its end. */
function byEnd(
  console: ConsoleState | undefined,
  { exitCode, program = 'livemedia-creator' }: ExplainContext,
): Cause | undefined {
  const last = console?.last.at(-1);
  const end = { headline: last?.text ?? 'it printed nothing', at: last?.at };
  if (exitCode === 137)
    return {
      ...end,
      cause: 'killed',
      what: `${program} was killed (exit code 137)`,
      hint: 'the container was removed, or the machine ran out of memory: see its kernel log',
    };
  if (console?.interrupted === true || exitCode === 130)
    return { ...end, cause: 'interrupted', what: 'it was interrupted', hint: 'start it again' };
  if (exitCode === undefined && !saysFailed(console)) return undefined;
  return {
    ...end,
    cause: 'unknown',
    what: `${program} failed${exitCode === undefined ? '' : ` (exit code ${exitCode})`}`,
    hint: lookAt[program],
  };
}

const saysFailed = (console: ConsoleState | undefined): boolean =>
  console?.last.some(({ text }) => /^Running anaconda failed: |^ERROR: /u.test(text)) === true ||
  console?.exact.terminated === true;

const MAX_HEADLINE = 400;
const shorten = (text: string): string => (text.length > MAX_HEADLINE ? `${text.slice(0, MAX_HEADLINE)}…` : text);
