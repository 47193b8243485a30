import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BuildContext } from './context.ts';
import type { BuildEventBody } from '../progress/build-event.ts';
import { diskFull } from '../container/requests.ts';
import { codeOf, firstError, type Lock, LockHeldError, messageOf, takeLock } from '@phyllome/host';
import { IsoBuildError } from '../errors.ts';
import { EventLog } from '../progress/event-log.ts';
import { withBounds } from '../engine/bounds.ts';
import type { Executor, Paths } from '../executor/executor.ts';
import { containerExecutor } from '../executor/in-container.ts';
import { hostExecutor } from '../executor/on-host.ts';
import { checkMenuText, mkksisoArgv } from '../executor/mkksiso.ts';
import { menuReplacements } from './installer-menu.ts';
import { readMenus } from '../evidence/verify-installer.ts';
import { livemediaCreatorArgv } from '../executor/livemedia-creator.ts';
import { destinationLock } from './lock.ts';
import type { BuildIsoOptions, IsoBuild, IsoResult } from './options.ts';
import { keepFailed, buildInto } from './build-into.ts';
import { reapPartialResults } from './reap.ts';
import { prepareResultDirectory } from './result-directory.ts';
import { resultOfConcurrentBuild } from './result-of-concurrent-build.ts';

/**
 * Builds an ISO: makes sure of the builder, runs livemedia-creator, fetches ISO and logs, reads the ISO back, and puts all
 * of it at the destination in one step.
 *
 * Whatever happens, what was made for it is removed and nothing half-made stays; what a killed process leaves is removed
 * by the next build.
 */
export function buildIso(options: BuildIsoOptions): IsoBuild {
  const disposed = new AbortController();
  const signal = AbortSignal.any([disposed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const log = new EventLog();
  const context = new BuildContext(options, resolve(options.destination), signal, log);
  const result = run(context).finally(() => log.close());
  // A caller that only reads the events learns of a failure there.
  result.catch(() => undefined);
  return {
    events: () => log.read(),
    result,
    async [Symbol.asyncDispose]() {
      disposed.abort(new DOMException('the build was disposed of', 'AbortError'));
      await result.catch(() => undefined);
    },
  };
}

async function run(context: BuildContext): Promise<IsoResult> {
  const { signal } = context;
  try {
    signal.throwIfAborted();
    return await withBounds({ signal }, () => withDestinationLock(context));
  } catch (thrown) {
    const error = firstError(thrown);
    context[Symbol.dispose]();
    if (signal.aborted) {
      context.emit({ type: 'aborted', reason: messageOf(signal.reason) });
      throw signal.reason;
    }
    context.emit(failedEvent(error));
    throw error;
  }
}

/** One build at a time for a destination; one that had to wait shares the result if it is of the same inputs. */
async function withDestinationLock(context: BuildContext): Promise<IsoResult> {
  const executor = executorOf(context);
  const argv = await argvOf(context.options, executor);
  context.enter('preflight');
  await using lock = await lockDestination(context);
  const shared = lock.waited ? await resultOfConcurrentBuild(context, argv) : undefined;
  if (shared !== undefined) return shared;
  for (const name of [...(await executor.reap()), ...(await reapPartialResults(context.destination))])
    context.warn(`removed ${name}, which a killed build had left`);
  await using directory = await prepareResultDirectory(context.destination);
  await mkdir(join(directory.path, 'logs'));
  try {
    return await buildInto(context, executor, { directory, argv });
  } catch (thrown) {
    const error = explainDisk(firstError(thrown), context.destination);
    context[Symbol.dispose]();
    if (!context.signal.aborted) {
      const kept = await keepFailed(context, directory, { time: Date.now(), ...failedEvent(error) });
      if (kept !== undefined && error instanceof IsoBuildError) error.evidence.directory = kept;
    }
    throw error;
  }
}

function executorOf({ options, session }: BuildContext): Executor {
  const { engine, builder, sourceDateEpoch } = options;
  const wanted = { builder, session, sourceDateEpoch, neededBytes: options.neededBytes?.engine };
  switch (engine.kind) {
    case 'host':
      return hostExecutor({ ...wanted, env: engine.env });
    case 'vm':
      return engine.executor(wanted);
    default:
      return containerExecutor(engine, wanted);
  }
}

/** The program that makes the medium, and its arguments. */
async function argvOf(options: BuildIsoOptions, { paths }: Executor): Promise<string[]> {
  const { installer, volid, isoName, extraBootArgs, medium } = options;
  if (installer === undefined) return ['livemedia-creator', ...livemediaCreatorArgvOf(options, paths)];
  checkMenuText(installer.what);
  const replace = menuReplacements(await readMenus(installer.iso), {
    what: installer.what,
    unattended: medium === 'unattended-installer',
  });
  const [input, output] = [paths.installer, join(paths.result, isoName)];
  return ['mkksiso', ...mkksisoArgv({ ks: paths.kickstart, volid, replace, cmdline: extraBootArgs, input, output })];
}

function livemediaCreatorArgvOf(options: BuildIsoOptions, paths: Paths): string[] {
  const { project, releasever, volid, isoName, profile, extraBootArgs, proxy, installTimeoutMinutes } = options;
  return livemediaCreatorArgv({
    project,
    releasever,
    volid,
    isoName,
    profile,
    medium: options.medium,
    extraBootArgs,
    dracutArgs: options.dracutArgs ?? options.builder.dracutArgs?.[profile],
    proxy,
    timeoutMinutes: installTimeoutMinutes,
    ks: paths.kickstart,
    resultdir: paths.result,
    tmp: paths.tmp,
    logfile: paths.logfile,
  });
}

async function lockDestination(context: BuildContext): Promise<Lock> {
  const { destination, signal } = context;
  try {
    return await takeLock(destinationLock(destination), {
      signal,
      onWait: (holder) => context.emit({ type: 'waiting', what: 'build', holder }),
    });
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof LockHeldError) throw cause;
    throw new IsoBuildError('DESTINATION_UNUSABLE', `${destination} cannot be written: ${messageOf(cause)}`, {
      hint: 'choose a destination that this user may write',
      cause,
    });
  }
}

/** A disk that is full shows wherever something is written. */
function explainDisk(error: unknown, destination: string): unknown {
  if (!diskFull.has(codeOf(error) ?? '')) return error;
  return new IsoBuildError('DISK_TOO_SMALL', `the disk of ${destination} is full: ${messageOf(error)}`, {
    hint: 'free some space there, or choose a destination on another disk',
    cause: error,
  });
}

/** Also of errors that a builder's context throws: they follow the same convention. */
function failedEvent(error: unknown): BuildEventBody {
  const hint = error instanceof Error && 'hint' in error ? error.hint : undefined;
  return {
    type: 'failed',
    code: codeOf(error) ?? 'UNEXPECTED',
    message: messageOf(error),
    hint: typeof hint === 'string' ? hint : 'report it',
  };
}
