import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type Host, type Verdict, acceptIso, machinesAtOnce, probeHost, readAllowList } from '@phyllome/vm-tester';
import { CliError } from '../errors.ts';
import { requireImageFile } from '../image-file.ts';
import { CPUS, MEMORY_MIB, runAcceptance } from '../judging/run-acceptance.ts';
import { freshDirectory } from '../judging/fresh-directory.ts';
import { printVerdict } from '../judging/print-verdict.ts';
import { isPath } from '../options/kickstart.ts';
import type { Firmware } from '../options/firmware.ts';
import { labelled, say } from '../render.ts';
import { showMachineEvent } from '../render-machine.ts';
import {
  distOf,
  installationOf,
  leafOfEdition,
  type Profile,
  profiles,
  requireLeaf,
  type Workspace,
} from '@phyllome/pipeline';
import { readImage } from '@phyllome/pipeline/record';
import { nxCommand, noteIfOutdated } from './image.ts';
import { type Command, Option } from 'commander';
import { type Context, type Example, statusExitCodes } from '../command.ts';
import { everyFirmware, firmwareList, firmwares } from '../options/firmware.ts';
import { wholeNumber } from '../options/number.ts';

export const examples: readonly Example[] = [
  ['phyllome test-vm dhi', 'judge the ISO of edition dhi by its boot and its specs'],
  ['phyllome test-vm some.iso --firmware uefi', 'judge any ISO by its boot'],
];

export function define(command: Command, context: Context): void {
  command
    .argument('<target>', "an edition, or install-<edition>, whose specs in acceptance/ are run, or any ISO's path")
    .addOption(
      new Option('--firmware <list>', `what to boot with, of ${everyFirmware.join(', ')}; several by commas`)
        .argParser(firmwareList)
        .default(firmwares, firmwares.join(',')),
    )
    .addOption(
      new Option('--profile <profile>', 'with an edition only: refuse an ISO that was built in another').choices(
        profiles,
      ),
    )
    .option('--uninstrumented', "boot what is accepted once more without the tester's instruments", false)
    .option(
      '--jobs <number>',
      'number of machines at once (default: as this host has CPUs and memory for)',
      wholeNumber,
    )
    .option('--allow <file>', 'faults that do not reject for now, each with a tracker and the day that ends it')
    .option('--artifacts <dir>', 'with a path only: where its report and evidence go (default: dist/test-vm/<name>)')
    .action(async (target: string, options: Omit<TestVmOptions, 'env' | 'signal'>) => {
      const { env, signal } = context;
      const status = await testVmCommand(context.openFor([target]), target, { ...options, env, signal });
      context.exitWith(statusExitCodes[status]);
    });
}

export interface TestVmOptions {
  firmware: readonly Firmware[];
  /** Of a file: the directory for its report and evidence, of which each firmware's is replaced. */
  artifacts?: string | undefined;
  /** A list of known faults that do not reject for now. */
  allow?: string | undefined;
  /** How many machines run at once. Default: as many as this host carries. */
  jobs?: number | undefined;
  /** Boot what is accepted once more without the tester's instruments, with the first firmware. */
  uninstrumented: boolean;
  /** Of an edition: the profile that its ISO must have. Without it, what lies in `dist/` is judged. */
  profile?: Profile | undefined;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** What every firmware said, worst first: one `rejected` rejects, one `inconclusive` leaves it open. */
export type Status = Verdict['status'];

/**
 * `phyllome test-vm TARGET`: boots an ISO, unmodified, once per firmware: one after the other, or at once where the host
 * has the CPUs and the memory for it.
 *
 * TARGET is an edition, whose ISO in `dist/` is judged by its boot and by the specs of `acceptance/`; or a file, any
 * bootable ISO, judged by its boot alone; or `install-<edition>`, the disk that `phyllome deploy` installed, by UEFI.
 */
export async function testVmCommand(workspace: Workspace, target: string, options: TestVmOptions): Promise<Status> {
  if (options.artifacts !== undefined && !isPath(target)) {
    throw new CliError('BAD_OPTION', '--artifacts is for the path of an ISO', {
      hint: `what ${target} shows goes to dist/, where later commands find it`,
    });
  }
  if (target.startsWith(INSTALLED)) return await testInstalled(workspace, target.slice(INSTALLED.length), options);
  const judge = isPath(target)
    ? judgeOfFile(workspace, resolve(target), options.artifacts)
    : await judgeOfEdition(workspace, target, options.profile);
  // Here rather than in the specs' process: a machine without QEMU cannot judge anything.
  const host = await probeHost({ env: options.env, signal: options.signal });
  const jobs = options.jobs ?? machinesAtOnce({ cpus: CPUS, memoryMiB: MEMORY_MIB });
  const verdicts: Status[] = [];
  const waiting = [...options.firmware];
  const work = async () => {
    for (let firmware = waiting.shift(); firmware !== undefined; firmware = waiting.shift()) {
      options.signal.throwIfAborted();
      const one = firmware;
      const run = () => judge(one, host, options);
      verdicts.push(await (workers > 1 ? labelled(one, run) : run()));
    }
  };
  const workers = Math.min(jobs, waiting.length);
  await settled(Array.from({ length: workers }, work));
  options.signal.throwIfAborted();
  const order: Status[] = ['rejected', 'inconclusive', 'accepted'];
  return order.find((status) => verdicts.includes(status)) ?? 'inconclusive';
}

/** As Nx names the projects of install leaves. */
const INSTALLED = 'install-';

async function testInstalled(workspace: Workspace, leaf: string, options: TestVmOptions): Promise<Status> {
  const { disk, artifacts } = installationOf(workspace, requireLeaf(workspace, leaf));
  if (!existsSync(disk)) {
    throw new CliError('NO_IMAGE', `${leaf} is not installed on ${disk}`, {
      hint: `phyllome deploy ${leaf} --with qemu`,
    });
  }
  return await judgeInstalled(workspace, leaf, { ...options, disk, artifacts });
}

/** Waits for all, so that none is left running, then fails if one failed. */
async function settled(work: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Boots the one ISO with one firmware and says what it is worth. */
type Judge = (firmware: Firmware, host: Host, options: TestVmOptions) => Promise<Status>;

function judgeOfFile(workspace: Workspace, iso: string, directory: string | undefined): Judge {
  requireImageFile(iso, 'name an ISO file, or an edition such as dhi');
  const artifacts = resolve(directory ?? join(workspace.root, 'dist', 'test-vm', basename(iso, '.iso')));
  return async (firmware, host, options) => {
    const { signal, allow } = options;
    const allowed = allow === undefined ? {} : { allow: await readAllowList(allow) };
    const artifactsDir = await freshDirectory(join(artifacts, firmware));
    say(`Booting ${iso} with ${firmware}`);
    const onEvent = showMachineEvent;
    const uninstrumented = options.uninstrumented && firmware === options.firmware[0];
    const verdict = await acceptIso(iso, {
      firmware,
      artifactsDir,
      host,
      signal,
      onEvent,
      uninstrumented,
      ...allowed,
    });
    printVerdict(verdict, firmware, artifactsDir);
    return verdict.status;
  };
}

async function judgeOfEdition(workspace: Workspace, edition: string, profile: Profile | undefined): Promise<Judge> {
  const leaf = leafOfEdition(workspace, edition);
  const image = await readImage(workspace, edition);
  const iso = image && join(distOf(workspace, edition), image.name);
  if (!iso || !existsSync(iso)) {
    throw new CliError('NO_IMAGE', `edition ${edition} has no ISO in dist/iso-${edition}`, {
      hint: nxCommand('build', { edition, profile: profile ?? 'draft' }),
    });
  }
  if (profile !== undefined && image.profile !== profile) {
    throw new CliError(
      'NO_IMAGE',
      `the ISO in dist/iso-${edition} is a ${image.profile}, and a ${profile} is asked for`,
      {
        hint: nxCommand('build', { edition, profile }),
      },
    );
  }
  noteIfOutdated(workspace, image);
  return async (firmware, host, options) => {
    const { signal, allow } = options;
    const uninstrumented = options.uninstrumented && firmware === options.firmware[0];
    const run = { leaf, edition, image: { iso }, rehearsal: image.rehearsal, firmware };
    const artifactsDir = join(distOf(workspace, edition), 'test-vm', firmware);
    return await runAcceptance(workspace, { run, host, artifactsDir, allow, uninstrumented, signal });
  };
}

/** What was installed on a disk by a leaf, judged by its boot and by the specs. It was installed to be booted by UEFI. */
export async function judgeInstalled(
  workspace: Workspace,
  leaf: string,
  options: { disk: string; artifacts: string; allow?: string | undefined; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Status> {
  const { disk, artifacts, allow, env, signal } = options;
  const host = await probeHost({ env, signal });
  const run = { leaf, edition: leaf, image: { disk }, rehearsal: false, firmware: 'uefi' } as const;
  const artifactsDir = join(artifacts, run.firmware);
  return await runAcceptance(workspace, { run, host, artifactsDir, allow, uninstrumented: false, signal });
}
