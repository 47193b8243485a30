import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readPlainFile } from '@phyllome/host/plain-file';
import type { Cache } from '../cache.ts';
import type { Action, Plan } from './action.ts';
import type { Confinement } from '../confine/confinement.ts';
import { resolveIn } from '../confine/resolve.ts';
import { describeDrift } from '../lock/drift.ts';
import type { Kickstart } from '../kickstart.ts';
import type { Log } from '../log.ts';
import { ProgramError, type Programs } from '../program.ts';
import type { Report } from '../report.ts';
import { alteredFiles, reasonsIn } from './debian.ts';
import { InstallError } from './errors.ts';
import { finish } from './finish.ts';
import { markedAsRehearsal } from './identity.ts';
import { KeptDebs } from './kept-debs.ts';
import { builderDrift, lockedClosure, otherBytes, readLocks, requireLocked } from './locked.ts';
import { type Bootstrap, InstallProgress, installationEpoch, mmdebstrapArgv } from './mmdebstrap.ts';
import { PackageIndex, type PackageVersion } from './package-index.ts';
import { PackagesLayer } from './packages-layer.ts';
import { AnacondaConsole } from './console/anaconda-console.ts';
import { hubOf } from './console/hub.ts';
import { intentOf } from './intent.ts';
import type { Kind } from './plan.ts';
import { runScripts } from './scripts.ts';
import { excludedInVain, type Resolution } from './selection.ts';
import type { Target } from './target.ts';

/** What an installation needs to know and to use. */
export interface Installation {
  kickstart: Kickstart;
  project: string;
  releasever: string;
  proxy: string | undefined;
  target: Target;
  confinement: Confinement;
  programs: Programs;
  log: Log;
  report: Report;
  cache: Cache | undefined;
}

/** What the medium must know of the installed system. */
export interface Installed {
  kernelAppend: string;
  /** What was installed by packages, as far as it could be known beforehand. */
  packages: InstalledPackages;
}

/** The installed packages as one thing. */
export interface InstalledPackages {
  /** Content key: the same packages, versions and options; undefined when nothing is kept between builds. */
  key: string | undefined;
  /** A file that is younger than every file of them, and older than everything that came after them. */
  stamp: string;
}

/**
 * Installs, in anaconda's order and words: `%pre`, packages, `%pre-install`, the commands, `%post`; `%onerror` when it
 * has to give up. (`%traceback` is for mistakes of the installer's own.)
 *
 * @throws {InstallError}
 */
export async function install(installation: Installation): Promise<Installed> {
  const progress = { installed: false };
  try {
    return await installInOrder(installation, progress).catch(asInstallError);
  } catch (error) {
    if (error instanceof InstallError)
      await runScripts(installation.kickstart.scripts, 'onerror', { ...progress, tools: installation });
    throw error;
  }
}

/** What the system says about files may be the doing of a script: one that removed /usr, for instance. */
function asInstallError(error: unknown): never {
  if (!(error instanceof Error && 'syscall' in error)) throw error;
  throw new InstallError(`The installed system could not be completed: ${error.message}`, { cause: error });
}

/**
 * Two steps. First the trusted one: Debian's packages with their maintainer scripts, by the builder's own programs, and
 * what is kept of it for later builds. `%pre` alone runs before, in a root directory that nothing else reads. Then the
 * untrusted one: scripts, and programs of a system that scripts may have changed, all of them confined.
 */
async function installInOrder(installation: Installation, progress: { installed: boolean }): Promise<Installed> {
  const { kickstart, project, releasever, target, programs, log, report } = installation;
  const console = new AnacondaConsole((line) => {
    log.info(line);
    log.anaconda('anaconda.log', line);
  });
  const scripts = (type: 'pre' | 'pre-install' | 'post'): Promise<void> =>
    runScripts(kickstart.scripts, type, { ...progress, tools: installation });
  const has = (type: 'pre' | 'pre-install'): boolean => kickstart.scripts.some((script) => script.type === type);
  const apply = async (actions: readonly Action[]): Promise<void> => {
    for (const action of actions) {
      const lacking = await target.apply(action).catch(configurationFailed);
      if (lacking !== undefined) report.content.withoutCounterpart.push(lacking);
    }
  };

  console.started(project, releasever);
  if (has('pre')) console.preScripts();
  await scripts('pre');

  const index = new PackageIndex({ programs, proxy: installation.proxy, cache: installation.cache });
  const { plan, resolution } = await resolvePackages(installation, index, 'live');
  const missing = resolution.missing.map(noMatch);
  console.automated(hubOf(kickstart, missing.length === 0), missing);
  await console.passed('environment', 'storage');
  // Scripts may change the system; packages go into one that is unchanged. Where there are any, they come after.
  if (!has('pre-install')) await console.passed('preScripts');
  await console.passed('preTasks');

  const packages = await console.step('software', async () => {
    if (missing.length > 0) throw missingPackages(resolution.missing);
    const installed = await installPackages(installation, { ...resolution, locales: plan.locales }, index);
    await recordPackages(installation);
    report.content.withoutCounterpart.push(...excludedInVain(resolution.excluded, report.content.packages));
    report.phase('packages');
    // A link to what systemd-resolved makes at boot leads nowhere yet.
    await copyFile('/etc/resolv.conf', await resolveIn(target.root, 'etc/resolv.conf', { followLast: true })).catch(
      () => {},
    );
    return installed;
  });
  progress.installed = true;
  if (has('pre-install')) await console.step('preScripts', () => scripts('pre-install'));
  await console.passed('bootloader', 'postTasks');
  await console.step('certificates', () => apply(plan.certificates));
  await console.step('configuration', () => apply(plan.actions));
  await console.step('users', () => apply(plan.users));
  report.phase('configuration');
  await console.passed('addons', 'initramfs', 'kickstarts');
  await console.step('postScripts', () => scripts('post'));
  await markAsRehearsal(installation);
  report.phase('scripts');
  await finish(target);
  report.content.withoutCounterpart.sort((one, other) => one.line - other.line);
  report.write();
  console.complete();
  return { kernelAppend: plan.kernelAppend, packages };
}

/**
 * Which packages are to be installed, and what the kickstart's commands come to; what of it Debian lacks is in the report.
 * Packages that exist nowhere are in `resolution.missing`: when to give up is the caller's.
 */
export async function resolvePackages(
  { kickstart, project, releasever, report }: Pick<Installation, 'kickstart' | 'project' | 'releasever' | 'report'>,
  index: PackageIndex,
  kind: Kind,
): Promise<{ plan: Plan; resolution: Resolution }> {
  const { plan, unknown, resolve } = intentOf(kickstart, { project, releasever, kind });
  const known = await index.among(unknown);
  const resolution = resolve((name) => known.has(name));
  report.content.counterparts = resolution.counterparts;
  report.content.withoutCounterpart = [...resolution.withoutCounterpart, ...plan.withoutCounterpart];
  report.write();
  return { plan, resolution };
}

/** A script may have given the system another name, and another file in the place of the link that was there. */
export async function markAsRehearsal({
  target,
  project,
  releasever,
}: Pick<Installation, 'target' | 'project' | 'releasever'>): Promise<void> {
  const path = await resolveIn(target.root, 'etc/os-release', { followLast: true });
  const text = await readPlainFile(path, maxOsReleaseBytes).then(String, () => '');
  await target.write('etc/os-release', markedAsRehearsal(text, project, releasever));
}
const maxOsReleaseBytes = 64 * 1024;

function configurationFailed(error: unknown): never {
  if (!(error instanceof ProgramError)) throw error;
  const what = error.argv.join(' ').split('\n', 1)[0];
  throw new InstallError(
    [
      `The installed system could not be configured: ${what} ended with ${error.exitCode}:`,
      ...error.lastLines.slice(-10),
    ].join('\n'),
    { cause: error },
  );
}

/** What the installer prints of a package that is to be had nowhere. */
const noMatch = ({ name }: { name: string }): string => `No match for argument: ${name}`;

/** The packages that are to be had nowhere, in the installer's words, and what to do about them. */
export function missingPackages(missing: readonly { name: string }[]): InstallError {
  return new InstallError(missing.map(noMatch).join('\n'), { advice: missingAdvice });
}

const missingAdvice = [
  'The rehearsal knows neither a counterpart for what is missing nor a Debian package of that name: correct the name,',
  'add it to packages/rehearsal/src/install/counterparts.json, or use %packages --ignoremissing.',
];

/** From an earlier build with the same packages, where one has kept them; else by mmdebstrap. */
export async function installPackages(
  installation: Installation,
  { install: packages, locales }: { install: readonly string[]; locales: readonly string[] },
  index: PackageIndex,
): Promise<InstalledPackages> {
  const { kickstart, target, programs, log, report, proxy, cache } = installation;
  const { excludeDocs, languages } = kickstart.selection;
  const wanted: Bootstrap = { target: target.root, packages, manuals: !excludeDocs, languages, locales, proxy };
  const { closure, exact, digests } = await closureAsLocked(installation, packages, index);
  // What an earlier build installed is proven by its digest alone: exact is to be proven again, from the packages.
  const layer =
    cache === undefined || closure === undefined || exact
      ? undefined
      : new PackagesLayer(
          { recipe: mmdebstrapArgv({ ...wanted, proxy: undefined }), packages: closure },
          { cache, programs },
        );

  if (layer !== undefined && (await layer.restore(target.root))) {
    report.content.reused.push('packages');
    log.info('Reusing the packages that an earlier build installed');
  } else {
    const debs =
      cache === undefined || closure === undefined
        ? undefined
        : await KeptDebs.open(cache, { wanted: closure, digests: await digests() });
    const begun = await stampNow();
    await bootstrap(installation, { ...wanted, debs }, closure?.length);
    await forgetWhen(begun, installation);
    await debs?.keep();
    if (exact) await requireIntact(installation);
    await layer?.save(target.root);
  }
  // mmdebstrap copies the builder's name: another in each container.
  await rm(await target.path('etc/hostname'), { force: true });
  const stamp = await stampNow();
  log.debug(`everything that is younger than ${stamp} came after the packages`);
  return { key: layer?.key, stamp };
}

/**
 * What was written while the packages were installed bears the time of {@link installationEpoch}: mksquashfs only makes
 * times that are younger than SOURCE_DATE_EPOCH that old, and packages may have been installed before the sources changed.
 */
async function forgetWhen(begun: string, { target, programs }: Installation): Promise<void> {
  const touch = ['touch', '--no-dereference', `--date=@${installationEpoch}`, '{}', '+'];
  await programs.run(['find', target.root, '-xdev', '-newer', begun, '-exec', ...touch]);
}

/** What is going to be installed, how far it has to be the locked packages, and the digests of their files. */
interface Wanted {
  closure: PackageVersion[] | undefined;
  exact: boolean;
  digests: () => Promise<Map<string, string>>;
}

const exactWithoutUpdates =
  'PHYLLOME_LOCK is exact, and the kickstart leaves out updates, which locked packages are from: add their repo, or build without PHYLLOME_LOCK=exact.';

/** Says in the report how far the packages are the locked ones. */
async function closureAsLocked(
  { report, log, programs, cache }: Installation,
  names: readonly string[],
  index: PackageIndex,
): Promise<Wanted> {
  const locks = await readLocks();
  // What is locked has come out later than the release, in part.
  if (index.releaseOnly) {
    if (locks.exact) throw new InstallError(exactWithoutUpdates);
    locks.packages = [];
  }
  const debs = cache === undefined ? undefined : join(cache.path, 'debs');
  const found = await lockedClosure(names, { index, pins: locks.packages, debs, programs });
  const digests = (): Promise<Map<string, string>> => index.digests(found?.packages ?? []);
  const wanted: Wanted = { closure: found?.packages, exact: locks.exact, digests };
  if (found === undefined || locks.packages.length === 0) return wanted;
  const builder = await builderDrift(locks.rootfs, programs);
  report.content.lock = {
    exact: locks.exact,
    locked: locks.packages.length,
    fromCache: found.fromCache,
    packages: found.drift,
    builder,
  };
  report.write();
  if (locks.exact) {
    await requireLocked({ packages: found.drift, builder }, index);
    requireLockedBytes(otherBytes(locks.packages, found.packages, await digests()));
  }
  const drifted = [...describeDrift(found.drift), ...describeDrift(builder).map((line) => `builder: ${line}`)];
  if (drifted.length > 0) log.info(`${drifted.length} packages are not the locked ones; pnpm phyllome lock locks them`);
  for (const line of drifted) log.anaconda('packaging.log', line);
  return wanted;
}

/** @throws {InstallError} with every package that the mirror has under the locked version with other bytes. */
function requireLockedBytes(altered: readonly string[]): void {
  if (altered.length > 0)
    throw new InstallError(
      [
        'The packages are not the locked ones, and PHYLLOME_LOCK is exact.',
        ...altered.map((one) => `${one} is on offer with other bytes than the locked ones`),
        'Debian never changes a version: use another mirror, or build without PHYLLOME_LOCK=exact.',
      ].join('\n'),
    );
}

/**
 * A file that is older than all that is written from now on: the kernel's clock for files moves in steps of some
 * milliseconds, of which the next one must not share this.
 */
async function stampNow(): Promise<string> {
  const stamp = join(await mkdtemp(join(tmpdir(), 'stamp-')), 'stamp');
  await writeFile(stamp, '');
  await setTimeout(50);
  return stamp;
}

async function bootstrap(
  { programs, log }: Installation,
  wanted: Bootstrap,
  expected: number | undefined,
): Promise<void> {
  const progress = new InstallProgress(expected);
  try {
    await programs.run(mmdebstrapArgv(wanted), {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(installationEpoch) },
      onLine: (line) => {
        log.anaconda('packaging.log', line);
        for (const retold of progress.retell(line)) log.info(retold);
      },
    });
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    throw new InstallError(['The packages could not be installed:', ...reasonsIn(error.lastLines)].join('\n'), {
      cause: error,
    });
  }
}

/**
 * The files of the new system against the sums that its packages bring, while nothing but packages has been there.
 *
 * @throws {InstallError} with the files that are otherwise
 */
async function requireIntact({ target, programs, log }: Installation): Promise<void> {
  const verify = ['dpkg', `--root=${target.root}`, '--verify'];
  const { lines } = await programs.run(verify, { mayFail: true, quiet: true });
  const altered = alteredFiles(lines);
  if (altered.length > 0)
    throw new InstallError(
      [
        'Installed files are not those of their packages, and PHYLLOME_LOCK is exact.',
        ...altered.slice(0, 20),
        ...(altered.length > 20 ? [`and ${altered.length - 20} more`] : []),
      ].join('\n'),
    );
  log.info('Every installed file has the bytes of its package');
}

/** Writes every installed package and its version into the report. */
export async function recordPackages({
  target,
  programs,
  report,
}: Pick<Installation, 'target' | 'programs' | 'report'>): Promise<void> {
  const { lines } = await programs.run(
    [
      'dpkg-query',
      `--admindir=${await target.path('var/lib/dpkg')}`,
      '--show',
      '--showformat=${Package}\t${Version}\n',
    ],
    { quiet: true },
  );
  report.content.packages = lines
    .map((line) => line.split('\t'))
    .map(([name = '', version = '']) => ({ name, version }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}
