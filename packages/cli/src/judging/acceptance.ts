import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import { readPlainFile } from '@phyllome/host/plain-file';
import { PipelineError, traitsOf, type Workspace } from '@phyllome/pipeline';
import { configOf } from '@phyllome/pipeline/config/load';
import { execa } from 'execa';
import * as z from 'zod';
import type { Firmware } from '../options/firmware.ts';
import { currentLabel } from '../render.ts';
import { safeColouredLine } from '@phyllome/host/terminal';

/** `acceptance/catalogue.json`: every named check, and which editions it is for. acceptance/README.md describes its fields. */
const catalogueSchema = z.object({
  checks: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      needs: z.array(z.string()).default([]),
      any: z.array(z.string()).optional(),
      except: z.array(z.string()).default([]),
      rehearsal: z.string().optional(),
    }),
  ),
});
export type CatalogueEntry = z.infer<typeof catalogueSchema>['checks'][number];

/** `checks.json`, beside a verdict: what became of each check. Written by the specs' own process. */
const outcomesSchema = z.object({
  version: z.literal(1),
  checks: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      status: z.enum(['accepted', 'rejected', 'not judged']),
      reason: z.string().optional(),
    }),
  ),
});
export type Outcome = z.infer<typeof outcomesSchema>['checks'][number];

/**
 * The checks that the project makes; none where an edition is judged by its boot alone.
 *
 * @throws {PipelineError} CONFIG_INVALID
 */
export async function readCatalogue(workspace: Pick<Workspace, 'root'>): Promise<CatalogueEntry[]> {
  const { checks } = configOf(workspace);
  if (checks === false) return [];
  const text = await readFile(join(workspace.root, checks.catalogue), 'utf8');
  const all = catalogueSchema.parse(parseJson(text)).checks;
  const unknown = checks.without.find((id) => !all.some((entry) => entry.id === id));
  if (unknown !== undefined) {
    throw new PipelineError('CONFIG_INVALID', `checks.without: ${checks.catalogue} has no check "${unknown}"`, {
      hint: 'phyllome editions --checks lists those that there are',
    });
  }
  return all.filter(({ id }) => !checks.without.includes(id));
}

/** The checks that apply to what has these traits, in the catalogue's order. Pure. */
export function applicable(catalogue: readonly CatalogueEntry[], traits: readonly string[]): CatalogueEntry[] {
  const has = (trait: string): boolean => traits.some((own) => own === trait);
  return catalogue.filter(
    ({ needs, any, except }) => needs.every(has) && (any === undefined || any.some(has)) && !except.some(has),
  );
}

/**
 * vitest writes to a pipe of ours: it colours for the terminal behind it; a file or a pipe gets plain text, unless
 * somebody shows it later in colours, as Nx and CI do.
 */
export function colours(
  { FORCE_COLOR, CI }: NodeJS.ProcessEnv,
  isTTY: boolean,
): { NO_COLOR?: string; FORCE_COLOR?: string } {
  if (FORCE_COLOR !== undefined || CI) return {};
  return isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' };
}

/**
 * To ours: what the specs say of a guest is the guest's own text. When others run beside it, each line has the label that
 * says whose it is.
 */
function withLabel() {
  const label = currentLabel();
  return [
    function* (line: unknown) {
      yield `${label}${safeColouredLine(String(line))}`;
    },
    'inherit',
  ] as const;
}

/** What `acceptance/` is to judge. */
export interface SpecRun {
  /** The leaf it was made of, as `ldhi`: says which checks apply. */
  leaf: string;
  /** As it is called in reports: `dhi`. */
  edition: string;
  /** An ISO to boot, or an installed disk, raw. */
  image: { iso: string } | { disk: string };
  firmware: Firmware;
  /** Where verdict, checks.json and the rest go. */
  artifactsDir: string;
  rehearsal: boolean;
  /** What opens an encrypted disk. */
  passphrase?: string | undefined;
  cpus: number;
  /** QEMU's -cpu, instead of the one that the tester chooses. */
  cpu?: string;
  /** The file with known faults that do not reject for now. */
  allow: string | undefined;
}

/**
 * Boots the image in a process of its own and makes the checks that apply. What came of it is in `artifactsDir`.
 *
 * @returns the exit code of the specs: 0 when every check that could be made holds
 * @throws the signal's reason when it was aborted
 */
export async function runSpecs(workspace: Workspace, run: SpecRun, signal: AbortSignal): Promise<number> {
  const { leaf, edition, image, firmware, artifactsDir, rehearsal, passphrase, cpus, cpu, allow } = run;
  const traits = traitsOf(leaf, configOf(workspace));
  const checks = applicable(await readCatalogue(workspace), traits);
  const { exitCode } = await execa('vitest', ['run', '--project', 'acceptance'], {
    cwd: workspace.root,
    preferLocal: true,
    stdin: 'ignore',
    stdout: withLabel(),
    stderr: withLabel(),
    reject: false,
    cancelSignal: signal,
    forceKillAfterDelay: 4000,
    env: {
      ...colours(process.env, process.stdout.isTTY && currentLabel() === ''),
      PHYLLOME_ISO: 'iso' in image ? image.iso : '',
      PHYLLOME_DISK: 'disk' in image ? image.disk : '',
      PHYLLOME_EDITION: edition,
      PHYLLOME_TRAITS: traits.join(','),
      PHYLLOME_CHECKS: checks.map(({ id }) => id).join(','),
      PHYLLOME_FIRMWARE: firmware,
      PHYLLOME_ARTIFACTS: artifactsDir,
      PHYLLOME_REHEARSAL: rehearsal ? '1' : '',
      PHYLLOME_PASSPHRASE: passphrase ?? '',
      PHYLLOME_CPUS: String(cpus),
      PHYLLOME_CPU: cpu ?? '',
      PHYLLOME_ALLOW: allow === undefined ? '' : resolve(allow),
    },
  });
  signal.throwIfAborted();
  return exitCode ?? 1;
}

/** Bytes of a document of the tester at most. Nx brings them back from a cache that others may write to. */
export const artifactLimit = 16 * 2 ** 20;

/** What the specs noted in `artifactsDir`; undefined: no check was made there. */
export async function readOutcomes(artifactsDir: string): Promise<Outcome[] | undefined> {
  try {
    const text = await readPlainFile(join(artifactsDir, 'checks.json'), artifactLimit);
    return outcomesSchema.parse(parseJson(String(text))).checks;
  } catch {
    return undefined;
  }
}
