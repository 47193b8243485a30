import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Host, type Verdict, acceptIso, probeHost } from '@phyllome/vm-tester';
import { execa } from 'execa';
import { z } from 'zod';
import { CliError } from '../errors.ts';
import type { Firmware } from '../options.ts';
import { say, showMachineEvent } from '../render.ts';
import { type Workspace, distOf, leafOfEdition } from '../workspace.ts';
import { readImage } from './image.ts';

export interface TestVmOptions {
  firmware: readonly Firmware[];
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** What every firmware said, worst first: one `rejected` rejects, one `inconclusive` leaves it open. */
export type Status = Verdict['status'];

/**
 * `phyllome test-vm TARGET`: boots an ISO, unmodified, once per firmware, one after the other.
 *
 * TARGET is an edition, whose ISO in `dist/` is judged by its boot and by the specs of `acceptance/`; or a file, any
 * bootable ISO, judged by its boot alone.
 */
export async function testVmCommand(workspace: Workspace, target: string, options: TestVmOptions): Promise<Status> {
  const isFile = target.endsWith('.iso') || target.includes('/');
  const judge = isFile ? judgeOfFile(workspace, resolve(target)) : await judgeOfEdition(workspace, target);
  // Here rather than in the specs' process: a machine without QEMU cannot judge anything.
  const host = await probeHost({ env: options.env, signal: options.signal });
  const verdicts: Status[] = [];
  for (const firmware of options.firmware) {
    options.signal.throwIfAborted();
    verdicts.push(await judge(firmware, host, options));
  }
  options.signal.throwIfAborted();
  const order: Status[] = ['rejected', 'inconclusive', 'accepted'];
  return order.find((status) => verdicts.includes(status)) ?? 'inconclusive';
}

/** Boots the one ISO with one firmware and says what it is worth. */
type Judge = (firmware: Firmware, host: Host, options: TestVmOptions) => Promise<Status>;

function judgeOfFile(workspace: Workspace, iso: string): Judge {
  if (!existsSync(iso)) {
    throw new CliError('ISO_NOT_FOUND', `${iso} does not exist`, {
      hint: 'name an ISO file, or an edition such as dhi',
    });
  }
  const artifacts = join(workspace.root, 'dist', 'test-vm', basename(iso, '.iso'));
  return async (firmware, host, { signal }) => {
    const artifactsDir = await freshDirectory(join(artifacts, firmware));
    say(`Booting ${iso} with ${firmware}`);
    const verdict = await acceptIso(iso, { firmware, artifactsDir, host, signal, onEvent: showMachineEvent });
    report(verdictSchema.parse(verdict), firmware, artifactsDir);
    return verdict.status;
  };
}

async function judgeOfEdition(workspace: Workspace, edition: string): Promise<Judge> {
  leafOfEdition(workspace, edition);
  const image = await readImage(workspace, edition);
  const iso = image && join(distOf(workspace, edition), image.name);
  if (!iso || !existsSync(iso)) {
    throw new CliError('NO_IMAGE', `edition ${edition} has no ISO in dist/iso-${edition}`, {
      hint: `pnpm nx build iso-${edition}`,
    });
  }
  return async (firmware, _host, { signal }) => {
    const artifactsDir = await freshDirectory(join(distOf(workspace, edition), 'test-vm', firmware));
    say(`Booting ${image.name} with ${firmware} and running acceptance/`);
    const specs = await execa('vitest', ['run', '--project', 'acceptance'], {
      cwd: workspace.root,
      preferLocal: true,
      stdin: 'ignore',
      stdout: 'inherit',
      stderr: 'inherit',
      reject: false,
      cancelSignal: signal,
      forceKillAfterDelay: 4000,
      env: {
        PHYLLOME_ISO: iso,
        PHYLLOME_EDITION: edition,
        PHYLLOME_FIRMWARE: firmware,
        PHYLLOME_ARTIFACTS: artifactsDir,
        PHYLLOME_REHEARSAL: image.rehearsal ? '1' : '',
      },
    });
    signal.throwIfAborted();
    const verdict = await readVerdict(artifactsDir);
    if (verdict) report(verdict, firmware, artifactsDir);
    if (!verdict || verdict.status === 'inconclusive') return 'inconclusive';
    return specs.exitCode === 0 ? verdict.status : 'rejected';
  };
}

/** What is read back of `verdict.json`, which the acceptance specs' own process wrote. */
const verdictSchema = z.object({
  status: z.enum(['accepted', 'rejected', 'inconclusive']),
  phase: z.string().optional(),
  cause: z.string().optional(),
  evidence: z.array(z.object({ source: z.string(), line: z.string() })).default([]),
});
type ReadVerdict = z.infer<typeof verdictSchema>;

async function readVerdict(artifactsDir: string): Promise<ReadVerdict | undefined> {
  try {
    return verdictSchema.parse(JSON.parse(await readFile(join(artifactsDir, 'verdict.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

async function freshDirectory(path: string): Promise<string> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  return path;
}

function report(verdict: ReadVerdict, firmware: Firmware, artifactsDir: string): void {
  const why = verdict.status === 'accepted' ? '' : `: ${verdict.cause} in phase ${verdict.phase}`;
  say(`${firmware}: ${verdict.status}${why}`);
  for (const { source, line } of verdict.evidence) say(`  ${source}: ${line}`);
  const page = join(artifactsDir, 'report.html');
  say(existsSync(page) ? `  report: ${page}` : `  artifacts: ${artifactsDir}`);
}
