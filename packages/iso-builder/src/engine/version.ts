import type Docker from 'dockerode';

/** dockerode's, with the option that its types forget. */
interface Asked {
  version(options: { abortSignal: AbortSignal }): Promise<Docker.DockerVersion>;
}

/**
 * What an engine says that it is. A request that was left open would keep this process from ending.
 *
 * @throws the signal's reason when aborted
 */
export async function askVersion(docker: Docker, signal: AbortSignal): Promise<Docker.DockerVersion> {
  const asked: Asked = docker;
  return await asked.version({ abortSignal: signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}
