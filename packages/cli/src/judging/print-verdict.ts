import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '@phyllome/vm-tester';
import type { Outcome } from './acceptance.ts';
import type { Firmware } from '../options/firmware.ts';
import { linksTo } from '../hyperlinks.ts';
import { say } from '../render.ts';

/** What became of an image, why, and where all of it can be read. */
export function printVerdict(verdict: Verdict, firmware: Firmware, artifactsDir: string): void {
  const why = verdict.status === 'accepted' ? '' : `: ${verdict.cause} in phase ${verdict.phase}`;
  say(`${firmware}: ${verdict.status}${why}`);
  const evidence = verdict.status === 'accepted' ? [] : verdict.evidence;
  for (const { source, line } of evidence) say(`  ${source}: ${line}`);
  const page = join(artifactsDir, 'report.html');
  const [what, path] = existsSync(page) ? ['report', page] : ['artifacts', artifactsDir];
  say(`  ${what}: ${path}`, linksTo([path]));
}

/** How many checks hold, and those that do not or that could not be made, each with its reason. */
export function printChecks(outcomes: readonly Outcome[] = []): void {
  if (outcomes.length === 0) return;
  const of = (status: Outcome['status']): Outcome[] => outcomes.filter((outcome) => outcome.status === status);
  const counts = [`${of('accepted').length} of ${outcomes.length} checks hold`];
  if (of('not judged').length > 0) counts.push(`${of('not judged').length} not judged`);
  say(`  ${counts.join(', ')}`);
  for (const { status, title, reason } of [...of('rejected'), ...of('not judged')]) {
    say(`    ${status}: ${title}: ${reason?.split('\n', 1)[0]}`);
  }
}
