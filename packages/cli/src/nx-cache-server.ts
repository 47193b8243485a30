import { once } from 'node:events';
import { connect } from 'node:net';
import { messageOf } from '@phyllome/host';
import { CliError } from './errors.ts';

/** Milliseconds that a server of Nx's cache may take to accept a connection. */
const patience = 3000;
const proxies = ['http_proxy', 'https_proxy', 'all_proxy'];

/**
 * Looks whether the server of Nx's remote cache is there: Nx, which asks it for every task, ends when it is not.
 *
 * Nx itself finds out what is behind a proxy, and whether the server's certificate and our token are right.
 *
 * @param env Nx's
 * @returns why it cannot be reached; undefined when it can, when there is none, or when Nx is not to ask it anyway
 * @see https://nx.dev/recipes/running-tasks/self-hosted-caching
 */
export async function unreachableCacheServer(
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<CliError | undefined> {
  const address = env['NX_SELF_HOSTED_REMOTE_CACHE_SERVER'] ?? '';
  if (address === '' || env['NX_SKIP_REMOTE_CACHE'] === 'true' || !URL.canParse(address)) return undefined;
  if (proxies.some((name) => (env[name] ?? env[name.toUpperCase()] ?? '') !== '')) return undefined;
  const { hostname, port, protocol } = new URL(address);
  const socket = connect({
    host: hostname.replaceAll(/[[\]]/gu, ''),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
  });
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]) });
    return undefined;
  } catch (cause) {
    signal.throwIfAborted();
    const why =
      cause instanceof Error && cause.name === 'AbortError' ? `no answer for ${patience / 1000} s` : messageOf(cause);
    return new CliError('NX_CACHE_UNREACHABLE', `the server of Nx's cache, ${address}, cannot be reached: ${why}`, {
      hint: 'Nx goes on with the cache of this machine; start the server, or unset NX_SELF_HOSTED_REMOTE_CACHE_SERVER',
      cause,
    });
  } finally {
    socket.destroy();
  }
}
