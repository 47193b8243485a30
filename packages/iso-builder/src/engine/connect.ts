import { join } from 'node:path';
import { codeOf, findProgram, messageOf } from '@phyllome/host';
import { IsoBuildError } from '../errors.ts';
import { dockerHostEndpoint, type Endpoint, unixEndpoint } from './endpoint.ts';
import { boundRequests } from './bounds.ts';
import type { Engine } from './engine.ts';
import { startPodmanService } from './podman-service.ts';
import { askVersion } from './version.ts';

/** How long a socket may take to answer before it counts as dead. */
const pingMs = 10_000;
/** The same for a remote engine, where a connection may have to be set up first. */
const remotePingMs = 30_000;

/**
 * Finds a container engine that answers, in this order: DOCKER_HOST and nothing else when it is set; Docker's sockets;
 * Podman's sockets; a `podman system service` started for the occasion. PHYLLOME_ENGINE=docker|podman narrows the
 * search. A `docker` command without a daemon is not an engine.
 *
 * @throws {IsoBuildError} ENGINE_NOT_FOUND (says what was tried), ENGINE_UNREACHABLE (DOCKER_HOST is set and dead),
 *   OPTION_INVALID (PHYLLOME_ENGINE says neither)
 * @throws the signal's reason when aborted
 */
export async function connectEngine(options: {
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
}): Promise<Engine> {
  const { env, signal } = options;
  signal?.throwIfAborted();
  const wanted = env['PHYLLOME_ENGINE'] ?? '';
  if (wanted !== '' && wanted !== 'docker' && wanted !== 'podman')
    throw new IsoBuildError('OPTION_INVALID', `PHYLLOME_ENGINE=${wanted} names no container engine`, {
      hint: 'set it to docker or podman, or unset it',
    });
  const dockerHost = env['DOCKER_HOST'] ?? '';
  if (dockerHost !== '') return connectDockerHost(dockerHost, env, signal);

  const tried: string[] = [];
  for (const socket of [
    ...(wanted === 'podman' ? [] : dockerSockets(env)),
    ...(wanted === 'docker' ? [] : podmanSockets(env)),
  ]) {
    const endpoint = unixEndpoint(socket);
    try {
      const engine = await ask(endpoint, signal);
      // podman-docker puts Podman behind Docker's socket.
      if (wanted === '' || wanted === engine.kind) return engine;
      await engine[Symbol.asyncDispose]();
      tried.push(`${endpoint.name}: is ${engine.kind}`);
    } catch (error) {
      signal?.throwIfAborted();
      tried.push(`${endpoint.name}: ${reason(error)}`);
    }
  }
  if (wanted !== 'docker')
    try {
      return await ownPodman(env, signal);
    } catch (error) {
      signal?.throwIfAborted();
      tried.push(`podman system service: ${reason(error)}`);
    }
  throw new IsoBuildError(
    'ENGINE_NOT_FOUND',
    `no ${wanted === '' ? 'container engine' : wanted} answers; tried\n${tried.map((line) => `  ${line}`).join('\n')}`,
    { hint: startHint(wanted, env) },
  );
}

/** Of the engine that is asked for, or is installed: the one that ./setup brings is Podman. */
function startHint(wanted: string, env: NodeJS.ProcessEnv): string {
  if (wanted !== 'podman' && findProgram('dockerd', env, { administrators: true }) !== undefined)
    return 'Docker is installed and does not run: sudo systemctl start docker';
  if (wanted !== 'docker' && findProgram('podman', env) !== undefined)
    return 'Podman is installed, and its service fails as above: try podman info; a root-run one is started by sudo systemctl start podman.socket';
  return wanted === 'docker'
    ? 'install Docker, or unset PHYLLOME_ENGINE: ./setup installs Podman'
    : './setup installs Podman';
}

async function connectDockerHost(
  dockerHost: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<Engine> {
  const endpoint = await dockerHostEndpoint(dockerHost, env);
  try {
    return await ask(endpoint, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new IsoBuildError('ENGINE_UNREACHABLE', `DOCKER_HOST=${dockerHost} does not answer: ${reason(cause)}`, {
      hint: 'start the engine there, or unset DOCKER_HOST to use one on this machine',
      cause,
    });
  }
}

async function ownPodman(env: NodeJS.ProcessEnv, signal: AbortSignal | undefined): Promise<Engine> {
  await using resources = new AsyncDisposableStack();
  const service = resources.use(await startPodmanService(env, signal));
  const engine = await ask(service.endpoint, signal);
  const owned = resources.move();
  return { ...engine, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const dockerSockets = (env: NodeJS.ProcessEnv): string[] => [
  '/var/run/docker.sock',
  ...under(env['XDG_RUNTIME_DIR'], 'docker.sock'),
  ...under(env['HOME'], '.docker/run/docker.sock'),
];

const podmanSockets = (env: NodeJS.ProcessEnv): string[] => [
  ...(process.getuid?.() === 0 ? ['/run/podman/podman.sock'] : []),
  ...under(env['XDG_RUNTIME_DIR'], 'podman/podman.sock'),
];

const under = (folder: string | undefined, name: string): string[] =>
  folder === undefined || folder === '' ? [] : [join(folder, name)];

async function ask(endpoint: Endpoint, signal: AbortSignal | undefined): Promise<Engine> {
  // Takes a tenth of a second, and a build that has nothing to do asks no engine.
  const { default: Docker } = await import('dockerode');
  const docker = boundRequests(new Docker(endpoint.options), signal);
  const deadline = AbortSignal.timeout(endpoint.local ? pingMs : remotePingMs);
  const version = await askVersion(docker, AbortSignal.any([deadline, ...(signal ? [signal] : [])]));
  const components = (version as { Components?: { Name: string; Version: string }[] }).Components ?? [];
  const podman = components.find(({ Name }) => Name === 'Podman Engine');
  return {
    kind: podman === undefined ? 'docker' : 'podman',
    version: podman?.Version ?? version.Version,
    endpoint: endpoint.name,
    local: endpoint.local,
    docker,
    dial: endpoint.dial,
    [Symbol.asyncDispose]: async () => {},
  };
}

/** In the words of the reader of the message. */
function reason(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'not there';
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'EACCES':
      return 'permission denied';
    default:
      return messageOf(error);
  }
}
