import { execa } from 'execa';
import type { Builder } from '../build/builder.ts';
import type { AnyEngine } from '../engine/engine.ts';
import { ensureImage } from './image.ts';
import { runScript } from './run-script.ts';

/**
 * Runs a shell script where a builder would build: in a new container of its image, with the network and without its
 * privileges, or in the system of this machine. The container goes with it.
 *
 * @returns the lines that it printed, whatever its exit status
 * @throws {IsoBuildError} when the image cannot be made, or the engine fails
 * @throws the signal's reason when aborted
 */
export async function runInBuilder(
  engine: AnyEngine,
  builder: Builder,
  script: string,
  { signal, longestMs }: { signal: AbortSignal; longestMs: number },
): Promise<string[]> {
  if (engine.kind === 'host') {
    const { stdout, stderr } = await execa('sh', ['-c', script], {
      env: engine.env,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: longestMs,
      cancelSignal: signal,
    });
    signal.throwIfAborted();
    return [...stderr.split('\n'), ...stdout.split('\n')].filter(Boolean);
  }
  const { id } = await ensureImage(engine, builder, { signal });
  return await runScript(engine, { imageId: id, builder: builder.name, script, hostConfig: {}, signal, longestMs });
}
