import { copyFile } from 'node:fs/promises';
import type { Orders } from '../kickstart.ts';
import type { Log } from '../log.ts';
import { ProgramError, type Programs } from '../program.ts';
import type { Report } from '../report.ts';
import { debianPackages, reasonsIn } from './debian.ts';
import { InstallError } from './errors.ts';
import { finish } from './finish.ts';
import { kernelPackage } from './kernel.ts';
import { InstallProgress, mmdebstrapArgv } from './mmdebstrap.ts';
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
}

/** What the medium must know of the installed system. */
export interface Installed {
  kernelAppend: string;
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
  const known = await debianPackages(unknown, { programs, proxy: installation.proxy });
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
  await bootstrap(installation, resolution.install, orders);
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
  return { kernelAppend: plan.kernelAppend };
};

const missingPackages = (missing: readonly { name: string; line: number }[]): string =>
  [
    'Some packages or groups are missing.',
    ...missing.map(({ name, line }) => `No match for argument: ${name} (NoSuchPackage, kickstart line ${line})`),
    'The rehearsal knows neither a counterpart for them nor a Debian package of that name:',
    'correct the name, add it to packages/rehearsal/src/install/counterparts.json, or use %packages --ignoremissing.',
  ].join('\n');

const bootstrap = async (
  { target, programs, log, proxy }: Installation,
  packages: readonly string[],
  orders: Orders,
): Promise<void> => {
  const locale = orders.commands.findLast(({ name }) => name === 'lang')?.args[0] ?? 'C';
  const progress = new InstallProgress();
  try {
    await programs.run(mmdebstrapArgv({ target: target.root, packages, locale, proxy }), {
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
