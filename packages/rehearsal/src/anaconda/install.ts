import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { ANACONDA, STEPS } from '@phyllome/installer/words';
import { InstallError, ScriptFailed } from '../install/errors.ts';
import { finish } from '../install/finish.ts';
import { markAsRehearsal, missingPackages } from '../install/install.ts';
import { intentOf } from '../install/intent.ts';
import { runScripts } from '../install/scripts.ts';
import { Target } from '../install/target.ts';
import type { KickstartScript, Kickstart } from '../kickstart.ts';
import { KickstartUnreadable, readKickstart, readKickstartBeforePre } from '../read-kickstart.ts';
import { ProgramError, Programs } from '../program.ts';
import { sysimage } from '../sysimage.ts';
import { askPassphrase } from './ask.ts';
import { bootFiles, bootLoaderArgv, menuTimeout, needsOfStorage } from './boot-loader.ts';
import { dracutConf, initramfsPath, isAsCarried } from './initramfs.ts';
import type { MachineLog } from './log.ts';
import { type Ending, endingOf, MachineRunner, mountKernel, unmountKernel } from './machine.ts';
import {
  type InstallerArguments,
  kickstartPath,
  type MediumDescription,
  mediumDirectory,
  onMedium,
  parseDescription,
  readArguments,
} from './medium.ts';
import { lsblkArgv, type MachineFacts, parseDisks } from './storage/disks.ts';
import { planLayout } from './storage/layout.ts';
import { readStorage } from './storage/request.ts';
import { StorageRefusal } from './storage/refusal.ts';
import { planStorage, type Step, type StoragePlan } from './storage/steps.ts';

/** What every step of an installation needs. */
interface Machine {
  log: MachineLog;
  programs: Programs;
  runner: MachineRunner;
  target: Target;
  medium: MediumDescription;
  arguments: InstallerArguments;
}

/**
 * Installs this machine by the kickstart that the kernel's command line names, in anaconda's order and words
 * (`modules/boss/installation.py`). No disk is touched before everything that can be refused was.
 *
 * @returns what the kickstart says to do next; undefined when the installation failed, and the console has said why
 */
export async function installMachine(log: MachineLog, signal: AbortSignal): Promise<Ending | undefined> {
  log.info(ANACONDA.starting);
  const programs = new Programs(log, signal);
  const runner = new MachineRunner(programs);
  const target = new Target(sysimage, runner);
  const progress: { scripts: readonly KickstartScript[]; installed: boolean } = { scripts: [], installed: false };
  try {
    const medium = parseDescription(readFileSync(join(mediumDirectory, onMedium.description), 'utf8'));
    const { project, releasever } = medium;
    log.info(`anaconda ${releasever}-rehearsal for ${project} ${releasever} (rehearsal: Debian packages) started.`);
    const given = readArguments(readFileSync('/proc/cmdline', 'utf8'));
    return await inOrder({ log, programs, runner, target, medium, arguments: given }, progress);
  } catch (error) {
    const tools = { target, confinement: runner, log };
    if (error instanceof InstallError)
      await runScripts(progress.scripts, 'onerror', { installed: progress.installed, tools }).catch(() => undefined);
    for (const line of lastWords(error)) log.info(line);
    return undefined;
  }
}

/**
 * How anaconda says on a console that it gives up (`pyanaconda/errors.py`, `exception.py`, `startup_utils.py`). Unlike in a
 * directory, it has a screen, and its handlers show what a script or the storage said. Pure.
 */
export function lastWords(error: unknown): string[] {
  if (error instanceof KickstartUnreadable)
    return ['', ANACONDA.kickstartError, '', error.message, '', ANACONDA.terminates];
  if (error instanceof ScriptFailed)
    return [
      '',
      `There was an error running the kickstart script at line ${error.number}.  This is a fatal error and installation will be aborted.`,
      'The details of this error are:',
      '',
      ...error.output,
      '',
      ANACONDA.terminates,
    ];
  const message = wordsOf(error);
  return ['', ANACONDA.stopped, ANACONDA.exactMessage, '', ...`${message}.`.split('\n'), '', ANACONDA.terminates];
}

function wordsOf(error: unknown): string {
  if (error instanceof ProgramError) return [`${error.message}:`, ...error.lastLines.slice(-10)].join('\n');
  if (!(error instanceof StorageRefusal)) return error instanceof Error ? error.message : String(error);
  const line = error.line === undefined ? '' : ` (kickstart line ${error.line})`;
  return `storage configuration failed: ${error.message}${line}`;
}

async function inOrder(
  machine: Machine,
  progress: { scripts: readonly KickstartScript[]; installed: boolean },
): Promise<Ending> {
  const { log, programs, runner, target, medium } = machine;
  const path = kickstartPath(machine.arguments, medium.volid);
  if (!existsSync(path))
    throw new InstallError(`Warning: can't find installer kickstart ${machine.arguments.kickstart}`);
  progress.scripts = readKickstartBeforePre(path).scripts;
  const scripts = (type: 'pre' | 'pre-install' | 'post'): Promise<void> =>
    runScripts(progress.scripts, type, { installed: progress.installed, tools: { target, confinement: runner, log } });
  await scripts('pre');

  // What a %pre has written may be included: only now is it whole.
  const kickstart = readKickstart(path);
  progress.scripts = kickstart.scripts;
  const facts = await gatherFacts(machine);
  const { plan } = intentOf(kickstart, { ...medium, kind: 'installed' });
  requirePackages(kickstart, medium);
  const layout = planLayout(readStorage(kickstart.commands, facts.memoryMiB), facts);
  const passphrases = new Map<string, string>();
  for (const { device, mountPoint, encryption } of [
    ...layout.partitions,
    ...layout.arrays,
    ...layout.groups.flatMap(({ volumes }) => volumes),
  ])
    if (encryption !== undefined)
      passphrases.set(
        device,
        encryption.passphrase ?? (await askPassphrase(`${device} (${mountPoint ?? 'no mount point'})`)),
      );
  const storage = planStorage(layout, {
    newUuid: randomUUID,
    passphraseOf: (device) => passphrases.get(device) ?? '',
  });
  for (const { text, line, why } of plan.withoutCounterpart)
    log.anaconda('anaconda.log', `not carried out: ${text} (kickstart line ${line}): ${why}`);

  log.info(ANACONDA.automated);
  log.info(STEPS.environment);
  log.info(STEPS.storage);
  for (const step of storage.make) await runStep(step, machine);
  await mountVolumes(storage, machine);
  log.info(STEPS.preScripts);
  await scripts('pre-install');
  log.info(STEPS.software);
  await unpack(machine);
  await writeFile(unpacked, '');
  progress.installed = true;
  await mountKernel(sysimage, programs);

  const booted = {
    project: medium.project,
    releasever: medium.releasever,
    append: plan.kernelAppend,
    timeoutSeconds: menuTimeout(kickstart.commands),
    consoles: machine.arguments.consoles,
  };
  const hasLoader = !readStorage(kickstart.commands, facts.memoryMiB).noBootLoader;
  for (const action of bootFiles(storage, booted)) await target.apply(action);
  if (hasLoader) {
    log.info(STEPS.bootloader);
    for (const argv of bootLoaderArgv(storage, facts.firmware)) await target.run(argv);
  }
  log.info(STEPS.postTasks);
  log.info(STEPS.configuration);
  log.info(STEPS.users);
  for (const action of [...plan.certificates, ...plan.actions, ...plan.users]) {
    const lacking = await target.apply(action);
    if (lacking !== undefined) log.anaconda('anaconda.log', `not carried out: ${lacking.text}: ${lacking.why}`);
  }
  log.info(STEPS.initramfs);
  if (await isAsCarried(medium.initramfs, dracutConf(needsOfStorage(storage)), { unpacked, programs }))
    log.anaconda(
      'anaconda.log',
      `the medium's ${initramfsPath(medium.initramfs?.version ?? '')} is what dracut would make`,
    );
  else await makeInitramfs(target);
  if (hasLoader) await target.run(['grub-mkconfig', '--output=/boot/grub/grub.cfg']);
  log.info(STEPS.postScripts);
  await scripts('post');
  await markAsRehearsal({ target, ...medium });
  await unmountKernel(sysimage, programs);
  await finish(target);
  await programs.run(['umount', '--recursive', sysimage]);
  await programs.run(['swapoff', '--all'], { mayFail: true });
  for (const { argv } of storage.release) await programs.run(argv, { mayFail: true });
  log.info(ANACONDA.complete);
  return endingOf(kickstart.commands);
}

/** @throws {StorageRefusal}, {InstallError} when the machine cannot be looked at */
async function gatherFacts({ programs, medium }: Machine): Promise<MachineFacts> {
  const { lines } = await programs.run(lsblkArgv, { quiet: true });
  return {
    firmware: existsSync('/sys/firmware/efi') ? 'uefi' : 'bios',
    memoryMiB: Math.floor(totalmem() / 2 ** 20),
    disks: parseDisks(lines.join('\n'), medium.volid),
    payloadBytes: medium.payloadBytes,
  };
}

/**
 * The medium's system was made for a kickstart: for another it does only if that asks for no other packages.
 *
 * @throws {InstallError} as when no repository has them
 */
function requirePackages(kickstart: Kickstart, medium: MediumDescription): void {
  const carried = new Set(medium.packages);
  const { resolve } = intentOf(kickstart, { ...medium, kind: 'installed' });
  const { install, missing } = resolve((name) => carried.has(name));
  const lacking = [...missing, ...install.filter((name) => !carried.has(name)).map((name) => ({ name }))];
  if (lacking.length > 0) throw missingPackages(lacking);
}

async function runStep({ argv, input, announce }: Step, { log, programs }: Machine): Promise<void> {
  if (announce !== undefined) log.info(announce);
  await programs.run(argv, input === undefined ? {} : { input });
}

async function mountVolumes({ mounts, volumes }: StoragePlan, { programs }: Machine): Promise<void> {
  await mkdir(sysimage, { recursive: true });
  for (const { device, path, type, options } of mounts) {
    const at = join(sysimage, path);
    await mkdir(at, { recursive: true });
    await programs.run(['mount', '-t', type, ...(options === undefined ? [] : ['-o', options]), device, at]);
  }
  for (const { place, device } of volumes)
    if (place.fileSystem === 'swap') await programs.run(['swapon', device], { mayFail: true });
}

/** As old as the last file of the system that was unpacked. */
const unpacked = '/run/installer-unpacked';

/** Between two lines about how far it is. */
const everyPercent = 5;

async function unpack({ log, programs }: Machine): Promise<void> {
  const payload = join(mediumDirectory, onMedium.payload);
  let shown = 0;
  await programs.run(['unsquashfs', '-force', '-percentage', '-dest', sysimage, payload], {
    quiet: true,
    onLine: (line) => {
      const percent = Number(/^(?<percent>\d{1,3})$/u.exec(line.trim())?.groups?.['percent'] ?? Number.NaN);
      if (!(percent >= shown + everyPercent)) return;
      shown = percent;
      log.info(`Installing the system from the medium (${percent}%)`);
    },
  });
}

async function makeInitramfs(target: Target): Promise<void> {
  const script = `set -eu
for kernel in /boot/vmlinuz-*; do
  version=\${kernel#/boot/vmlinuz-}
  dracut --force --kver "$version" "/boot/initrd.img-$version"
done`;
  await target.run(['sh', '-c', script]);
}
