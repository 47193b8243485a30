import type Docker from 'dockerode';
import { ownOwner } from '@phyllome/host';
import type { Engine } from '../engine/engine.ts';
import { builderLabel, ownerLabel } from './labels.ts';
import { removeContainer } from './remove.ts';
import { request } from './requests.ts';
import { runContainer } from './run.ts';

/** A look at a machine takes no longer; in milliseconds. */
const longestLookMs = 60_000;

/**
 * Runs a short shell script in a container of an image, and removes the container.
 *
 * @param options `longestMs`: then it is ended
 * @returns the lines that it printed
 * @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST
 */
export async function runScript(
  engine: Engine,
  {
    imageId,
    builder,
    script,
    hostConfig,
    signal = new AbortController().signal,
    longestMs = longestLookMs,
  }: {
    imageId: string;
    builder: string;
    script: string;
    hostConfig: Docker.HostConfig;
    signal?: AbortSignal;
    longestMs?: number;
  },
): Promise<string[]> {
  const name = `phyllome-look-${crypto.randomUUID().slice(0, 13)}`;
  await using resources = new AsyncDisposableStack();
  // By name and before the request: a request that breaks off may still have made the container.
  resources.defer(() => removeContainer(engine, name));
  const container = await request(engine, 'look at its machine', () =>
    engine.docker.createContainer({
      name,
      Image: imageId,
      Entrypoint: [],
      Cmd: ['sh', '-c', script],
      Labels: { [ownerLabel]: ownOwner, [builderLabel]: builder },
      HostConfig: hostConfig,
    }),
  );
  const lines: string[] = [];
  await runContainer(engine, container, {
    signal,
    stop: AbortSignal.timeout(longestMs),
    abortGraceMs: 0,
    onLine: (line) => lines.push(line),
  });
  return lines;
}
