import { readFile } from 'node:fs/promises';
import { parseJson } from '@phyllome/host/json';
import * as z from 'zod';
import { VmTesterError } from '../errors.ts';

/** A known fault that does not reject an image for now: somebody works on it, until a day. */
export interface Allow {
  /** Of a finding's line, as `verdict.json` has it. */
  pattern: RegExp;
  /** Where the fault is being dealt with. */
  tracker: string;
  /** The last day, `2026-12-31`. From the day after, the fault rejects again. */
  expires: string;
}

/** What is to be said of a finding that an {@link Allow} speaks of. */
export interface Allowance {
  allowed: boolean;
  note: string;
}

const Day = z.iso.date();

/** @throws {VmTesterError} ALLOW_INVALID for an entry without a tracker, or with an expiry that is not a day */
export function checkAllowList(list: readonly Allow[]): readonly Allow[] {
  for (const { pattern, tracker, expires } of list) {
    if (tracker.trim() === '') throw invalid(`${pattern} has no tracker`);
    if (!Day.safeParse(expires).success) throw invalid(`${pattern} expires on ${JSON.stringify(expires)}`);
  }
  return list;
}

/** What the first entry that the line matches says on that day. */
export function allowance(line: string, list: readonly Allow[], today = new Date()): Allowance | undefined {
  const entry = list.find(({ pattern }) => line.search(pattern) >= 0);
  if (!entry) return undefined;
  const allowed = today.toISOString().slice(0, 10) <= entry.expires;
  const note = allowed
    ? `allowed until ${entry.expires}: ${entry.tracker}`
    : `no longer allowed since ${entry.expires}: ${entry.tracker}`;
  return { allowed, note };
}

const AllowFile = z.array(z.strictObject({ pattern: z.string().min(1), tracker: z.string(), expires: z.string() }));

/**
 * Reads a list from JSON: `[{ "pattern": "thermald.service is failed", "tracker": "https://…", "expires": "2026-12-31" }]`.
 * @throws {VmTesterError} ALLOW_INVALID
 */
export async function readAllowList(path: string): Promise<readonly Allow[]> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new VmTesterError('ALLOW_INVALID', `the list of allowed faults cannot be read: ${cause.message}`, {
      hint: 'name a JSON file, as acceptance/allow.json',
      cause,
    });
  });
  try {
    const entries = AllowFile.parse(parseJson(text));
    return checkAllowList(entries.map((entry) => ({ ...entry, pattern: new RegExp(entry.pattern) })));
  } catch (cause) {
    if (cause instanceof VmTesterError) throw cause;
    throw invalid(`${path}: ${cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause)}`, cause);
  }
}

function invalid(what: string, cause?: unknown): VmTesterError {
  return new VmTesterError('ALLOW_INVALID', `a list of allowed faults is wrong: ${what}`, {
    hint: 'each entry needs a pattern, a tracker and the last day it is allowed, as 2026-12-31',
    cause,
  });
}
