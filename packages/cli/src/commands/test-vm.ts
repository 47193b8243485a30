import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Verdict, acceptIso } from '@phyllome/vm-tester';
import { execa } from 'execa';
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
  const verdicts: Status[] = [];
  for (const firmware of options.firmware) {
    verdicts.push(
      isFile
        ? await testFile(workspace, resolve(target), firmware, options)
        : await testEdition(workspace, target, firmware, options),
    );
    options.signal.throwIfAborted();
  }
  const order: Status[] = ['rejected', 'inconclusive', 'accepted'];
  return order.find((status) => verdicts.includes(status)) ?? 'inconclusive';
}

async function testFile(
  workspace: Workspace,
  iso: string,
  firmware: Firmware,
  options: TestVmOptions,
): Promise<Status> {
  if (!existsSync(iso)) {
    throw new CliError('ISO_NOT_FOUND', `${iso} does not exist`, {
      hint: 'name an ISO file, or an edition such as dhi',
    });
  }
  const artifactsDir = await freshDirectory(join(workspace.root, 'dist', 'test-vm', basename(iso, '.iso'), firmware));
  say(`Booting ${iso} with ${firmware}`);
  const verdict = await acceptIso(iso, { firmware, artifactsDir, signal: options.signal, onEvent: showMachineEvent });
  report(verdict, firmware, artifactsDir);
  return verdict.status;
}

async function testEdition(
  workspace: Workspace,
  edition: string,
  firmware: Firmware,
  options: TestVmOptions,
): Promise<Status> {
  leafOfEdition(workspace, edition);
  const image = await readImage(workspace, edition);
  const iso = image && join(distOf(workspace, edition), image.name);
  if (!iso || !existsSync(iso)) {
    throw new CliError('NO_IMAGE', `edition ${edition} has no ISO in dist/iso-${edition}`, {
      hint: `pnpm nx build iso-${edition}`,
    });
  }
  const artifactsDir = await freshDirectory(join(distOf(workspace, edition), 'test-vm', firmware));
  say(`Booting ${image.name} with ${firmware} and running acceptance/`);
  const run = await execa('vitest', ['run', '--project', 'acceptance'], {
    cwd: workspace.root,
    preferLocal: true,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    reject: false,
    cancelSignal: options.signal,
    forceKillAfterDelay: 4000,
    env: {
      PHYLLOME_ISO: iso,
      PHYLLOME_EDITION: edition,
      PHYLLOME_FIRMWARE: firmware,
      PHYLLOME_ARTIFACTS: artifactsDir,
      PHYLLOME_REHEARSAL: image.rehearsal ? '1' : '',
    },
  });
  options.signal.throwIfAborted();
  const verdict = await readVerdict(artifactsDir);
  if (verdict) report(verdict, firmware, artifactsDir);
  if (verdict?.status === 'inconclusive' || !verdict) return 'inconclusive';
  return run.exitCode === 0 ? verdict.status : 'rejected';
}

async function readVerdict(artifactsDir: string): Promise<Verdict | undefined> {
  const text = await readFile(join(artifactsDir, 'verdict.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Verdict);
}

async function freshDirectory(path: string): Promise<string> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  return path;
}

function report(verdict: Verdict, firmware: Firmware, artifactsDir: string): void {
  const cause = verdict.status === 'accepted' ? '' : `: ${verdict.cause}`;
  const phase = verdict.status === 'rejected' ? ` in phase ${verdict.phase}` : '';
  say(`${firmware}: ${verdict.status}${cause}${phase}`);
  if (verdict.status !== 'accepted') {
    for (const { source, line } of verdict.evidence) say(`  ${source}: ${line}`);
  }
  say(`  artifacts: ${artifactsDir}`);
}
