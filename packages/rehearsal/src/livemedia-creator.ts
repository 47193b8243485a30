import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { BuildFailed, buildIso, refuseKickstart } from './build.ts';
import { buildInstallerIso } from './installer-iso.ts';
import type { Kickstart } from './kickstart.ts';
import { Log } from './log.ts';
import { type Options, parseCommandLine, versionText } from './options.ts';
import { KickstartUnreadable, readKickstart, readKickstartBeforePre } from './read-kickstart.ts';
import { ProgramError, Programs } from './program.ts';
import { valueRefusals } from './values.ts';
import { kickstartRefusals, refusals, storageRefusals, rootSizeMiB, thisHost } from './refusals.ts';

/**
 * livemedia-creator, rehearsed. Exit codes as lorax's: 0 done, 1 any error, 2 bad arguments, 130 SIGINT. SIGTERM is
 * ignored by a first process without a handler, in a container as anywhere; elsewhere it ends the program with 143.
 */
async function main(): Promise<number> {
  const options = parseCommandLine(process.argv.slice(2));
  const found = refusals(options, thisHost);
  const log = new Log(options.logfile);
  log.info(versionText);
  log.info('selinux is Disabled');
  if (found.length > 0) {
    for (const refusal of found) log.error(refusal);
    return 1;
  }

  const interrupted = new AbortController();
  process.on('SIGINT', () => interrupted.abort(new KeyboardInterrupt('KeyboardInterrupt')));
  if (process.pid === 1) process.on('SIGTERM', () => log.debug('SIGTERM is ignored'));

  for (const flag of options.ignored) log.warning(`${flag} changes nothing in a rehearsal`);
  try {
    return await withinTime(options, interrupted, () => build(options, log, new Programs(log, interrupted.signal)));
  } catch (error) {
    if (error instanceof KeyboardInterrupt) {
      if (options.resultdir !== undefined) await rm(options.resultdir, { recursive: true, force: true });
      log.error('KeyboardInterrupt');
      return 130;
    }
    if (error instanceof BuildFailed) log.error(error.message);
    else if (error instanceof ProgramError) log.error(`${error.message}. See program.log`);
    else log.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

class KeyboardInterrupt extends Error {
  override readonly name = 'KeyboardInterrupt';
}

class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

async function build(options: Options, log: Log, programs: Programs): Promise<number> {
  if (!existsSync(options.tmp)) {
    log.error(`[Errno 2] No such file or directory: '${options.tmp}/lmc-work-'`);
    return 1;
  }
  const kickstart = readable(options, log);
  // The rules are livemedia-creator's own, and it makes no installers: what cannot be installed, the plan refuses.
  const found = [
    ...(options.makeInstaller ? storageRefusals(kickstart) : kickstartRefusals(kickstart)),
    ...valueRefusals(kickstart),
  ];
  for (const refusal of found) log.error(refusal);
  if (found.length > 0) return 1;
  if (options.makeInstaller) {
    await buildInstallerIso(options, kickstart, log, programs);
    return 0;
  }
  log.info(`Using disk size of ${(rootSizeMiB(kickstart) ?? 0) + 2}MiB`);
  await buildIso(options, kickstart, log, programs);
  return 0;
}

/** @throws {BuildFailed} when it cannot be read */
function readable(options: Options, log: Log): Kickstart {
  try {
    return (options.makeInstaller ? readKickstartBeforePre : readKickstart)(options.ks ?? '');
  } catch (error) {
    if (error instanceof KickstartUnreadable) return refuseKickstart(error, options, log);
    throw error;
  }
}

/** A timer that is set to more fires at once (Node, `timers`): 24 days. */
const longestMs = 2 ** 31 - 1;

/** `--timeout`: in minutes, for the whole build; 0 is none. */
async function withinTime<T>(options: Options, controller: AbortController, work: () => Promise<T>): Promise<T> {
  if (options.timeoutMinutes <= 0) return await work();
  const timer = setTimeout(
    () =>
      controller.abort(new TimedOut(`the installer took longer than ${options.timeoutMinutes} minutes (--timeout)`)),
    Math.min(options.timeoutMinutes * 60_000, longestMs),
  );
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

async function run(): Promise<void> {
  process.exitCode = await main();
}

void run();
