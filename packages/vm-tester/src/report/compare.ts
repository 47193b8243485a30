import { PHASES, phaseIndex } from '../verdict/verdict.ts';
import type { Phase } from '../verdict/verdict.ts';
import type { Line } from './budget.ts';
import type { Attempt } from './read.ts';
import type { RunSummary } from './run-summary.ts';

/** Messages of one kind that the last accepted run did not have. */
export interface NewMessage extends Line {
  /** How many there are; the line is the first. */
  count: number;
}

/** What is different from when it was good. */
export interface Comparison {
  last: RunSummary;
  /** Phases that either run entered; undefined where one did not. */
  phases: { phase: Phase; nowMs: number | undefined; thenMs: number | undefined }[];
  newUnits: { unit: string; atMs: number }[];
  /** Started then, and not now. Empty for a run that ended before systemd had started everything. */
  missingUnits: string[];
  /** The gravest first, then by time. */
  newMessages: NewMessage[];
}

/** A run without what differs between any two. */
export function summarizeRun({ verdict, started, journal, serial }: Attempt): RunSummary {
  const { image, firmware, startedAt, endMs, milestones } = verdict;
  return {
    image,
    firmware,
    ...(startedAt !== undefined && { startedAt }),
    endMs,
    milestones,
    units: [...new Set(started.map(({ unit }) => unit))],
    messages: [...new Set([...journal.map(({ text }) => kindOf(withoutSpeaker(text))), ...kindsOf(serial)])],
  };
}

/** What is different from the last accepted run of the same image and firmware. */
export function compareRuns(attempt: Attempt, last: RunSummary): Comparison {
  const { verdict, started } = attempt;
  const entered = PHASES.filter((phase) => (verdict.milestones[phase] ?? last.milestones[phase]) !== undefined);
  const known = new Set(last.units.map(kindOf));
  const now = new Set(started.map(({ unit }) => kindOf(unit)));
  const complete = phaseIndex('shutdown') <= furthest(verdict.milestones);
  return {
    last,
    phases: entered.map((phase) => ({ phase, nowMs: duration(verdict, phase), thenMs: duration(last, phase) })),
    newUnits: started.filter(
      ({ unit }, index) => !known.has(kindOf(unit)) && started.findIndex((one) => one.unit === unit) === index,
    ),
    missingUnits: complete ? last.units.filter((unit) => !now.has(kindOf(unit))) : [],
    newMessages: newMessages(attempt, new Set(last.messages)),
  };
}

/** Of a console only what the journal has not: what came after it, as a panic, or all, where there is none. */
function newMessages({ journal, serial }: Attempt, known: ReadonlySet<string>): NewMessage[] {
  const journalEndsAtMs = journal.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
  const messages = [
    ...journal.map((line) => ({ line, kind: kindOf(withoutSpeaker(line.text)) })),
    ...serial.filter(({ atMs }) => atMs > journalEndsAtMs).map((line) => ({ line, kind: kindOf(line.text) })),
  ];
  const found = new Map<string, NewMessage>();
  for (const { line, kind } of messages) {
    if (kind === '' || known.has(kind)) continue;
    const first = found.get(kind);
    if (first) first.count++;
    else found.set(kind, { ...line, count: 1 });
  }
  return [...found.values()].toSorted((a, b) => gravity(a) - gravity(b) || a.atMs - b.atMs);
}

const kindsOf = (lines: readonly Line[]) => lines.map(({ text }) => kindOf(text));

/** A journal's line begins with its speaker's name; on a console the kernel's own lines have none. */
function withoutSpeaker(text: string): string {
  return text.slice(text.indexOf(': ') + 2);
}

/** syslog(3): a notice. What is graver than that comes first; a console's lines have no priority. */
const LEAST_GRAVE = 5;

function gravity({ priority = LEAST_GRAVE }: Line): number {
  return Math.min(priority, LEAST_GRAVE);
}

function furthest(milestones: RunSummary['milestones']): number {
  return Math.max(...PHASES.map((phase, index) => (milestones[phase] === undefined ? 0 : index)));
}

function duration({ milestones, endMs }: Pick<RunSummary, 'milestones' | 'endMs'>, phase: Phase): number | undefined {
  const begin = milestones[phase];
  if (begin === undefined) return undefined;
  const next = PHASES.slice(phaseIndex(phase) + 1).find((later) => milestones[later] !== undefined);
  return ((next && milestones[next]) ?? endMs) - begin;
}

/** Before a message: the kernel's time, systemd's `[  OK  ]`, and who says it. */
const PREAMBLES = [/^\[ *\d+\.\d+\] /, /^\[ *(OK|FAILED|DEPEND|WARN|INFO|TIME|SKIP) *\] /, /^[^\s:]+\[\d+\]: /];
/** systemd's animation while a job runs. */
const RUNNING_JOB = /^\[[ *]+\] .*/;

/**
 * What a message has in common with the same one of another boot: without its time and process, and with `#` for
 * whatever has a digit in it, as numbers, addresses, identifiers and devices have.
 */
export function kindOf(text: string): string {
  // oxlint-disable-next-line no-control-regex -- colours of a console
  let rest = text.replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, '').replace(RUNNING_JOB, '');
  for (const preamble of PREAMBLES) rest = rest.replace(preamble, '');
  return rest
    .replaceAll(/[\w.:+-]+/g, (word) => (/\d/.test(word) ? '#' : word))
    .replaceAll(/#(\s+#)+/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
