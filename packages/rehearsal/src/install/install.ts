import { copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Cache } from '../cache.ts';
import type { Orders } from '../kickstart.ts';
import type { Log } from '../log.ts';
import { ProgramError, type Programs } from '../program.ts';
import type { Report } from '../report.ts';
import { reasonsIn } from './debian.ts';
import { InstallError } from './errors.ts';
import { finish } from './finish.ts';
import { kernelPackage } from './kernel.ts';
import { type Bootstrap, InstallProgress, installationEpoch, mmdebstrapArgv } from './mmdebstrap.ts';
import { PackageIndex, type PackageVersion } from './package-index.ts';
import { PackagesLayer } from './packages-layer.ts';
import { planConfiguration } from './plan.ts';
import { runScripts } from './scripts.ts';
import { packageCounterpart } from './counterparts.ts';
import { resolveSelection } from './selection.ts';
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

/** Packages by which a hypervisor is known. */
const isHypervisor = (name: string): boolean => /^(?:libvirt|qemu-kvm|virtualization)/u.test(name);

/**
 * Installs, in anaconda's order and words: `%pre`, packages, `%pre-install`, the commands, `%post`.
 *
 * @throws {InstallError}
 */
export const install = async (installation: Installation): Promise<Installed> => {
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

  const names = orders.selection.packages.map(({ name }) => name);
  const plan = planConfiguration(orders.commands, { project, releasever, packages: names });
  const kernel = kernelPackage({
    graphical: plan.graphical,
    hypervisor: [...names, ...orders.selection.groups.map(({ name }) => name)].some(isHypervisor),
    hardware: orders.selection.groups.some(({ name }) => name === 'hardware-support'),
  });
  const unknown = names.filter((name) => packageCounterpart(name) === undefined);
  const index = new PackageIndex({ programs, proxy: installation.proxy, cache: installation.cache });
  const known = await index.among(unknown);
  const resolution = resolveSelection(orders.selection, {
    kernel,
    inDebian: (name) => known.has(name),
    also: plan.needs,
  });
  report.content.counterparts = resolution.counterparts;
  report.content.withoutCounterpart = [...resolution.withoutCounterpart, ...plan.withoutCounterpart];
  report.write();
  if (resolution.missing.length > 0) throw new InstallError(missingPackages(resolution.missing));

  say('Installing the software');
  const packages = await installPackages(installation, resolution.install, index);
  await recordPackages(installation);
  report.phase('packages');

  await target.mounted(async () => {
    await copyFile('/etc/resolv.conf', target.path('etc/resolv.conf')).catch(() => {});
    await scripts('pre-install');
    say('Configuring installed system');
    for (const action of plan.actions) {
      const lacking = await target.apply(action);
      if (lacking !== undefined) report.content.withoutCounterpart.push(lacking);
    }
    report.phase('configuration');
    say('Running post-installation scripts');
    await scripts('post');
    report.phase('scripts');
  });
  await finish(target);
  report.content.withoutCounterpart.sort((one, other) => one.line - other.line);
  report.write();
  say('Complete!');
  return { kernelAppend: plan.kernelAppend, packages };
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
  packages: readonly string[],
  index: PackageIndex,
): Promise<InstalledPackages> => {
  const { orders, target, programs, log, report, proxy, cache } = installation;
  const locale = orders.commands.findLast(({ name }) => name === 'lang')?.args[0] ?? 'C';
  const wanted: Bootstrap = { target: target.root, packages, locale, proxy };
  const closure = cache === undefined ? undefined : await index.closure(packages);
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
    await bootstrap(installation, wanted, debs);
    await layer?.save(target.root);
  }
  return { key: layer?.key, stamp: await stampAfter(log) };
};

/** The kernel's clock for files moves in steps of some milliseconds: what comes after must not share the stamp's. */
const stampAfter = async (log: Log): Promise<string> => {
  const stamp = join(await mkdtemp(join(tmpdir(), 'packages-installed-')), 'stamp');
  await writeFile(stamp, '');
  await setTimeout(50);
  log.debug(`everything that is younger than ${stamp} came after the packages`);
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
