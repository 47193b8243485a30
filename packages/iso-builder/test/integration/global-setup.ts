import { execa } from 'execa';
import type { TestProject } from 'vitest/node';
import { startDockerDaemon } from './docker-daemon.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** DOCKER_HOST for tests with Docker; empty: the daemon that the machine runs anyway. */
    dockerHost: string;
  }
}

/**
 * Gives the tests a Docker daemon: where none answers and dockerd is installed, one of their own, for as long as they
 * run.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const runs = await execa('docker', ['version'], { reject: false, env: { DOCKER_HOST: '' } });
  const installed = await execa('dockerd', ['--version'], { reject: false });
  if (runs.exitCode === 0 || installed.exitCode !== 0 || process.getuid?.() !== 0) {
    project.provide('dockerHost', '');
    return () => Promise.resolve();
  }
  const daemon = await startDockerDaemon();
  project.provide('dockerHost', daemon.host);
  return async () => daemon[Symbol.asyncDispose]();
}
