import { IsoBuildError } from '../errors.ts';

/** Go's net package, as Docker and Podman pass it on: no name, no route, no listener, no answer. */
const noConnection =
  /no such host|server misbehaving|Temporary failure in name resolution|network is unreachable|no route to host|connection refused|connection reset by peer|i\/o timeout|TLS handshake timeout|Client\.Timeout exceeded|context deadline exceeded|proxyconnect tcp/u;

/** Requests to a registry: its API's first path, or what Podman says before it. */
const registryRequest = /pinging container registry|\/v2\/|initializing source docker:\/\/|registry/iu;

/** libcurl's numbers for the same, as DNF prints them: proxy or host not resolved, refused, timed out, reset. */
const mirrorFailure = /Curl error \((?:5|6|7|28|35|56)\)/u;

const rehearse =
  'give the engine a network or a proxy; without one, PHYLLOME_BUILDER=rehearsal rehearses the build with Debian packages';

/** Names the failure of an image build from what the engine said. Pure. */
export function explainImageFailure(
  builder: string,
  message: string,
  lastLines: readonly string[],
  cause?: unknown,
): IsoBuildError {
  const evidence = { lastLines: [...lastLines] };
  if (noConnection.test(message) && registryRequest.test(message)) {
    const registry = /https?:\/\/([^/\s]+)\/v2\//u.exec(message)?.[1] ?? /docker:\/\/([^/\s]+)/u.exec(message)?.[1];
    return new IsoBuildError(
      'REGISTRY_UNREACHABLE',
      `the engine cannot reach the image registry${registry === undefined ? '' : ` ${registry}`}, so the ${builder} builder's image cannot be made: ${message}`,
      { hint: rehearse, evidence, cause },
    );
  }
  const mirror = lastLines.find((line) => mirrorFailure.test(line));
  if (mirror !== undefined)
    return new IsoBuildError(
      'MIRROR_UNREACHABLE',
      `the engine cannot reach the package mirrors, so the ${builder} builder's image cannot be made: ${mirror.trim()}`,
      { hint: rehearse, evidence, cause },
    );
  return new IsoBuildError('IMAGE_BUILD_FAILED', `the ${builder} builder's image cannot be built: ${message}`, {
    hint: `the last lines say which step of containers/${builder}/Containerfile failed`,
    evidence,
    cause,
  });
}
