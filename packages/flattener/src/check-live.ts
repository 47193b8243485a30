import { bootArgumentsProblem } from '@phyllome/installer/boot-arguments';
import { DISPLAY_MODES, LIVE_METHODS, LIVE_PACKAGE } from '@phyllome/installer/live-rules';
import type { Diagnostic } from './diagnostics.ts';
import { type Command, type Kickstart, optionValue } from './kickstart.ts';
import type { Located } from './source.ts';

/**
 * What livemedia-creator would say of a kickstart for `--make-iso --no-virt`: errors are its own refusals (lorax,
 * `livemedia-creator`, in its order), warnings are what it does not check and then fails or waits for.
 */
export function checkLive(kickstart: Kickstart): Diagnostic[] {
  return [
    ...dracutLive(kickstart),
    ...method(kickstart),
    ...repositories(kickstart),
    ...network(kickstart),
    ...displayMode(kickstart),
    ...root(kickstart),
    ...ending(kickstart),
    ...bootloader(kickstart),
    ...bootArguments(kickstart),
  ];
}

function dracutLive(kickstart: Kickstart): Diagnostic[] {
  if (kickstart.packages?.names.includes(LIVE_PACKAGE)) return [];
  const message = `the package ${LIVE_PACKAGE} is missing, which livemedia-creator wants to see by this name`;
  return [error('KS_LIVE_DRACUT', message, `add ${LIVE_PACKAGE} to %packages`, kickstart.packages ?? kickstart)];
}

function method(kickstart: Kickstart): Diagnostic[] {
  const found = named(kickstart, ...LIVE_METHODS);
  if (found.length > 0) return [];
  const message = 'no installation method that livemedia-creator can use';
  return [error('KS_LIVE_METHOD', message, 'add a url, nfs or ostreesetup command', kickstart)];
}

function repositories(kickstart: Kickstart): Diagnostic[] {
  return named(kickstart, 'repo')
    .filter((repo) => !['--baseurl', '--mirrorlist', '--metalink'].some((flag) => optionValue(repo, flag)))
    .map((repo) =>
      error('KS_LIVE_REPO', 'a repository without a URL', 'add --baseurl, --mirrorlist or --metalink', repo),
    );
}

function network(kickstart: Kickstart): Diagnostic[] {
  if (named(kickstart, 'network').length > 0) return [];
  const url = named(kickstart, 'url')[0];
  if (url?.args.some((arg) => arg.includes('=file:'))) return [];
  const message = 'no network command, but the installation comes from the network';
  const hint = 'add network --bootproto=dhcp --device=link --activate';
  return [error('KS_LIVE_NETWORK', message, hint, url ?? kickstart)];
}

function displayMode(kickstart: Kickstart): Diagnostic[] {
  const message = 'livemedia-creator sets the display mode itself and refuses one in the kickstart';
  return named(kickstart, ...DISPLAY_MODES).map((command) =>
    error('KS_LIVE_DISPLAY_MODE', message, `remove ${command.name}`, command),
  );
}

function root(kickstart: Kickstart): Diagnostic[] {
  const partitions = named(kickstart, 'part', 'partition');
  const slash = partitions.filter((part) =>
    part.arguments.some((arg) => arg.kind === 'positional' && arg.value === '/'),
  );
  // With several the last one counts.
  const last = slash.at(-1);
  if (last !== undefined && Number(optionValue(last, '--size')) > 0) return [];
  const message = last ? 'the / partition has no size' : 'no / partition: its size is that of the disk image';
  return [error('KS_LIVE_ROOT', message, 'write part / --size=MIB', last ?? kickstart)];
}

function ending(kickstart: Kickstart): Diagnostic[] {
  if (named(kickstart, 'poweroff', 'shutdown', 'reboot').length > 0) return [];
  const message = 'anaconda waits for a key at the end without poweroff, reboot or shutdown';
  return [warning('KS_LIVE_END', message, 'add poweroff', named(kickstart, 'halt')[0] ?? kickstart)];
}

function bootloader(kickstart: Kickstart): Diagnostic[] {
  const found = named(kickstart, 'bootloader')[0];
  if (found !== undefined && optionValue(found, '--location') === 'none') return [];
  const message = 'the installer would set up a boot loader, which a live medium gets from livemedia-creator';
  return [
    warning(
      'KS_LIVE_BOOTLOADER',
      message,
      'say bootloader --location=none, in the last bootloader line',
      found ?? kickstart,
    ),
  ];
}

/** They are put into the medium's boot menu. */
function bootArguments(kickstart: Kickstart): Diagnostic[] {
  return named(kickstart, 'bootloader').flatMap((command) => {
    const given = optionValue(command, '--append');
    const problem = typeof given === 'string' ? bootArgumentsProblem(given) : undefined;
    if (problem === undefined) return [];
    const hint = 'leave it out: a kernel argument of a live medium is a plain word';
    return [error('KS_LIVE_BOOT_ARGUMENTS', `the kernel arguments of --append ${problem}`, hint, command)];
  });
}

function named(kickstart: Kickstart, ...names: string[]): Command[] {
  return kickstart.commands.filter(({ name }) => names.includes(name));
}

type LiveCode = Extract<Diagnostic['code'], `KS_LIVE_${string}`>;

function error(code: LiveCode, message: string, hint: string, where: Located): Diagnostic {
  return { code, severity: 'error', message, hint, at: where.at, length: 1, includedFrom: where.includedFrom };
}

function warning(code: LiveCode, message: string, hint: string, where: Located): Diagnostic {
  return { ...error(code, message, hint, where), severity: 'warning' };
}
