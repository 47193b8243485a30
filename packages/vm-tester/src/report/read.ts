import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson as parse } from '@phyllome/host/json';
import * as z from 'zod';
import type { VmEvent } from '../machine/events.ts';
import { parseJournalLine } from '../guest/journal.ts';
import { parseJson } from '../json.ts';
import { PHASES } from '../verdict/verdict.ts';
import type { Line } from './budget.ts';

/** A screenshot, with its file's name relative to the report. */
interface Shot {
  atMs: number;
  file: string;
  png: Buffer;
}

interface Check {
  name: string;
  /** Why it does not hold. */
  failure?: string | undefined;
  /** Why it could not be made. With neither it holds. */
  notJudged?: string | undefined;
  atMs: number;
}

/** Everything a report shows: what one attempt left in its artifacts directory. */
export interface Attempt {
  verdict: ReadVerdict;
  checks: Check[];
  serial: Line[];
  journal: Line[];
  shots: Shot[];
  /** host.json, as it is. */
  host: Record<string, unknown>;
  reproduce: string;
  /** The names of all files beside the report. */
  files: string[];
}

const EvidenceShape = z.object({ source: z.string(), atMs: z.number(), line: z.string(), detector: z.string() });
const VerdictShape = z.object({
  status: z.enum(['accepted', 'rejected', 'inconclusive']),
  phase: z.enum(PHASES).optional(),
  cause: z.string().optional(),
  evidence: z.array(EvidenceShape).default([]),
  milestones: z.partialRecord(z.enum(PHASES), z.number()),
  image: z.string(),
  firmware: z.string(),
  /** How the guest was reached, if it was. */
  instrument: z.string().optional(),
  /** When QEMU was started, in ISO 8601; absent when it was not. */
  startedAt: z.string().optional(),
  /** How long it ran. */
  endMs: z.number().default(0),
  /** Earlier attempts; their artifacts lie in these folders beside the report. */
  attempts: z
    .array(
      z.object({ folder: z.string(), status: z.string(), phase: z.string().optional(), cause: z.string().optional() }),
    )
    .default([]),
  /** The boot without our instruments, if one was due. */
  uninstrumented: z
    .object({ status: z.string(), folder: z.string().optional(), why: z.string().optional() })
    .optional(),
  findings: z
    .array(z.object({ severity: z.string(), cause: z.string(), phase: z.string(), evidence: EvidenceShape }))
    .default([]),
});
type ReadVerdict = z.infer<typeof VerdictShape>;

/** Reads an attempt's artifacts; those that are missing are empty. @throws {Error} when there is no verdict.json */
export function readAttempt(directory: string): Attempt {
  const verdict = VerdictShape.parse(parse(readFileSync(join(directory, 'verdict.json'), 'utf8')));
  const events = readText(directory, 'events.jsonl').split('\n').flatMap(parseEvent);
  return {
    verdict,
    checks: events.filter((event) => event.type === 'check'),
    serial: parseConsole(readText(directory, 'serial.log')),
    journal: parseJournal(readText(directory, 'journal.json'), verdict.startedAt),
    shots: events
      .filter((event) => event.type === 'screenshot')
      .map(({ atMs, file }) => ({ atMs, file, png: readBytes(directory, file) }))
      .filter(({ png }) => png.length > 0),
    host: parseJson(z.record(z.string(), z.unknown()), readText(directory, 'host.json')) ?? {},
    reproduce: readText(directory, 'reproduce.sh'),
    files: readdirSync(directory).filter((name) => !name.startsWith('.') && name !== 'report.html'),
  };
}

/** `[  12.345] text` of our own serial.log. */
export function parseConsole(text: string): Line[] {
  return text.split('\n').flatMap((line) => {
    const [, seconds = '', rest = ''] = /^\[ *(\d+\.\d{3})\] (.*)$/.exec(line) ?? [];
    return seconds === '' ? [] : [{ atMs: Math.round(Number(seconds) * 1000), text: rest.trimEnd() }];
  });
}

const JournalTime = z
  .object({ __REALTIME_TIMESTAMP: z.coerce.number() })
  .transform((fields) => fields['__REALTIME_TIMESTAMP']);

/** The guest's clock is set from ours when it starts, to the second; entries are in order of arrival. */
export function parseJournal(text: string, startedAt: string | undefined): Line[] {
  const startMs = startedAt === undefined ? Number.NaN : Date.parse(startedAt);
  let lastMs = 0;
  return text.split('\n').flatMap((line) => {
    const entry = parseJournalLine(line);
    if (!entry) return [];
    const realtime = parseJson(JournalTime, line) ?? Number.NaN;
    const atMs = Math.round(realtime / 1000 - startMs);
    if (atMs > lastMs) lastMs = atMs;
    return [{ atMs: lastMs, text: `${entry.identifier}: ${entry.message}`, priority: entry.priority }];
  });
}

function parseEvent(line: string): VmEvent[] {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own file, written as VmEvent
    return [parse(line) as VmEvent];
  } catch {
    return []; // the last line of a killed run
  }
}

function readText(directory: string, name: string): string {
  return readBytes(directory, name).toString();
}

function readBytes(directory: string, name: string): Buffer {
  try {
    return readFileSync(join(directory, name));
  } catch {
    return Buffer.alloc(0);
  }
}
