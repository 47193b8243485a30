import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type Host,
  type Verdict,
  bootUninstrumented,
  bringLastAccepted,
  keepAccepted,
  replaceVerdict,
  readAllowList,
  readVerdict,
  summarize,
  withSecondAttempt,
  withUninstrumented,
} from '@phyllome/vm-tester';
import { type SpecRun, readOutcomes, runSpecs } from './acceptance.ts';
import { say } from '../render.ts';
import { inLines } from '../render-events.ts';
import type { Workspace } from '@phyllome/pipeline';
import { configOf } from '@phyllome/pipeline/config/load';
import type { Firmware } from '../options/firmware.ts';
import { judgeBoot } from './judge-boot.ts';
import { freshDirectory } from './fresh-directory.ts';
import { printChecks, printVerdict } from './print-verdict.ts';

/** As the seed's virtual machines have, and the specs unless the environment says otherwise. */
export const CPUS = 2;
/** What the specs give to the largest editions. */
export const MEMORY_MIB = 3072;

/**
 * The file that keeps what the report of a later run is compared with: beside the results, as those of an image go with
 * it. `name` is `iso-l`, `install-s`, or that of a file.
 */
export function lastAccepted(workspace: Pick<Workspace, 'root'>, name: string, firmware: Firmware): string {
  return join(workspace.root, 'dist', 'last-accepted', `${name}.${firmware}.json`);
}

export interface Judgement {
  run: Omit<SpecRun, 'artifactsDir' | 'cpus' | 'cpu' | 'allow'>;
  host: Host;
  artifactsDir: string;
  /** What is kept of the last run that was accepted ({@link lastAccepted}). */
  kept: string;
  /** Instead of `acceptance/allow.json`. */
  allow: string | undefined;
  uninstrumented: boolean;
  signal: AbortSignal;
}

/**
 * Boots an edition and runs the specs of `acceptance/` in it: both must accept it. Where the project makes no checks, the
 * boot alone decides.
 */
export async function runAcceptance(workspace: Workspace, judgement: Judgement): Promise<Verdict['status']> {
  const { run, host, signal } = judgement;
  const { firmware, image } = run;
  const known = join(workspace.root, 'acceptance', 'allow.json');
  const allow = judgement.allow ?? (existsSync(known) ? known : undefined);
  if (allow !== undefined) await readAllowList(allow); // a wrong list is not a fault of the image
  const artifactsDir = await freshDirectory(judgement.artifactsDir);
  await bringLastAccepted(judgement.kept, artifactsDir);
  if (configOf(workspace).checks === false) return await acceptBoot(judgement, artifactsDir, allow);
  let specsPassed = false;
  const attempt = async (processors: Pick<SpecRun, 'cpus' | 'cpu'>): Promise<Verdict> => {
    const exitCode = await runSpecs(workspace, { ...run, artifactsDir, ...processors, allow }, signal);
    specsPassed = exitCode === 0;
    return (await readVerdict(artifactsDir)) ?? unfinished(exitCode);
  };
  say(`Booting ${basename('iso' in image ? image.iso : image.disk)} with ${firmware} and running acceptance/`);
  let verdict = await withSecondAttempt(attempt, {
    accelerator: host.accelerator,
    cpus: CPUS,
    artifactsDir,
    onRetry: ({ reason }, first) => say(`${first.status}, ${reason}`),
  });
  if (verdict.status === 'accepted' && specsPassed && judgement.uninstrumented && 'iso' in image) {
    const memoryMiB = MEMORY_MIB;
    say("Booting it once more, without the tester's instruments");
    const after = await inLines((onEvent) =>
      bootUninstrumented({ image, firmware, host, memoryMiB, artifactsDir, onEvent, signal }),
    );
    verdict = withUninstrumented(verdict, after);
    replaceVerdict(artifactsDir, verdict, { uninstrumented: summarize(after) });
    const { status, why } = summarize(after);
    say(`without the tester's instruments: ${status}${why === undefined ? '' : `: ${why}`}`);
  }
  printVerdict(verdict, firmware, artifactsDir);
  printChecks(await readOutcomes(artifactsDir));
  if (verdict.status === 'accepted' && !specsPassed) return 'rejected';
  if (verdict.status === 'accepted') await keepAccepted(artifactsDir, judgement.kept);
  return verdict.status;
}

/** Judges an image by its boot, as `phyllome test-vm` judges any file. */
async function acceptBoot(
  { run: { firmware, image, ...run }, host, kept, uninstrumented, signal }: Judgement,
  artifactsDir: string,
  allow: string | undefined,
): Promise<Verdict['status']> {
  const [path, medium] = 'iso' in image ? [image.iso, image] : [image.disk, { ...image, format: 'raw' as const }];
  say(`Booting ${basename(path)} with ${firmware}; ${run.edition} has no checks beside that it boots`);
  return await judgeBoot(medium, {
    firmware,
    artifactsDir,
    kept,
    allow,
    host,
    signal,
    uninstrumented,
    memoryMiB: MEMORY_MIB,
  });
}

/** The specs ended before there was a verdict: nothing is known of the image. */
function unfinished(exitCode: number | undefined): Verdict {
  const line = `the specs ended with ${exitCode ?? 'a signal'} and left no verdict`;
  const evidence = [{ source: 'process', atMs: 0, line, detector: 'specs' } as const];
  return { status: 'inconclusive', phase: 'preflight', cause: 'infra:specs', evidence, milestones: {} };
}
