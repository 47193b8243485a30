import { hash } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import type { BuildEvent, BuildEventBody } from './build-event.ts';
import { type Fetched, fetchFile, fetchFolder } from './container/archive.ts';
import { createContainer } from './container/container.ts';
import { type BuilderImage, ensureImage } from './container/image.ts';
import { inContainer } from './container/paths.ts';
import { diskFull, request } from './container/requests.ts';
import { runContainer } from './container/run.ts';
import { codeOf, IsoBuildError, type IsoBuildErrorCode, messageOf } from './errors.ts';
import { EventLog } from './event-log.ts';
import { readPackages } from './evidence/packages.ts';
import { type EvidenceInput, withoutPasswords, writeEvidence } from './evidence/write.ts';
import { explainFailure } from './explain-failure.ts';
import { verifyIso } from './iso/verify.ts';
import { livemediaCreatorArgv } from './livemedia-creator.ts';
import { createLogMonitor } from './log-monitor.ts';
import { destinationLock, type Lock, takeLock } from './lock.ts';
import { type Manifest, manifestSchema, resultFiles } from './manifest.ts';
import type { BuildIsoOptions, IsoBuild, IsoResult } from './options.ts';
import { doubt, type PreflightCheck, refusal } from './preflight/check.ts';
import { checkEngine } from './preflight/engine.ts';
import { judgeKernel, lookAtKernel } from './preflight/kernel.ts';
import { checkFreeSpace } from './preflight/free-space.ts';
import { reapLeftovers, reapPartialResults } from './reap.ts';
import { prepareResultDirectory, type ResultDirectory } from './result-directory.ts';

/** Console lines kept to explain a failure. */
const keptLines = 200;
/** Characters of program.log that are looked through for the cause of a failure. */
const programLogTail = 200_000;

/**
 * Builds an ISO: makes sure of the builder's image, runs livemedia-creator in a container of it, fetches ISO and logs
 * as streams, reads the ISO back, and puts all of it at the destination in one step.
 *
 * Nothing is shared with the container's file system, so the engine may be on another machine. Whatever happens, the
 * container is removed and nothing half-made stays; what a killed process leaves is removed by the next build.
 */
export const buildIso = (options: BuildIsoOptions): IsoBuild => {
  const disposed = new AbortController();
  const signal = AbortSignal.any([disposed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const log = new EventLog();
  const result = new Build(options, signal, log).run().finally(() => log.close());
  // Whoever only reads the events learns of a failure there.
  result.catch(() => undefined);
  return {
    events: () => log.read(),
    result,
    async [Symbol.asyncDispose]() {
      disposed.abort(new DOMException('the build was disposed of', 'AbortError'));
      await result.catch(() => undefined);
    },
  };
};

class Build {
  readonly #options: BuildIsoOptions;
  readonly #signal: AbortSignal;
  readonly #log: EventLog;
  readonly #destination: string;
  readonly #startedAt = new Date();
  readonly #session = crypto.randomUUID().slice(0, 13);

  constructor(options: BuildIsoOptions, signal: AbortSignal, log: EventLog) {
    this.#options = options;
    this.#signal = signal;
    this.#log = log;
    this.#destination = resolve(options.destination);
  }

  async run(): Promise<IsoResult> {
    try {
      this.#signal.throwIfAborted();
      const argv = this.#argv();
      this.#enter('preflight');
      await using lock = await this.#lock();
      const shared = lock.waited ? await this.#shared(argv) : undefined;
      if (shared !== undefined) return shared;
      await this.#reap();
      await using directory = await prepareResultDirectory(this.#destination);
      await mkdir(join(directory.path, 'logs'));
      try {
        return await this.#produce(directory, argv);
      } catch (cause) {
        const error = this.#explain(cause);
        if (!this.#signal.aborted) await this.#keepEvidence(directory, error);
        throw error;
      }
    } catch (error) {
      if (this.#signal.aborted) {
        this.#emit({ type: 'aborted', reason: messageOf(this.#signal.reason) });
        throw this.#signal.reason;
      }
      this.#emit(failedEvent(error));
      throw error;
    }
  }

  #argv(): string[] {
    const { project, releasever, volid, isoName, profile, extraBootArgs, dracutArgs, proxy } = this.#options;
    return livemediaCreatorArgv({
      project,
      releasever,
      volid,
      isoName,
      profile,
      extraBootArgs,
      dracutArgs,
      proxy,
      ks: inContainer.kickstart,
      resultdir: inContainer.result,
      tmp: inContainer.tmp,
      logfile: inContainer.logfile,
    });
  }

  /** One build at a time for a destination. */
  async #lock(): Promise<Lock> {
    const path = destinationLock(this.#destination);
    try {
      return await takeLock(path, {
        signal: this.#signal,
        onWait: (holder) => this.#emit({ type: 'waiting', what: 'build', holder }),
      });
    } catch (cause) {
      this.#signal.throwIfAborted();
      throw new IsoBuildError('DESTINATION_UNUSABLE', `${this.#destination} cannot be written: ${messageOf(cause)}`, {
        hint: 'choose a destination that this user may write',
        cause,
      });
    }
  }

  /** What another process has built of the same inputs while this one waited for it; undefined when it has not. */
  async #shared(argv: string[]): Promise<IsoResult | undefined> {
    const { kickstart, builder, sourceDateEpoch } = this.#options;
    const directory = this.#destination;
    const manifest = await readManifest(directory);
    if (manifest === undefined) return undefined;
    const wanted = [hash('sha256', kickstart), builder.contextDigest, sourceDateEpoch, livemediaCreator(argv)];
    const made = [manifest.kickstart.sha256, manifest.builder.contextDigest, manifest.sourceDateEpoch, manifest.argv];
    if (!isDeepStrictEqual(wanted, made) || new Date(manifest.finishedAt) < this.#startedAt) return undefined;
    const { name, sha256, ...facts } = manifest.iso;
    const iso = join(directory, name);
    const { size } = facts;
    const found = await stat(iso).catch(() => undefined);
    if (found?.size !== size) return undefined;
    this.#emit({ type: 'done', iso, size, sha256 });
    return { directory, iso, size, sha256, facts, manifest, shared: true };
  }

  async #reap(): Promise<void> {
    for (const name of await reapLeftovers(this.#options.engine))
      this.#emit({ type: 'warning', message: `removed the container ${name} that a killed build had left` });
    for (const name of await reapPartialResults(this.#destination))
      this.#emit({ type: 'warning', message: `removed the unfinished result ${name} that a killed build had left` });
  }

  async #produce(directory: ResultDirectory, argv: string[]): Promise<IsoResult> {
    const { engine, builder, neededBytes = {}, isoName, volid } = this.#options;
    const signal = this.#signal;
    for (const message of await checkFreeSpace(engine, { destination: directory.path, neededBytes }))
      this.#emit({ type: 'warning', message });

    this.#judge('CLOCK_WRONG', await checkEngine(engine, this.#options));

    this.#enter('image');
    const image = await ensureImage(engine, builder, { signal, onEvent: (event) => this.#emit(event) });
    if (builder.kernel !== undefined) {
      // Through the image, which shows it as the build will see it, wherever the engine is.
      const kernel = await lookAtKernel(engine, builder, image.id);
      this.#judge('KERNEL_UNSUITABLE', judgeKernel(kernel, builder.kernel));
    }
    const fetched = await this.#runBuilder(directory, image, argv);

    this.#enter('verify');
    const facts = await verifyIso(join(directory.path, isoName), { signal });
    if (facts.volid !== volid)
      throw new IsoBuildError('ISO_VOLID_WRONG', `${isoName} has the volume id "${facts.volid}", not "${volid}"`, {
        hint: `the ${builder.name} builder does not do as it is told: report it`,
      });

    const evidence = await this.#evidence(directory.path, image, argv, {
      name: isoName,
      sha256: fetched.sha256,
      ...facts,
    });
    const iso = join(this.#destination, isoName);
    const done: BuildEvent = { time: Date.now(), type: 'done', iso, ...fetched };
    await this.#writeEvents(directory, done);
    const manifest = await writeEvidence(directory.path, evidence);
    signal.throwIfAborted();
    await directory.commit();
    await rm(`${this.#destination}.failed`, { recursive: true, force: true });
    this.#log.append(done);
    return { directory: this.#destination, iso, ...fetched, facts, manifest, shared: false };
  }

  /** Creates the container, runs it, and brings down what it leaves: the logs always, the ISO when there is one. */
  async #runBuilder(directory: ResultDirectory, image: BuilderImage, argv: string[]): Promise<Fetched> {
    const { engine, builder, kickstart, timeoutMs, isoName, sourceDateEpoch } = this.#options;
    const signal = this.#signal;
    this.#enter('upload');
    signal.throwIfAborted();
    const created = await createContainer(engine, {
      builder,
      argv,
      kickstart,
      imageId: image.id,
      sourceDateEpoch,
      session: this.#session,
    });
    await using cleanUp = new AsyncDisposableStack();
    cleanUp.defer(async () => {
      try {
        await created[Symbol.asyncDispose]();
      } catch (error) {
        // The result counts, not that the engine went away after it: the next build looks for leftovers.
        this.#emit({ type: 'warning', message: messageOf(error) });
      }
    });
    const { container } = created;

    this.#enter('start');
    const monitor = createLogMonitor();
    const lastLines: string[] = [];
    const consoleLog = createWriteStream(join(directory.path, 'logs', 'console.log'));
    // Seen when it is closed.
    consoleLog.on('error', () => undefined);
    cleanUp.defer(() => closed(consoleLog).catch(() => undefined));
    const { exitCode, timedOut } = await runContainer(engine, container, {
      signal,
      timeoutMs,
      onLine: (line) => {
        consoleLog.write(`${line}\n`);
        lastLines.push(line);
        if (lastLines.length > keptLines) lastLines.shift();
        this.#emit({ type: 'log', source: 'console', line });
        for (const event of monitor.line(line)) this.#emit(event);
      },
    });
    await closed(consoleLog);
    for (const event of monitor.end()) this.#emit(event);

    this.#enter('fetch');
    await request(engine, 'hand out the logs', () =>
      fetchFolder(container, inContainer.logs, join(directory.path, 'logs')),
    );
    signal.throwIfAborted();
    const evidence = { argv: ['livemedia-creator', ...argv], lastLines };
    if (timedOut)
      throw new IsoBuildError('BUILD_TIMEOUT', `livemedia-creator did not finish in ${(timeoutMs ?? 0) / 1000} s`, {
        hint: 'allow it more time, or see in logs/console.log where it spends it',
        evidence,
      });
    if (exitCode !== 0) {
      const programLog = await lastLinesOf(join(directory.path, 'logs', 'program.log'));
      throw explainFailure({ exitCode, lastLines, installerErrors: monitor.installerErrors, programLog, evidence });
    }
    const fetched = await this.#fetchIso(container, join(directory.path, isoName));
    if (fetched === undefined)
      throw new IsoBuildError('ISO_MISSING', `livemedia-creator says that it succeeded, but there is no ${isoName}`, {
        hint: 'look at logs/console.log',
        evidence,
      });
    return fetched;
  }

  #fetchIso(container: Parameters<typeof fetchFile>[0], target: string): Promise<Fetched | undefined> {
    const { engine, isoName } = this.#options;
    const signal = this.#signal;
    let percent = -1;
    const onProgress = (done: number, total: number): void => {
      const now = Math.floor((done / total) * 100);
      if (now === percent) return;
      percent = now;
      this.#emit({ type: 'progress', phase: 'fetch', done, total, unit: 'bytes' });
    };
    return request(engine, 'hand out the ISO', () =>
      fetchFile(container, `${inContainer.result}/${isoName}`, target, { signal, onProgress }),
    );
  }

  #judge(code: IsoBuildErrorCode, checks: readonly PreflightCheck[]): void {
    for (const check of checks) {
      if (check.status === 'failed') throw refusal(code, check);
      if (check.status === 'unknown') this.#emit({ type: 'warning', message: doubt(check) });
    }
  }

  async #evidence(
    directory: string,
    image: BuilderImage,
    argv: string[],
    iso: Manifest['iso'],
  ): Promise<EvidenceInput> {
    const { builder, kickstart, project, releasever, volid, profile, engine, sourceDateEpoch } = this.#options;
    const { labels = {}, materials = [], extraBootArgs = '', dracutArgs = [] } = this.#options;
    const own = await readReport(join(directory, 'logs', `${builder.name}.json`));
    const report = this.#options.annotateReport?.(own) ?? own;
    const packages = await readPackages(directory, { report, builder: builder.name, releasever });
    if (packages.source === null)
      this.#emit({
        type: 'warning',
        message: `what packages are on the ISO is not known: no log of the ${builder.name} builder names them`,
      });
    const finishedAt = new Date();
    return {
      manifest: {
        schema: 'phyllome-image-manifest/1',
        iso,
        builder: { name: builder.name, contextDigest: image.digest, imageId: image.id },
        kickstart: { sha256: hash('sha256', kickstart) },
        project,
        releasever,
        profile,
        ...(sourceDateEpoch === undefined ? {} : { sourceDateEpoch }),
        argv: livemediaCreator(argv),
        engine: { kind: engine.kind, version: engine.version },
        labels: { ...labels },
        startedAt: this.#startedAt.toISOString(),
        finishedAt: finishedAt.toISOString(),
        phasesMs: durations(this.#log.events, finishedAt.getTime()),
      },
      report,
      packages,
      materials,
      tools: { [engine.kind]: engine.version, ...livemediaCreatorVersion(this.#log.events) },
      parameters: { project, releasever, volid, isoName: iso.name, profile, extraBootArgs, dracutArgs, labels },
      invocationId: this.#session,
    };
  }

  /** A disk that is full shows wherever something is written. */
  #explain(error: unknown): unknown {
    if (!diskFull.has(codeOf(error) ?? '')) return error;
    return new IsoBuildError('DISK_TOO_SMALL', `the disk of ${this.#destination} is full: ${messageOf(error)}`, {
      hint: 'free some space there, or choose a destination on another disk',
      cause: error,
    });
  }

  /** Of a build that got as far as making an image or running it, to find out why it failed. */
  async #keepEvidence(directory: ResultDirectory, error: unknown): Promise<void> {
    if (!this.#log.events.some((event) => event.type === 'log' || (event.type === 'phase' && event.phase === 'start')))
      return;
    await rm(join(directory.path, this.#options.isoName), { force: true });
    try {
      await this.#writeEvents(directory, { time: Date.now(), ...failedEvent(error) });
      const kept = await directory.keepAsFailed();
      if (error instanceof IsoBuildError) error.evidence.directory = kept;
    } catch (failure) {
      // The build's own failure is the one to tell of.
      this.#emit({ type: 'warning', message: `the logs could not be kept: ${messageOf(failure)}` });
    }
  }

  async #writeEvents(directory: ResultDirectory, terminal: BuildEvent): Promise<void> {
    const lines = [...this.#log.events, terminal].map((event) => `${JSON.stringify(event)}\n`);
    await writeFile(join(directory.path, 'logs', 'events.jsonl'), lines);
  }

  #enter(phase: (BuildEvent & { type: 'phase' })['phase']): void {
    this.#emit({ type: 'phase', phase });
  }

  #emit(body: BuildEventBody): void {
    this.#log.append({ time: Date.now(), ...body });
  }
}

/** What the builder itself tells of its work, if it does. */
const readReport = async (path: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
};

/** The end of a log that may have megabytes; nothing of one that is not there. */
const lastLinesOf = async (path: string): Promise<string[]> => {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.slice(-programLogTail).split('\n');
};

/** The command line, as the manifest has it. */
const livemediaCreator = (argv: readonly string[]): string[] => withoutPasswords(['livemedia-creator', ...argv]);

const readManifest = async (directory: string): Promise<Manifest | undefined> => {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(join(directory, resultFiles.manifest), 'utf8')));
  } catch {
    return undefined;
  }
};

/** As it says itself in the first line of its console. */
const livemediaCreatorVersion = (events: readonly BuildEvent[]): Record<string, string> => {
  for (const event of events) {
    const version = event.type === 'log' && / ?livemedia-creator v(\S+)$/u.exec(event.line)?.[1];
    if (version) return { 'livemedia-creator': version };
  }
  return {};
};

/** Ends the file, and waits until all of it is written. */
const closed = async (file: WriteStream): Promise<void> => {
  if (file.errored) throw file.errored;
  if (!file.closed) await finished(file.end());
};

/** Also of errors that a builder's context throws: they follow the same convention. */
const failedEvent = (error: unknown): BuildEventBody => {
  const hint = error instanceof Error && 'hint' in error ? error.hint : undefined;
  return {
    type: 'failed',
    code: codeOf(error) ?? 'UNEXPECTED',
    message: messageOf(error),
    hint: typeof hint === 'string' ? hint : 'report it',
  };
};

const durations = (events: readonly BuildEvent[], end: number): Record<string, number> => {
  const begins = events.filter((event) => event.type === 'phase');
  return Object.fromEntries(
    begins.map(({ phase, time }, index) => [phase, (begins[index + 1]?.time ?? end) - time] as const),
  );
};
