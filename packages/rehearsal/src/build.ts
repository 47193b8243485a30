import { chmod, cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Cache } from './cache.ts';
import { Confinement } from './confine/confinement.ts';
import { isErrno } from './errno.ts';
import { ANACONDA, LORAX } from '@phyllome/installer/words';
import { AnacondaConsole } from './install/console/anaconda-console.ts';
import { InstallError, PreScriptError } from './install/errors.ts';
import { install, type Installed } from './install/install.ts';
import { suite } from './install/archives.ts';
import { plainFileOf, Target } from './install/target.ts';
import { copyKernel, makeGrub } from './iso/grub.ts';
import { setTimes, volumeId, xorrisoArgv } from './iso/image.ts';
import { initramfsOf } from './iso/initramfs-cache.ts';
import { dracutArguments, kernelVersion } from './iso/initramfs.ts';
import { kernelArguments } from './iso/kernel-arguments.ts';
import { grubCfg } from './iso/menu.ts';
import { mksquashfsArgv } from './iso/squashfs.ts';
import type { Kickstart } from './kickstart.ts';
import type { Log } from './log.ts';
import type { Options } from './options.ts';
import type { KickstartUnreadable } from './read-kickstart.ts';
import { ProgramError, type Programs } from './program.ts';
import { rootSizeMiB } from './refusals.ts';
import { Report } from './report.ts';
import { sourceDateEpoch } from './source-date-epoch.ts';
import { claimSysimage, sysimage } from './sysimage.ts';

/** A step failed; the console has already shown which, and the message is what lorax says last. */
export class BuildFailed extends Error {
  override readonly name = 'BuildFailed';
}

/**
 * One build: install, squash, initramfs, boot loaders, ISO, in livemedia-creator's order and with its milestones
 * (lorax, `src/pylorax/creator.py`).
 *
 * @throws {BuildFailed} when the installation fails; {ProgramError} when a later step does.
 */
export async function buildIso(options: Options, kickstart: Kickstart, log: Log, programs: Programs): Promise<void> {
  const sysimageStorage = await claimSysimage(rootSizeMiB(kickstart) ?? 0, programs, log);
  const resultdir = options.resultdir ?? (await mkdtemp(join(options.tmp, 'lmc-result-')));
  const workdir = await mkdtemp(join(options.tmp, 'lmc-work-'));
  const report = new Report(log.directory, suite, sysimageStorage);
  const cache = Cache.open();
  await using confinement = await Confinement.open(programs, { fileBytes: (rootSizeMiB(kickstart) ?? 0) * 2 ** 20 });
  const target = new Target(sysimage, confinement);
  try {
    await mkdir(resultdir, { recursive: true });
    const tools = { target, confinement, programs, log, report, cache };
    const { kernelAppend, packages } = await runInstaller(options, kickstart, tools);
    if (options.imageOnly) return summary(log, options.logfile, resultdir);

    log.info(`working dir is ${workdir}`);
    const tree = join(workdir, 'tree');
    await mkdir(join(tree, 'LiveOS'), { recursive: true });
    log.info('Creating a squashfs only runtime');
    const image = join(tree, 'LiveOS/squashfs.img');
    await makeRuntime(mksquashfsArgv(target.root, image, options.compression, options.compressArgs), tools);
    report.phase('squashfs');

    log.info('Rebuilding initrds');
    const dracut = dracutArguments(options.dracutArgs, options.dracutConf);
    log.info(`dracut args = [${dracut.map((argument) => `'${argument}'`).join(', ')}]`);
    const version = await kernelVersion(target);
    log.info(`rebuilding boot/initramfs-${version}.img`);
    const initramfs = await initramfsOf(version, dracut, packages, tools);
    await copyKernel(tree, await plainFileOf(target, `boot/vmlinuz-${version}`), initramfs);
    report.phase('initramfs');

    const volid = volumeId(options.volid, options.project, options.releasever);
    const menu = grubCfg({
      project: options.project,
      releasever: options.releasever,
      kernelArguments: kernelArguments(volid, kernelAppend, options.extraBootArgs),
    });
    await makeImage(options, { workdir, tree, resultdir, volid, menu }, tools);
  } finally {
    // As a container's first process it leaves that to the engine, which removes all of it at once.
    if (process.pid !== 1) await cleanUp(workdir, programs);
  }
}

export async function cleanUp(workdir: string, programs: Programs): Promise<void> {
  await rm(workdir, { recursive: true, force: true });
  // Never into a file system that could not be unmounted.
  await programs.run(['rm', '-rf', '--one-file-system', sysimage], { uninterruptible: true, mayFail: true });
}

export interface Tools {
  target: Target;
  confinement: Confinement;
  programs: Programs;
  log: Log;
  report: Report;
  cache: Cache | undefined;
}

/** As the system and apt say it. */
const noSpace = /No space left on device|don't have enough free space/u;
/** In memory the new system has the size of `part /`; on disk it is unknown what takes the space that is missing. */
const rootIsFull = 'Not enough disk space on /: the system does not fit into the size that the kickstart gives it.';

/** How anaconda gives up in cmdline mode (`pyanaconda/exception.py`): every message ends in a dot more. */
const givingUp = (message: string): string[] => [
  '',
  ANACONDA.stopped,
  ANACONDA.exactMessage,
  '',
  ...`${message}.`.split('\n'),
  '',
  ANACONDA.terminates,
];

/** Python's last words, without the frames that a rehearsal has not got. */
const preScriptFailed = ['Traceback (most recent call last):', 'pyanaconda.errors.ScriptError'];

async function runInstaller(options: Options, kickstart: Kickstart, tools: Tools): Promise<Installed> {
  const { log } = tools;
  log.info(LORAX.runningAnaconda);
  try {
    const installed = await install({
      kickstart,
      project: options.project,
      releasever: options.releasever,
      proxy: options.proxy,
      ...tools,
    });
    log.info(LORAX.logsEnd);
    log.info(LORAX.installed);
    return installed;
  } catch (error) {
    throw giveUp(error, tools);
  }
}

/** Prints, as anaconda and lorax do, why an installation ended. @returns what to throw */
export function giveUp(error: unknown, { log, report }: Tools): unknown {
  if (!(error instanceof InstallError)) return error;
  const full = report.content.sysimage === 'memory' && noSpace.test(error.message) ? `\n${rootIsFull}` : '';
  const said = error instanceof PreScriptError ? preScriptFailed : givingUp(`${error.message}${full}`);
  const early = error instanceof PreScriptError;
  return anacondaFailed(log, said, { cause: error, advice: error.advice, early });
}

/**
 * anaconda has said its last words; what lorax says then.
 *
 * @param options `early`: before anaconda has sent lorax any log, of which lorax then has no end to announce
 * @returns what to throw
 */
function anacondaFailed(
  log: Log,
  said: readonly string[],
  { cause, advice = [], early }: { cause: unknown; advice?: readonly string[]; early: boolean },
): BuildFailed {
  for (const line of said) {
    log.info(line);
    log.anaconda('anaconda.log', line);
  }
  for (const line of advice) log.info(line);
  if (!early) log.info(LORAX.logsEnd);
  log.error(`${LORAX.anacondaFailed}process 'the rehearsal of anaconda' exited with status 1`);
  log.error(LORAX.installFailed);
  log.error(`ERROR: ${LORAX.imageFailed}`);
  return new BuildFailed(LORAX.imageFailed, { cause });
}

/**
 * A kickstart with something in it that cannot be read: lorax prints it and goes on, and anaconda refuses it.
 *
 * @throws {BuildFailed}
 */
export function refuseKickstart(error: KickstartUnreadable, options: Options, log: Log): never {
  log.raw(`The following problem occurred on line ${error.line} of the kickstart file:`, '', error.problem, '');
  log.info(LORAX.runningAnaconda);
  new AnacondaConsole((line) => log.info(line)).started(options.project, options.releasever);
  const said = ['', ANACONDA.kickstartError, error.problem, '', ANACONDA.terminates];
  throw anacondaFailed(log, said, { cause: error, early: true });
}

/** @throws {BuildFailed} in lorax's words, which count mksquashfs's exit code and leave the reason to program.log. */
export async function makeRuntime(argv: readonly string[], { programs, log }: Tools): Promise<void> {
  const { exitCode } = await programs.run(argv, { mayFail: true });
  if (exitCode === 0) return;
  log.error(`make_runtime failed with rc = ${exitCode}. See program.log`);
  throw new BuildFailed(`make_runtime failed with rc = ${exitCode}`);
}

/** Runs a step of what is a template in lorax. @throws {BuildFailed} in its words */
async function asTemplate(log: Log, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    log.error('template command error in x86.tmpl:');
    log.error(`  ${error.argv.join(' ')}`);
    for (const line of error.lastLines.slice(-5)) log.error(`  ${line}`);
    throw new BuildFailed(error.message, { cause: error });
  }
}

/**
 * The last step: boot loaders with their menu, the ISO of the tree, and the result where it was asked for.
 *
 * @throws {BuildFailed}
 */
export async function makeImage(
  options: Options,
  at: { workdir: string; tree: string; resultdir: string; volid: string; menu: string },
  { programs, log, report }: Tools,
): Promise<void> {
  const { tree, volid } = at;
  const iso = join(at.workdir, 'boot.iso');
  log.info('Building boot.iso');
  log.info('running x86.tmpl');
  await asTemplate(log, async () => {
    await makeGrub(tree, volid, at.menu, programs);
    const epoch = sourceDateEpoch();
    if (epoch !== undefined) await setTimes(tree, epoch);
    await programs.run(xorrisoArgv(tree, iso, volid));
    await programs.run(['implantisomd5', iso]);
  });
  await chmod(iso, 0o644);
  await placeResult(options, tree, iso, at.resultdir);
  report.phase('iso');
  summary(log, options.logfile, at.resultdir);
}

/** `--iso-only` leaves the ISO alone in resultdir; otherwise lorax's tree is there. */
async function placeResult(options: Options, tree: string, iso: string, resultdir: string): Promise<void> {
  const destination = options.isoOnly ? join(resultdir, options.isoName) : join(resultdir, 'images/boot.iso');
  if (!options.isoOnly) await cp(tree, resultdir, { recursive: true });
  await mkdir(dirname(destination), { recursive: true });
  await rename(iso, destination).catch(async (error: unknown) => {
    if (!isErrno(error, 'EXDEV')) throw error;
    await cp(iso, `${destination}.part`);
    await rename(`${destination}.part`, destination);
  });
}

function summary(log: Log, logfile: string, resultdir: string): void {
  log.info('SUMMARY');
  log.info('-------');
  log.info(`Logs are in ${dirname(logfile)}`);
  log.info(`Results are in ${resultdir}`);
}
