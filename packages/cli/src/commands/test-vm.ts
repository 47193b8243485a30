import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import {
  type AcceptOptions,
  type Host,
  type OpenMedium,
  type Verdict,
  architectureOf,
  bringLastAccepted,
  machinesAtOnce,
  openMedium,
  probeHost,
} from '@phyllome/vm-tester';
import { CliError } from '../errors.ts';
import { requireImageFile } from '../image-file.ts';
import { imageInLayout, isLayout } from '../oci-layout.ts';
import { CPUS, MEMORY_MIB, lastAccepted, runAcceptance } from '../judging/run-acceptance.ts';
import { freshDirectory } from '../judging/fresh-directory.ts';
import { type Boot, testSummary } from '../judging/test-summary.ts';
import { judgeBoot } from '../judging/judge-boot.ts';
import { isPath } from '../options/kickstart.ts';
import type { Firmware } from '../options/firmware.ts';
import { labelled, say } from '../render.ts';
import {
  distOf,
  installationOf,
  leafOfEdition,
  type Profile,
  profiles,
  requireLeaf,
  type Workspace,
} from '@phyllome/pipeline';
import { readInstallation } from '@phyllome/pipeline/installation';
import { readImage } from '@phyllome/pipeline/record';
import { nxCommand, noteIfOutdated } from './image.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Context, type Example, statusExitCodes } from '../command.ts';
import { everyFirmware, firmwareList, firmwares } from '../options/firmware.ts';
import { wholeNumber } from '../options/number.ts';
import { passphraseFile, readPassphrase } from '../options/passphrase.ts';

export const examples: readonly Example[] = [
  ['phyllome test-vm dhi', 'judge the ISO of edition dhi by its boot and its specs'],
  ['phyllome test-vm some.iso --firmware uefi', 'judge any ISO by its boot'],
  ['phyllome test-vm disk.qcow2 --login root:secret', 'judge a disk, logging in on its serial console'],
];

export function define(command: Command, context: Context): void {
  command
    .argument(
      '<target>',
      'an edition, or install-<edition>, whose specs in acceptance/ are run; or the path of an ISO, a disk (qcow2, raw) ' +
        'or a kernel with its initrd beside it, each also packed by gzip, xz or zstd; or of an OCI image layout with one',
    )
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
    .addOption(
      passphraseFile('with install-<edition> only: its first line is typed when an encrypted disk asks for it'),
    )
    .option(
      '--jobs <number>',
      'number of machines at once (default: as this host has CPUs and memory for)',
      wholeNumber,
    )
    .option('--allow <file>', 'faults that do not reject for now, each with a tracker and the day that ends it')
    .option('--artifacts <dir>', 'with a path only: where its report and evidence go (default: dist/test-vm/<name>)')
    .addOption(
      new Option(
        '--as <medium>',
        'with the path of an ISO only: what it is put in as (default: a disk if it can)',
      ).choices(['disk', 'cdrom', 'usb'] as const),
    )
    .option('--memory <MiB>', 'with a path only: memory in MiB', wholeNumber)
    .option('--login <user[:password]>', 'with a path only: who may log in on the serial console', parseLogin)
    .option(
      '--ready-when <pattern>',
      'with a path only: what shows that it is up where no agent runs: console:REGEXP or screen:REGEXP',
      parseReadyWhen,
    )
    .option('--repeat <times>', 'with a path only: number of boots, of which the worst counts', wholeNumber)
    .action(async (target: string, options: Omit<TestVmOptions, 'env' | 'signal'>) => {
      const { env, signal } = context;
      const status = await testVmCommand(context.openFor([target]), target, { ...options, env, signal });
      context.exitWith(statusExitCodes[status]);
    });
}

/** `root` or `root:secret`; the password may have colons. */
function parseLogin(text: string): NonNullable<AcceptOptions['login']> {
  const [, user = '', password] = /^([^:]+)(?::(.*))?$/su.exec(text) ?? [];
  if (user === '') throw new InvalidArgumentError('It must be USER or USER:PASSWORD.');
  return password === undefined ? { user } : { user, password };
}

function parseReadyWhen(text: string): NonNullable<AcceptOptions['readyWhen']> {
  const [, where, pattern = ''] = /^(console|screen):(.+)$/su.exec(text) ?? [];
  if (where === undefined) throw new InvalidArgumentError('It must be console:REGEXP or screen:REGEXP.');
  try {
    const expression = new RegExp(pattern, 'u');
    return where === 'console' ? { console: expression } : { text: expression, fromStart: true };
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : String(error));
  }
}

export interface TestVmOptions extends Pick<AcceptOptions, 'as' | 'login' | 'readyWhen'> {
  /** Of a file: memory in MiB. */
  memory?: number | undefined;
  /** Of a file: how many times it is booted with each firmware. */
  repeat?: number | undefined;
  firmware: readonly Firmware[];
  /** Of a file: the directory for its report and evidence, of which each firmware's is replaced. */
  artifacts?: string | undefined;
  /** Of an installed disk: a file whose first line opens it. */
  passphraseFile?: string | undefined;
  /** A list of known faults that do not reject for now. */
  allow?: string | undefined;
  /** How many machines run at once. Default: as many as this host carries. */
  jobs?: number | undefined;
  /** Boot what is accepted once more without the tester's instruments, with the first firmware. */
  uninstrumented: boolean;
  /** Of an edition: the profile that its ISO must have. Without it, what is in `dist/` is judged. */
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
 * bootable image, judged by its boot alone; or `install-<edition>`, the disk that `phyllome deploy` installed, by the
 * firmware that it was installed by.
 */
export async function testVmCommand(workspace: Workspace, target: string, asked: TestVmOptions): Promise<Status> {
  let options = asked;
  const only = (['as', 'memory', 'login', 'readyWhen', 'repeat'] as const).find((name) => options[name] !== undefined);
  if (only !== undefined && !isPath(target)) {
    const option = only === 'readyWhen' ? '--ready-when' : `--${only}`;
    throw new CliError('BAD_OPTION', `${option} is for the path of an image`, {
      hint: `${target} is booted as its specs in acceptance/ ask for`,
    });
  }
  if (options.profile !== undefined && (isPath(target) || target.startsWith(INSTALLED))) {
    throw new CliError('BAD_OPTION', '--profile is for an edition', {
      hint: `${target} is judged in whatever profile it was built: leave it out`,
    });
  }
  if (options.artifacts !== undefined && !isPath(target)) {
    throw new CliError('BAD_OPTION', '--artifacts is for the path of an image', {
      hint: `what ${target} shows goes to dist/, where later commands find it`,
    });
  }
  const ignored = [
    options.firmware !== firmwares && '--firmware',
    options.jobs !== undefined && '--jobs',
    options.uninstrumented && '--uninstrumented',
  ].find((name) => name !== false);
  if (ignored !== undefined && target.startsWith(INSTALLED)) {
    throw new CliError('BAD_OPTION', `${ignored} is for an ISO or the path of an image`, {
      hint: `${target} is booted once, by the firmware that it was installed by: leave it out`,
    });
  }
  if (target.startsWith(INSTALLED)) return await testInstalled(workspace, target.slice(INSTALLED.length), options);
  await using medium = isPath(target) ? await mediumOf(resolve(target), options) : undefined;
  if (medium) options = { ...options, firmware: await firmwareOf(medium, options.firmware) };
  const judge = medium
    ? judgeOfFile(workspace, { path: resolve(target), medium }, options.artifacts)
    : await judgeOfEdition(workspace, target, options.profile);
  // Here rather than in the specs' process: a machine without QEMU cannot judge anything.
  const host = await probeHost({ env: options.env, signal: options.signal });
  const jobs = options.jobs ?? machinesAtOnce({ cpus: CPUS, memoryMiB: MEMORY_MIB });
  const since = performance.now();
  const boots: Boot[] = [];
  const waiting = [...options.firmware];
  const work = async () => {
    for (let firmware = waiting.shift(); firmware !== undefined; firmware = waiting.shift()) {
      options.signal.throwIfAborted();
      const one = firmware;
      const run = () => judge(one, host, options);
      const began = performance.now();
      const status = await (workers > 1 ? labelled(one, run) : run());
      boots.push({ firmware: one, status, durationMs: performance.now() - began });
    }
  };
  const workers = Math.min(jobs, waiting.length);
  await settled(Array.from({ length: workers }, work));
  options.signal.throwIfAborted();
  const status = worstOf(boots.map((boot) => boot.status));
  say(testSummary(target, status, { boots, durationMs: performance.now() - since }));
  return status;
}

/** One rejection rejects; without one, what is not known is not accepted. */
function worstOf(verdicts: readonly Status[]): Status {
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
  const { rehearsal = false, firmware = 'uefi' } = (await readInstallation(workspace, leaf)) ?? {};
  const passphrase = await readPassphrase(options.passphraseFile);
  return await judgeInstalled(workspace, leaf, { ...options, disk, artifacts, rehearsal, firmware, passphrase });
}

/** Waits for all, so that none is left running, then fails if one failed. */
async function settled(work: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Boots the one ISO with one firmware and says what it is worth. */
type Judge = (firmware: Firmware, host: Host, options: TestVmOptions) => Promise<Status>;

async function mediumOf(path: string, { as, signal }: TestVmOptions): Promise<OpenMedium> {
  const layout = isLayout(path);
  if (!layout) requireImageFile(path, 'name an ISO, a disk or a kernel, or an edition such as dhi');
  await using cleanup = new AsyncDisposableStack();
  const medium = cleanup.use(await openMedium(layout ? await imageInLayout(path, signal) : path, signal));
  if (as !== undefined && !('iso' in medium.image)) {
    throw new CliError('BAD_OPTION', `--as is for an ISO, and ${path} is a ${medium.kind}`, { hint: 'leave it out' });
  }
  cleanup.move();
  return medium;
}

/** Machines of ARM have no BIOS. @throws {CliError} BAD_OPTION where no other firmware was asked for */
async function firmwareOf({ image, kind }: OpenMedium, asked: readonly Firmware[]): Promise<readonly Firmware[]> {
  const architecture = await architectureOf(image);
  if (architecture.bios) return asked;
  const left = asked.filter((firmware) => firmware !== 'bios');
  if (left.length > 0) return left;
  throw new CliError('BAD_OPTION', `the ${kind} is for ${architecture.name}, whose machines have no BIOS`, {
    hint: 'give --firmware uefi',
  });
}

/** Of a path, so that what is kept of a file is not taken for another's of that name. */
const digestOf = (path: string): string => createHash('sha256').update(path).digest('hex').slice(0, 12);

function judgeOfFile(
  workspace: Workspace,
  { path, medium: { image, kind } }: { path: string; medium: OpenMedium },
  directory: string | undefined,
): Judge {
  const artifacts = resolve(directory ?? join(workspace.root, 'dist', 'test-vm', basename(path, '.iso')));
  return async (firmware, host, options) => {
    const { signal, allow, as, memory, login, readyWhen, repeat = 1 } = options;
    const kept = lastAccepted(workspace, `${basename(path, '.iso')}-${digestOf(path)}`, firmware);
    const verdicts: Status[] = [];
    for (let boot = 1; boot <= repeat; boot++) {
      signal.throwIfAborted();
      const artifactsDir = await freshDirectory(join(artifacts, firmware, ...(repeat > 1 ? [`boot-${boot}`] : [])));
      await bringLastAccepted(kept, artifactsDir);
      say(
        `Booting ${path}${kind === 'ISO' ? '' : `, a ${kind},`} with ${firmware}${repeat > 1 ? `, ${boot} of ${repeat}` : ''}`,
      );
      const status = await judgeBoot(image, {
        firmware,
        artifactsDir,
        kept,
        allow,
        host,
        signal,
        uninstrumented: options.uninstrumented && firmware === options.firmware[0],
        ...(as && { as }),
        ...(memory !== undefined && { memoryMiB: memory }),
        ...(login && { login }),
        ...(readyWhen && { readyWhen, instrument: 'screen' as const }),
      });
      verdicts.push(status);
    }
    return worstOf(verdicts);
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
    const kept = lastAccepted(workspace, `iso-${edition}`, firmware);
    return await runAcceptance(workspace, { run, host, artifactsDir, kept, allow, uninstrumented, signal });
  };
}

/** What was installed on a disk by a leaf, judged by its boot and by the specs. */
export async function judgeInstalled(
  workspace: Workspace,
  leaf: string,
  options: {
    disk: string;
    artifacts: string;
    rehearsal: boolean;
    /** What it was installed by. */
    firmware: 'bios' | 'uefi';
    /** What opens an encrypted disk; typed when the boot asks for it. */
    passphrase?: string | undefined;
    allow?: string | undefined;
    env: NodeJS.ProcessEnv;
    signal: AbortSignal;
  },
): Promise<Status> {
  const { disk, artifacts, rehearsal, firmware, passphrase, allow, env, signal } = options;
  const host = await probeHost({ env, signal });
  const run = { leaf, edition: leaf, image: { disk }, rehearsal, passphrase, firmware };
  const artifactsDir = join(artifacts, run.firmware);
  const kept = lastAccepted(workspace, `install-${leaf}`, run.firmware);
  return await runAcceptance(workspace, { run, host, artifactsDir, kept, allow, uninstrumented: false, signal });
}
