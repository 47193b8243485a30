import { copyFile, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Cache } from '../cache.ts';
import { describeDrift } from '../lock/drift.ts';
import type { Orders } from '../kickstart.ts';
import type { Log } from '../log.ts';
import { ProgramError, type Programs } from '../program.ts';
import type { Report } from '../report.ts';
import { reasonsIn } from './debian.ts';
import { InstallError } from './errors.ts';
import { finish } from './finish.ts';
import { markedAsRehearsal } from './identity.ts';
import { builderDrift, lockedClosure, readLocks, requireLocked } from './locked.ts';
import { type Bootstrap, InstallProgress, installationEpoch, mmdebstrapArgv } from './mmdebstrap.ts';
import { PackageIndex, type PackageVersion } from './package-index.ts';
import { PackagesLayer } from './packages-layer.ts';
import { intentOf } from './intent.ts';
import { runScripts } from './scripts.ts';
import { excludedInVain } from './selection.ts';
import type { Target } from './target.ts';

/** What an installation needs to know and to use. */
export interface Installation {
  orders: Orders;
  project: string;
  releasever: string;
  proxy: string | undefined;
  target: Target;
  programs: Programs;
  log: Log;
  report: Report;
  cache: Cache | undefined;
}

/** What the medium must know of the installed system. */
export interface Installed {
  kernelAppend: string;
  /** What was installed by packages, as far as it could be told beforehand. */
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
export const install = async (installation: Installation): Promise<Installed> => {
  try {
    return await installInOrder(installation);
  } catch (error) {
    if (error instanceof InstallError)
      await runScripts(installation.orders.scripts, { type: 'onerror', ...installation });
    throw error;
  }
};

const installInOrder = async (installation: Installation): Promise<Installed> => {
  const { orders, project, releasever, target, programs, log, report } = installation;
  const say = (line: string): void => {
    log.info(line);
    log.anaconda('anaconda.log', line);
  };
  const scripts = (type: 'pre' | 'pre-install' | 'post'): Promise<void> =>
    runScripts(orders.scripts, { type, target, programs, log });

  say('Starting automated install...');
  say('Running pre-installation scripts');
  await scripts('pre');

  const { plan, unknown, resolve } = intentOf(orders, { project, releasever });
  const index = new PackageIndex({ programs, proxy: installation.proxy, cache: installation.cache });
  const known = await index.among(unknown);
  const resolution = resolve((name) => known.has(name));
  report.content.counterparts = resolution.counterparts;
  report.content.withoutCounterpart = [...resolution.withoutCounterpart, ...plan.withoutCounterpart];
  report.write();
  if (resolution.missing.length > 0) throw new InstallError(missingPackages(resolution.missing));

  say('Installing the software');
  const packages = await installPackages(installation, { ...resolution, locales: plan.locales }, index);
  await recordPackages(installation);
  report.content.withoutCounterpart.push(...excludedInVain(resolution.excluded, report.content.packages));
  report.phase('packages');

  await target.mounted(async () => {
    await copyFile('/etc/resolv.conf', target.path('etc/resolv.conf')).catch(() => {});
    await scripts('pre-install');
    say('Configuring installed system');
    for (const action of plan.actions) {
      const lacking = await target.apply(action).catch(configurationFailed);
      if (lacking !== undefined) report.content.withoutCounterpart.push(lacking);
    }
    report.phase('configuration');
    say('Running post-installation scripts');
    await scripts('post');
    await markAsRehearsal(installation);
    report.phase('scripts');
  });
  await finish(target);
  report.content.withoutCounterpart.sort((one, other) => one.line - other.line);
  report.write();
  say('Complete!');
  return { kernelAppend: plan.kernelAppend, packages };
};

/** A script may have given the system another name, and another file in the place of the link that was there. */
const markAsRehearsal = async ({ target, project, releasever }: Installation): Promise<void> => {
  const path = target.path('etc/os-release');
  const text = await readFile(path, 'utf8').catch(() => '');
  await target.apply({ do: 'write', path: '/etc/os-release', text: markedAsRehearsal(text, project, releasever) });
};

const configurationFailed = (error: unknown): never => {
  if (!(error instanceof ProgramError)) throw error;
  const what = error.argv.slice(2).join(' ').split('\n', 1)[0];
  throw new InstallError(
    [
      `The installed system could not be configured: ${what} ended with ${error.exitCode}:`,
      ...error.lastLines.slice(-10),
    ].join('\n'),
    { cause: error },
  );
};

const missingPackages = (missing: readonly { name: string; line: number }[]): string =>
  [
    'Some packages or groups are missing.',
    ...missing.map(({ name, line }) => `No match for argument: ${name} (NoSuchPackage, kickstart line ${line})`),
    'The rehearsal knows neither a counterpart for them nor a Debian package of that name:',
    'correct the name, add it to packages/rehearsal/src/install/counterparts.json, or use %packages --ignoremissing.',
  ].join('\n');

/** From an earlier build with the same packages, where one has kept them; else by mmdebstrap. */
const installPackages = async (
  installation: Installation,
  { install: packages, locales }: { install: readonly string[]; locales: readonly string[] },
  index: PackageIndex,
): Promise<InstalledPackages> => {
  const { orders, target, programs, log, report, proxy, cache } = installation;
  const { excludeDocs, languages } = orders.selection;
  const wanted: Bootstrap = { target: target.root, packages, manuals: !excludeDocs, languages, locales, proxy };
  const closure = await closureAsLocked(installation, packages, index);
  const layer =
    cache === undefined || closure === undefined
      ? undefined
      : new PackagesLayer(
          { recipe: mmdebstrapArgv({ ...wanted, proxy: undefined }), packages: closure },
          { cache, programs },
        );

  if (layer !== undefined && (await layer.restore(target.root))) {
    report.content.reused.push('packages');
    log.info('Reusing the packages that an earlier build installed');
  } else {
    const debs = cache === undefined || closure === undefined ? undefined : { cache, wanted: closure };
    const begun = await stampNow();
    await bootstrap(installation, wanted, debs);
    await forgetWhen(begun, installation);
    await layer?.save(target.root);
  }
  const stamp = await stampNow();
  log.debug(`everything that is younger than ${stamp} came after the packages`);
  return { key: layer?.key, stamp };
};

/**
 * What was written while the packages were installed bears the time of {@link installationEpoch}: mksquashfs only makes
 * times that are younger than SOURCE_DATE_EPOCH that old, and packages may have been installed before the sources changed.
 */
const forgetWhen = async (begun: string, { target, programs }: Installation): Promise<void> => {
  const touch = ['touch', '--no-dereference', `--date=@${installationEpoch}`, '{}', '+'];
  await programs.run(['find', target.root, '-xdev', '-newer', begun, '-exec', ...touch]);
};

/** Says in the report how far the packages are the locked ones. */
const closureAsLocked = async (
  { report, log, programs, cache }: Installation,
  names: readonly string[],
  index: PackageIndex,
): Promise<PackageVersion[] | undefined> => {
  const locks = await readLocks();
  const debs = cache === undefined ? undefined : join(cache.path, 'debs');
  const found = await lockedClosure(names, { index, pins: locks.packages, debs, programs });
  if (found === undefined || locks.packages.length === 0) return found?.packages;
  const builder = await builderDrift(locks.rootfs, programs);
  report.content.lock = {
    exact: locks.exact,
    locked: locks.packages.length,
    fromCache: found.fromCache,
    packages: found.drift,
    builder,
  };
  report.write();
  if (locks.exact) await requireLocked({ packages: found.drift, builder }, index);
  const drifted = [...describeDrift(found.drift), ...describeDrift(builder).map((line) => `builder: ${line}`)];
  if (drifted.length > 0) log.info(`${drifted.length} packages are not the locked ones; pnpm phyllome lock locks them`);
  for (const line of drifted) log.anaconda('packaging.log', line);
  return found.packages;
};

/**
 * A file that is older than all that is written from now on: the kernel's clock for files moves in steps of some
 * milliseconds, of which the next one must not share this.
 */
const stampNow = async (): Promise<string> => {
  const stamp = join(await mkdtemp(join(tmpdir(), 'stamp-')), 'stamp');
  await writeFile(stamp, '');
  await setTimeout(50);
  return stamp;
};

/** Downloaded packages that are kept: some editions with all their packages, and the versions before. */
const maxDebBytes = 4 * 1024 ** 3;

const bootstrap = async (
  { programs, log }: Installation,
  wanted: Bootstrap,
  debs: { cache: Cache; wanted: readonly PackageVersion[] } | undefined,
): Promise<void> => {
  const progress = new InstallProgress();
  const directory = debs === undefined ? undefined : join(debs.cache.path, 'debs');
  if (directory !== undefined) await mkdir(directory, { recursive: true });
  const kept = debs === undefined || directory === undefined ? undefined : { directory, wanted: debs.wanted };
  try {
    await programs.run(mmdebstrapArgv({ ...wanted, debs: kept }), {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(installationEpoch) },
      onLine: (line) => {
        log.anaconda('packaging.log', line);
        const retold = progress.retell(line);
        if (retold !== undefined) log.info(retold);
      },
    });
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    throw new InstallError(['The packages could not be installed:', ...reasonsIn(error.lastLines)].join('\n'), {
      cause: error,
    });
  }
  await debs?.cache.bound('debs', maxDebBytes);
};

const recordPackages = async ({ target, programs, report }: Installation): Promise<void> => {
  const { lines } = await programs.run(
    ['dpkg-query', `--admindir=${target.path('var/lib/dpkg')}`, '--show', '--showformat=${Package}\t${Version}\n'],
    { quiet: true },
  );
  report.content.packages = lines
    .map((line) => line.split('\t'))
    .map(([name = '', version = '']) => ({ name, version }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
};
