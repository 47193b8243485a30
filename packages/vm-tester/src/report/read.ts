import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson as parse } from '@phyllome/host/json';
import * as z from 'zod';
import type { VmEvent } from '../machine/events.ts';
import { parseJournalLine } from '../guest/journal.ts';
import type { JournalEntry } from '../guest/journal.ts';
import { parseJson } from '../json.ts';
import { VerdictFile } from '../verdict/verdict-file.ts';
import type { Line } from './budget.ts';
import { RunSummary } from './run-summary.ts';

/** A screenshot, with its file's name relative to the report. */
export interface Shot {
  atMs: number;
  file: string;
  png: Buffer;
}

export interface Check {
  name: string;
  /** Why it does not hold. */
  failure?: string | undefined;
  /** Why it could not be made. With neither it holds. */
  notJudged?: string | undefined;
  atMs: number;
}

/** Everything a report shows: what one attempt left in its artifacts directory. */
export interface Attempt {
  verdict: VerdictFile;
  checks: Check[];
  serial: Line[];
  journal: Line[];
  /** Units whose start process 1 reported as done, in order. */
  started: { unit: string; atMs: number }[];
  /** The last run of this image and firmware that was accepted, if one is known. */
  last?: RunSummary;
  shots: Shot[];
  /** {@link FILM}, of a run that failed. */
  film?: Buffer;
  /** host.json, as it is. */
  host: Record<string, unknown>;
  reproduce: string;
  /** The names of all files beside the report. */
  files: string[];
}

/** Among a run's artifacts: its screens as an animated PNG. */
export const FILM = 'screen.apng';

/** Among a run's artifacts: what it is compared with (last-accepted.ts). */
export const LAST_ACCEPTED = 'last-accepted.json';

/** Reads an attempt's artifacts; those that are missing are empty. @throws {Error} when there is no verdict.json */
export function readAttempt(directory: string): Attempt {
  const verdict = VerdictFile.parse(parse(readFileSync(join(directory, 'verdict.json'), 'utf8')));
  const events = readText(directory, 'events.jsonl').split('\n').flatMap(parseEvent);
  const entries = parseJournal(readText(directory, 'journal.json'));
  const film = readBytes(directory, FILM);
  const last = parseJson(RunSummary, readText(directory, LAST_ACCEPTED));
  return {
    verdict,
    ...(last && { last }),
    ...(film.length > 0 && { film }),
    checks: events.filter((event) => event.type === 'check'),
    serial: parseConsole(readText(directory, 'serial.log')),
    journal: entries.map(({ atMs, entry: { identifier, message, priority } }) => ({
      atMs,
      text: `${identifier}: ${message}`,
      priority,
    })),
    started: entries
      .filter(({ entry }) => entry.pid === 1 && entry.jobType === 'start' && entry.jobResult === 'done')
      .map(({ atMs, entry: { unit } }) => ({ unit, atMs })),
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

/** The field that says when an entry arrived, in milliseconds since QEMU was started. It is ours, not the guest's. */
const ARRIVED = '__VMT_ARRIVED_MS';

/** A line of `journalctl --output=json` with the time of its arrival: the last of two equal names counts. */
export function withArrival(line: string, atMs: number): string {
  return line.endsWith('}') ? `${line.slice(0, -1)},"${ARRIVED}":${atMs}}` : line;
}

/** In milliseconds of the guest's monotonic clock, which is never set: when journald took it, and when the kernel said it. */
const Stamps = z
  .object({
    [ARRIVED]: z.number(),
    __MONOTONIC_TIMESTAMP: z.coerce.number(),
    _SOURCE_MONOTONIC_TIMESTAMP: z.coerce.number().optional().catch(undefined),
  })
  .transform((fields) => ({
    arrivedMs: fields[ARRIVED],
    takenMs: fields['__MONOTONIC_TIMESTAMP'] / 1000,
    saidMs: (fields['_SOURCE_MONOTONIC_TIMESTAMP'] ?? Number.POSITIVE_INFINITY) / 1000,
  }));

/**
 * The entries on the run's time axis, in its order, whatever the guest's clock says. The guest's monotonic clock began
 * when the entry that took the shortest way here says it did. Only those that arrived later are asked: after a reboot, or
 * in a machine that was set back or stopped meanwhile, that clock began later. None was written after it arrived.
 */
export function parseJournal(text: string): { atMs: number; entry: JournalEntry }[] {
  const entries = text.split('\n').flatMap((line) => {
    const entry = parseJournalLine(line);
    return entry ? [{ entry, stamps: parseJson(Stamps, line) }] : [];
  });
  let beganAtMs = Number.POSITIVE_INFINITY;
  const timed = entries.toReversed().map(({ entry, stamps }) => {
    if (!stamps) return { atMs: 0, entry };
    const { arrivedMs, takenMs, saidMs } = stamps;
    beganAtMs = Math.min(beganAtMs, arrivedMs - takenMs);
    const ownMs = entry.transport === 'kernel' ? Math.min(saidMs, takenMs) : takenMs;
    return { atMs: Math.max(0, Math.round(beganAtMs + ownMs)), entry };
  });
  return timed.toReversed().toSorted((a, b) => a.atMs - b.atMs);
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
