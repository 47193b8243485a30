import { constants, copyFile, cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Builder } from '../build/builder.ts';
import { receive } from '../container/receive.ts';
import type { BuilderImage } from '../container/builder-image.ts';
import { codeOf } from '@phyllome/host';
import { IsoBuildError } from '../errors.ts';
import { lineSink } from '../progress/lines.ts';
import { checkHost, versionOf } from '../preflight/this-machine.ts';
import type { Attempt, Executor, Job, RunOptions, RunOutcome } from './executor.ts';
import { hostSystem } from './host-system.ts';
import { waitOrStop } from './stop.ts';
import {
  makeWorkDirectory,
  pathsIn,
  reapWorkDirectories,
  removeWorkDirectory,
  slashTmpIn,
  workDirectoryOf,
} from './work-directory.ts';

/**
 * livemedia-creator on this machine itself: a Fedora with lorax and anaconda.
 *
 * It runs in name spaces of its own, so that nothing of it survives: unshare(1) makes it the first process of a name space
 * of processes, whose end ends all others, and gives it mounts that no other process sees and that go with it, a private /tmp
 * among them. setpriv(1) has the kernel kill it when this process dies, however that happens.
 */
export function hostExecutor(options: {
  builder: Builder;
  session: string;
  neededBytes: number | undefined;
  env: NodeJS.ProcessEnv;
}): Executor {
  const { builder, session, neededBytes, env } = options;
  const directory = workDirectoryOf(session);
  return {
    paths: pathsIn(directory),
    reap: () => reapWorkDirectories(),
    check: () => checkHost({ builder, neededBytes, env }),
    async prepare() {
      return { id: await versionOf(env), digest: await hostSystem(env), built: false };
    },
    checkWith: () => Promise.resolve([]),
    create: (job: Job, _image: BuilderImage) => createAttempt(directory, job, env),
  };
}

async function createAttempt(directory: string, job: Job, env: NodeJS.ProcessEnv): Promise<Attempt> {
  const paths = pathsIn(directory);
  await using resources = new AsyncDisposableStack();
  await makeWorkDirectory(directory);
  resources.defer(() => removeWorkDirectory(directory));
  await writeFile(paths.kickstart, job.kickstart);
  if (job.installer !== undefined) {
    await copyFile(job.installer, paths.installer, constants.COPYFILE_FICLONE);
    await mkdir(paths.result);
  }
  const owned = resources.move();
  return {
    run: (options) => run(directory, job, env, options),
    sizeOf: async (path) => (await stat(path).catch(() => undefined))?.size,
    async fetchLogs(target) {
      // Of this machine's own installer. What this package writes is not written over.
      await cp(paths.logs, target, { recursive: true, force: false });
      return [];
    },
    async fetchResult(name, target, options) {
      const file = join(paths.result, name);
      const found = await stat(file).catch(() => undefined);
      if (!found?.isFile()) return undefined;
      return await receive(createReadStream(file, { highWaterMark: 1 << 20 }), found.size, target, options);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Gives the program a /tmp of its own, and becomes it. */
const script = 'mount --bind "$1" /tmp && shift && exec "$@"';

async function run(directory: string, job: Job, env: NodeJS.ProcessEnv, options: RunOptions): Promise<RunOutcome> {
  const { signal, onLine } = options;
  signal.throwIfAborted();
  const unshare = ['unshare', '--mount', '--propagation=private', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const child = execa(
    'setpriv',
    ['--pdeathsig=KILL', ...unshare, 'sh', '-c', script, 'sh', slashTmpIn(directory), ...job.argv],
    {
      cwd: '/',
      // A process group of its own: Ctrl-C is for this process to hear, and to pass on.
      detached: true,
      cleanup: false,
      stdin: 'ignore',
      buffer: false,
      reject: false,
      extendEnv: false,
      env: {
        ...env,
        LANG: 'C.UTF-8',
        ...(job.sourceDateEpoch === undefined ? {} : { SOURCE_DATE_EPOCH: String(job.sourceDateEpoch) }),
      },
    },
  );
  const pid = child.pid;
  if (pid === undefined) {
    const { shortMessage } = await child;
    throw new IsoBuildError('HOST_UNSUITABLE', `livemedia-creator cannot be started: ${shortMessage}`, {
      hint: 'phyllome doctor says what this machine lacks',
    });
  }
  const sinks = [child.stdout, child.stderr].map((stream) => {
    const sink = lineSink(onLine);
    stream.pipe(sink);
    return new Promise((resolve) => sink.once('finish', resolve));
  });
  const exit = child.then(({ exitCode, signal: by }) => exitCode ?? (by === 'SIGKILL' ? 137 : 1));
  const outcome = await waitOrStop({ exit, interrupt: () => interrupt(pid), kill: () => kill(pid) }, options);
  await Promise.all(sinks);
  signal.throwIfAborted();
  return { ...outcome, oomKilled: false, diskFull: false };
}

/** Signals livemedia-creator, which is the child of unshare. It may not have been started yet. */
async function interrupt(unshare: number): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const children = await readFile(`/proc/${unshare}/task/${unshare}/children`, 'utf8').catch(() => undefined);
    if (children === undefined) return;
    const child = Number(children.trim().split(' ')[0]);
    if (child > 0) return send(child, 'SIGINT');
    await sleep(20);
  }
}

/** The kernel kills everything in the name space with its first process, and that with unshare (`--kill-child`). */
const kill = async (unshare: number): Promise<void> => send(unshare, 'SIGKILL');

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}
