import { join } from 'node:path';
import type Docker from 'dockerode';
import { fetchFolder, sizeOfFile } from '../container/archive.ts';
import { createContainer } from '../container/container.ts';
import { fetchFile } from '../container/fetch-file.ts';
import { ensureImage } from '../container/image.ts';
import { inContainer } from '../container/paths.ts';
import { request } from '../container/requests.ts';
import { runContainer } from '../container/run.ts';
import type { Engine } from '../engine/engine.ts';
import { checkEngine } from '../preflight/engine.ts';
import { judgeHost, lookAtHost } from '../preflight/host.ts';
import { reapContainers } from '../build/reap.ts';
import type { Attempt, Executor, ExecutorOptions } from './executor.ts';

/**
 * livemedia-creator as the only process of a container. Nothing is shared with the container's file system, so the engine
 * may be on another machine: inputs go up and results come down as tar streams.
 */
export function containerExecutor(engine: Engine, options: ExecutorOptions): Executor {
  const { builder, session, sourceDateEpoch, neededBytes } = options;
  return {
    paths: inContainer,
    reap: () => reapContainers(engine),
    check: () => checkEngine(engine, { builder, sourceDateEpoch, neededBytes }),
    prepare: ({ signal, onEvent }) => ensureImage(engine, builder, { signal, onEvent }),
    async checkWith(image) {
      // Through the image, which shows it as the build will see it, wherever the engine is.
      if (builder.kernel === undefined && engine.local) return [];
      return judgeHost(await lookAtHost(engine, builder, image.id), { builder, engine, neededBytes });
    },
    async create(job, image) {
      const created = await createContainer(engine, { ...job, builder, session, imageId: image.id });
      return attemptIn(engine, created.container, async () => created[Symbol.asyncDispose]());
    },
  };
}

const attemptIn = (engine: Engine, container: Docker.Container, dispose: () => Promise<void>): Attempt => ({
  run: (options) => runContainer(engine, container, options),
  sizeOf: (path) => sizeOfFile(container, path),
  fetchLogs: (target) => request(engine, 'hand out the logs', () => fetchFolder(container, inContainer.logs, target)),
  fetchResult: (name, target, options) =>
    request(engine, 'hand out the ISO', () =>
      fetchFile(engine, container.id, join(inContainer.result, name), { ...options, target }),
    ),
  [Symbol.asyncDispose]: dispose,
});
