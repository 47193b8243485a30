import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import { readPlainFile } from '@phyllome/host/plain-file';
import * as z from 'zod';
import { artifactLimit, type Outcome, readOutcomes } from '../judging/acceptance.ts';

/** What one boot of an edition came to. */
export interface BootVerdict {
  firmware: string;
  status: 'accepted' | 'rejected' | 'inconclusive';
  cause: string | undefined;
  /** ISO 8601. */
  startedAt: string | undefined;
  /** Undefined: it was not booted as far as that. */
  checks: Outcome[] | undefined;
}

const verdictSchema = z.object({
  status: z.enum(['accepted', 'rejected', 'inconclusive']),
  cause: z.string().optional(),
  startedAt: z.string().optional(),
});

/** The last verdicts of an edition, one a firmware, from `test-vm/<firmware>/` in its results; what is not whole is not there. */
export async function readVerdicts(results: string): Promise<BootVerdict[]> {
  const folder = join(results, 'test-vm');
  const firmwares = await readdir(folder).catch(() => []);
  const verdicts = await Promise.all(firmwares.map((firmware) => readBoot(join(folder, firmware), firmware)));
  return verdicts.filter((verdict) => verdict !== undefined).toSorted((a, b) => (a.firmware < b.firmware ? -1 : 1));
}

async function readBoot(directory: string, firmware: string): Promise<BootVerdict | undefined> {
  try {
    const { status, cause, startedAt } = verdictSchema.parse(
      parseJson(String(await readPlainFile(join(directory, 'verdict.json'), artifactLimit))),
    );
    return { firmware, status, cause, startedAt, checks: await readOutcomes(directory) };
  } catch {
    return undefined;
  }
}
