import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CarriedInitramfs, dracutConf, dracutConfPath, initramfsPath, needsOf } from './anaconda/initramfs.ts';
import { type MediumDescription, onMedium } from './anaconda/medium.ts';
import { cleanUp, giveUp, makeImage, makeRuntime, type Tools } from './build.ts';
import { Cache } from './cache.ts';
import { Confinement } from './confine/confinement.ts';
import { leavesOutUpdates } from './install/archives.ts';
import { stage2 as stage2Packages } from './install/counterparts.ts';
import { finish } from './install/finish.ts';
import {
  type InstalledPackages,
  type Installation,
  installPackages,
  missingPackages,
  recordPackages,
  resolvePackages,
} from './install/install.ts';
import { kernelPackage } from './install/kernel.ts';
import { suite } from './install/archives.ts';
import { PackageIndex } from './install/package-index.ts';
import { excludedInVain, resolveSelection, type Selection } from './install/selection.ts';
import { plainFileOf, Target } from './install/target.ts';
import { copyKernel } from './iso/grub.ts';
import { volumeId } from './iso/image.ts';
import { initramfsOf } from './iso/initramfs-cache.ts';
import { dracutArguments, initramfsInTarget, kernelVersion } from './iso/initramfs.ts';
import { extendInitramfs } from './iso/installer-initramfs.ts';
import { installerArguments } from './iso/kernel-arguments.ts';
import { installerGrubCfg } from './iso/menu.ts';
import { mksquashfsArgv } from './iso/squashfs.ts';
import { stage2Actions } from './iso/stage2.ts';
import type { Kickstart } from './kickstart.ts';
import type { Log } from './log.ts';
import type { Options } from './options.ts';
import type { Programs } from './program.ts';
import { Report } from './report.ts';
import { claimSysimage, sysimage } from './sysimage.ts';

/** Where the builder's image has the installer, as one file. */
const bundledInstaller = '/usr/share/phyllome/anaconda';

/** More than the packages of any edition are, whatever the file systems are on the disk: nothing of a kickstart runs here. */
const payloadMiB = 8192;

/** Where the medium's own system is made. */
const stage2Directory = '/mnt/stage2';

/**
 * One installer medium: the packages that the kickstart asks for, as they are before anything of the kickstart is in
 * them; a small system with the installer; boot loaders and menu; the kickstart. What the kickstart's commands and
 * scripts do is done in the machine that is installed, by `anaconda.ts`.
 *
 * @throws {BuildFailed} when the packages cannot be installed; {ProgramError} when a later step fails.
 */
export async function buildInstallerIso(
  options: Options,
  kickstart: Kickstart,
  log: Log,
  programs: Programs,
): Promise<void> {
  const storage = await claimSysimage(payloadMiB, programs, log);
  const resultdir = options.resultdir ?? (await mkdtemp(join(options.tmp, 'lmc-result-')));
  const workdir = await mkdtemp(join(options.tmp, 'lmc-work-'));
  const report = new Report(log.directory, suite, storage);
  const cache = Cache.open();
  await using confinement = await Confinement.open(programs, { fileBytes: payloadMiB * 2 ** 20 });
  const tools = { target: new Target(sysimage, confinement), confinement, programs, log, report, cache };
  const { project, releasever, proxy } = options;
  const volid = volumeId(options.volid, project, releasever);
  try {
    await mkdir(resultdir, { recursive: true });
    const images = join(workdir, 'tree', 'images');
    await mkdir(images, { recursive: true });
    log.info(`working dir is ${workdir}`);

    log.info(installingPackages);
    const installation = { kickstart, project, releasever, proxy, ...tools };
    const packages = await orGiveUp(tools, () => installPayload(installation));
    const payload = new Target(sysimage, confinement);
    const carried = await carryInitramfs(payload, packages, { ...tools, kickstart });
    await finish(payload);
    const description: MediumDescription = {
      volid,
      project,
      releasever,
      payloadBytes: await sizeOf(payload.root, programs),
      packages: report.content.packages.map(({ name }) => name),
      initramfs: carried,
    };
    const stage2 = await orGiveUp(tools, () => makeStage2(installation));

    log.info('Creating a squashfs only runtime');
    const squash = (root: string, name: string): Promise<void> =>
      makeRuntime(mksquashfsArgv(root, join(workdir, 'tree', name), options.compression, options.compressArgs), tools);
    await squash(payload.root, onMedium.payload);
    report.phase('squashfs');

    log.info('Rebuilding initrds');
    const dracut = dracutArguments(options.dracutArgs, options.dracutConf);
    const version = await kernelVersion(stage2.target);
    log.info(`rebuilding boot/initramfs-${version}.img`);
    const initramfs = await initramfsOf(version, dracut, stage2.packages, { ...tools, target: stage2.target });
    const tree = join(workdir, 'tree');
    await copyKernel(tree, await plainFileOf(stage2.target, `boot/vmlinuz-${version}`), initramfs);
    await extendInitramfs(join(images, 'pxeboot/initrd.img'), volid, stage2.target);
    await finish(stage2.target);
    await squash(stage2.target.root, onMedium.stage2);
    report.phase('initramfs');

    await writeFile(join(tree, onMedium.description), `${JSON.stringify(description)}\n`);
    await writeFile(join(tree, onMedium.kickstart), await readFile(options.ks ?? ''));
    const kernelArguments = installerArguments(volid, options.extraBootArgs);
    const menu = installerGrubCfg({ project, releasever, kernelArguments }, { unattended: options.unattended });
    await makeImage(options, { workdir, tree, resultdir, volid, menu }, tools);
  } finally {
    if (process.pid !== 1) await cleanUp(workdir, programs);
  }
}

/** A line of its own: nothing is installed on a disk yet. Read by the driver as the phase `install`. */
export const installingPackages = 'Installing the packages of the medium.';

async function orGiveUp<T>(tools: Tools, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw giveUp(error, tools);
  }
}

async function installPayload(installation: Installation): Promise<InstalledPackages> {
  const { report } = installation;
  const index = new PackageIndex({
    programs: installation.programs,
    proxy: installation.proxy,
    cache: installation.cache,
    releaseOnly: leavesOutUpdates(installation.kickstart.commands),
  });
  const { resolution, plan } = await resolvePackages(installation, index, 'installed');
  if (resolution.missing.length > 0) throw missingPackages(resolution.missing);
  const packages = await installPackages(installation, { ...resolution, locales: plan.locales }, index);
  await recordPackages(installation);
  report.content.withoutCounterpart.push(...excludedInVain(resolution.excluded, report.content.packages));
  report.phase('packages');
  return packages;
}

/**
 * The initramfs that the disks of this kickstart need, with the medium's kernel: dracut takes seconds here, and minutes in a
 * machine that is emulated. The installer makes another where this is not the one.
 */
async function carryInitramfs(
  target: Target,
  packages: InstalledPackages,
  tools: Tools & { kickstart: Kickstart },
): Promise<CarriedInitramfs> {
  const version = await kernelVersion(target);
  const conf = dracutConf(needsOf(tools.kickstart.commands));
  await target.write(dracutConfPath, conf);
  const made = await initramfsOf(version, ['--no-hostonly'], packages, { ...tools, target });
  await target.write(initramfsPath(version), await readFile(made), 0o600);
  await rm(await target.path(initramfsInTarget), { force: true });
  tools.report.phase('carried initramfs');
  return { version, conf };
}

/** Nothing of a kickstart: the same for every edition, and kept between builds. */
const noSelection: Selection = {
  groups: [],
  packages: [],
  excludedGroups: [],
  excluded: [],
  ignoreMissing: false,
  excludeDocs: true,
  languages: [],
  ignoredOptions: [],
};

async function makeStage2(installation: Installation) {
  const { programs, proxy, cache, confinement, report } = installation;
  await mkdir(stage2Directory, { recursive: true });
  const target = new Target(stage2Directory, confinement);
  const releaseOnly = leavesOutUpdates(installation.kickstart.commands);
  const index = new PackageIndex({ programs, proxy, cache, releaseOnly });
  // The installer meets real machines, too.
  const kernel = kernelPackage({ graphical: false, hypervisor: false, hardware: true });
  const { install } = resolveSelection(noSelection, { kernel, inDebian: () => true, also: stage2Packages.debian });
  const kickstart: Kickstart = { commands: [], selection: noSelection, scripts: [], sections: [] };
  // Its packages are not what the report is about: that is what gets onto disks.
  const lock = report.content.lock;
  const packages = await installPackages({ ...installation, kickstart, target }, { install, locales: [] }, index);
  report.content.lock = lock;
  for (const action of stage2Actions(await readFile(bundledInstaller, 'utf8'))) await target.apply(action);
  report.phase('stage2');
  return { target, packages };
}

/** Bytes on disk of everything below `root`. */
async function sizeOf(root: string, programs: Programs): Promise<number> {
  const { lines } = await programs.run(['du', '--summarize', '--one-file-system', '--block-size=1', root]);
  return Number(/^\d+/u.exec(lines[0] ?? '')?.[0] ?? 0);
}
