import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Agent } from 'node:http';
import type Docker from 'dockerode';
import { messageOf } from '@phyllome/host';
import { IsoBuildError } from '../errors.ts';
import { sshAgent } from './ssh.ts';

/** Where an engine may answer, and how to speak to it there. */
export interface Endpoint {
  /** For messages, e.g. `unix:///var/run/docker.sock`. */
  readonly name: string;
  readonly local: boolean;
  readonly options: EngineOptions;
  /** The same as plain data, for a thread of its own. */
  readonly dial: Dial;
}

/** How to reach an engine: plain data. */
export type Dial =
  | { readonly socketPath: string }
  | ({ readonly tls: boolean; readonly host: string; readonly port: number } & Certificates)
  | { readonly ssh: string; readonly env: NodeJS.ProcessEnv };

interface Certificates {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export const unixEndpoint = (socketPath: string): Endpoint => ({
  name: `unix://${socketPath}`,
  local: true,
  options: { ...nothingFromTheProcess, socketPath },
  dial: { socketPath },
});

/**
 * The endpoint that DOCKER_HOST names: `unix://`, `tcp://` (with TLS when DOCKER_TLS_VERIFY is set, certificates from
 * DOCKER_CERT_PATH or ~/.docker, as for Docker's own command) or `ssh://`.
 *
 * @throws {IsoBuildError} ENGINE_UNREACHABLE when it names nothing of the kind, or a certificate cannot be read.
 */
export async function dockerHostEndpoint(dockerHost: string, env: NodeJS.ProcessEnv): Promise<Endpoint> {
  if (dockerHost.startsWith('unix://')) return unixEndpoint(dockerHost.slice('unix://'.length));
  const url = URL.parse(dockerHost.includes('://') ? dockerHost : `tcp://${dockerHost}`);
  if (url === null || url.hostname === '') throw notAHost(dockerHost);
  switch (url.protocol) {
    case 'ssh:':
      return {
        name: dockerHost,
        local: false,
        // The name of the host does not matter: every connection goes through ssh.
        options: { ...nothingFromTheProcess, protocol: 'http', host: 'engine', port: 80, agent: sshAgent(url, env) },
        dial: { ssh: url.href, env: { ...env } },
      };
    case 'tcp:':
    case 'http:':
    case 'https:': {
      const tls = (env['DOCKER_TLS_VERIFY'] ?? '') !== '' || url.protocol === 'https:';
      const host = url.hostname.replace(/^\[|\]$/gu, '');
      const port = url.port === '' ? (tls ? 2376 : 2375) : Number(url.port);
      const files = tls ? await certificates(dockerHost, env) : {};
      return {
        name: dockerHost,
        local: false,
        options: { ...nothingFromTheProcess, protocol: tls ? 'https' : 'http', host, port, ...files },
        dial: { tls, host, port, ...files },
      };
    }
    default:
      throw notAHost(dockerHost);
  }
}

/** dockerode's, with the agent that its types forget. */
type EngineOptions = Docker.DockerOptions & { agent?: Agent; pathPrefix?: string };

/**
 * dockerode fills whatever is not given from the environment of this process; our caller's environment is the one that
 * counts, so everything is given.
 */
const nothingFromTheProcess: EngineOptions = {
  socketPath: undefined,
  protocol: 'http',
  host: undefined,
  port: undefined,
  pathPrefix: '/',
  ca: undefined,
  cert: undefined,
  key: undefined,
  timeout: undefined,
};

async function certificates(dockerHost: string, env: NodeJS.ProcessEnv): Promise<Required<Certificates>> {
  const folder = env['DOCKER_CERT_PATH'] ?? join(env['HOME'] ?? '/', '.docker');
  try {
    const [ca, cert, key] = await Promise.all(
      ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFile(join(folder, name), 'utf8')),
    );
    return { ca: ca ?? '', cert: cert ?? '', key: key ?? '' };
  } catch (cause) {
    throw new IsoBuildError('ENGINE_UNREACHABLE', `DOCKER_HOST=${dockerHost} needs TLS: ${messageOf(cause)}`, {
      hint: 'put ca.pem, cert.pem and key.pem where DOCKER_CERT_PATH says',
      cause,
    });
  }
}

const notAHost = (dockerHost: string): IsoBuildError =>
  new IsoBuildError('ENGINE_UNREACHABLE', `DOCKER_HOST="${dockerHost}" names no engine`, {
    hint: 'use unix:///path/to/socket, tcp://host:port or ssh://user@host, or unset it',
  });
