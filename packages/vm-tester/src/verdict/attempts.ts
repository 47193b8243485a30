import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Accelerator } from '../host/accelerator.ts';
import { parseJson } from '../json.ts';
import { writeReport } from '../report/write.ts';
import { CPU_LEVEL } from '../console/detectors/index.ts';
import type { MachineOptions } from '../machine/options.ts';
import type { Cause, Verdict } from './verdict.ts';

/** Why an image is booted once more, and with how many CPUs. */
export interface Retry {
  reason: string;
  /** undefined: as many as before. */
  cpus?: 1;
  /** QEMU's -cpu; undefined: as before. */
  cpu?: 'max';
}

/** What one attempt is made with, where it differs from the first. */
export type Processors = Pick<MachineOptions, 'cpus' | 'cpu'>;

/** What TCG is known to do to good guests that have more than one CPU. */
const EMULATION_SUSPECTS: readonly Cause[] = ['kernel-panic', 'oops'];

/** What a second boot cannot fix: the guest has no agent of ours, however often it is asked. */
const LASTING: readonly Cause[] = ['infra:channel'];

/**
 * Is a second attempt due? A rejected image is never tried again, with two exceptions: under TCG a kernel that dies may
 * have been killed by the emulation of more CPUs than one, so it is given one; and a system that is built for a newer
 * processor than TCG emulates by default is given all that TCG can. What broke around the image (`infra:…`)
 * is tried once more, and both attempts are reported.
 */
export function secondAttempt(verdict: Verdict, accelerator: Accelerator, cpus: number): Retry | undefined {
  if (verdict.status === 'accepted') return undefined;
  const { status, cause } = verdict;
  if (status === 'inconclusive') return LASTING.includes(cause) ? undefined : { reason: `${cause}: once more` };
  if (accelerator === 'tcg' && verdict.evidence[0]?.detector === CPU_LEVEL)
    return {
      reason: 'it is for a newer processor than the one that is emulated fastest: once more, with all of one',
      cpu: 'max',
    };
  if (accelerator !== 'tcg' || cpus === 1 || !EMULATION_SUSPECTS.includes(cause)) return undefined;
  return { reason: `${cause} under TCG: once more, with one CPU`, cpus: 1 };
}

/**
 * What two attempts say together. A crash that is gone with one CPU is not the image's fault, nor is the image judged:
 * what it was to run on does not run it. Else the second attempt decides.
 */
export function combine(first: Verdict, second: Verdict, retry: Retry): Verdict {
  if (retry.cpus === undefined || second.status !== 'accepted' || first.status === 'accepted') return second;
  const gone = {
    source: 'host',
    atMs: second.milestones.shutdown ?? 0,
    line: `${first.cause} with several CPUs under TCG, gone with one: the emulation, not the image`,
    detector: 'one-cpu',
  } as const;
  const { milestones } = second;
  return {
    status: 'inconclusive',
    phase: first.phase,
    cause: 'infra:accelerator',
    evidence: [gone, ...first.evidence],
    milestones,
  };
}

/** How the attempts are made. */
export interface Attempts {
  accelerator: Accelerator;
  /** Of the first attempt. */
  cpus: number;
  /** Where each leaves its artifacts. */
  artifactsDir?: string | undefined;
  /** The second is due; `first` is what the one that ended said. */
  onRetry?: (retry: Retry, first: Verdict) => void;
}

/** Makes an attempt, and a second one where {@link secondAttempt} says so. @returns what they say together */
export async function withSecondAttempt(
  attempt: (processors: Processors & { cpus: number }) => Promise<Verdict>,
  { accelerator, cpus, artifactsDir, onRetry }: Attempts,
): Promise<Verdict> {
  const before = artifactsDir === undefined ? undefined : entriesOf(artifactsDir);
  const first = await attempt({ cpus });
  const retry = secondAttempt(first, accelerator, cpus);
  if (!retry) return first;
  const folder = artifactsDir === undefined ? undefined : keepAttempt(artifactsDir, before);
  onRetry?.(retry, first);
  const verdict = combine(
    first,
    await attempt({ cpus: retry.cpus ?? cpus, ...(retry.cpu && { cpu: retry.cpu }) }),
    retry,
  );
  if (artifactsDir !== undefined && folder !== undefined)
    concludeAttempts(artifactsDir, verdict, { folder, verdict: first });
  return verdict;
}

const ATTEMPT = /^attempt-\d+$/;

/** What is in a directory, each by its name, and what says whether it was changed since. */
export function entriesOf(directory: string): Map<string, string> {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return new Map(
    names.map((name) => {
      const { ino, mtimeMs } = lstatSync(join(directory, name));
      return [name, `${ino} ${mtimeMs}`];
    }),
  );
}

/**
 * Moves what an attempt made or changed since `before` into a folder of its own, `attempt-1` and so on, to make room for
 * the next. The rest is somebody else's, or what both are compared with.
 * @returns its name
 */
export function keepAttempt(directory: string, before: ReadonlyMap<string, string> = new Map()): string {
  const entries = entriesOf(directory);
  const folder = `attempt-${[...entries.keys()].filter((name) => ATTEMPT.test(name)).length + 1}`;
  mkdirSync(join(directory, folder), { recursive: true });
  for (const [name, stamp] of entries)
    if (!ATTEMPT.test(name) && before.get(name) !== stamp)
      renameSync(join(directory, name), join(directory, folder, name));
  return folder;
}

/** Writes another verdict over that of the artifacts, and the report with it. */
export function replaceVerdict(directory: string, verdict: Verdict, facts: Record<string, unknown>): void {
  const path = join(directory, 'verdict.json');
  if (!existsSync(path)) return; // the run ended before it had one
  const known = parseJson(z.looseObject({ findings: z.unknown(), image: z.unknown() }), readFileSync(path, 'utf8'));
  writeFileSync(`${path}.partial`, JSON.stringify({ ...known, ...verdict, ...facts }, undefined, 2));
  renameSync(`${path}.partial`, path);
  writeReport(directory);
}

/** Writes what the attempts say together over the last one's verdict.json, and the report with it. */
export function concludeAttempts(
  directory: string,
  verdict: Verdict,
  earlier: { folder: string; verdict: Verdict },
): void {
  const { folder, verdict: first } = earlier;
  const outcome = first.status === 'accepted' ? {} : { phase: first.phase, cause: first.cause };
  replaceVerdict(directory, verdict, { attempts: [{ folder, status: first.status, ...outcome }] });
}
