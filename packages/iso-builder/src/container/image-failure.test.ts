import { expect, test } from 'vitest';
import { explainImageFailure } from './image-failure.ts';

/** Recorded from builds on a machine without a network; the resolver's address is replaced. */
const recorded = {
  'docker 20.10':
    'Get "https://registry.fedoraproject.org/v2/": dial tcp: lookup registry.fedoraproject.org on 192.0.2.53:53: no such host',
  'podman 4.3':
    'creating build container: initializing source docker://registry.fedoraproject.org/fedora:44: pinging container registry registry.fedoraproject.org: Get "https://registry.fedoraproject.org/v2/": dial tcp: lookup registry.fedoraproject.org on 192.0.2.53:53: no such host',
};

test.each(Object.entries(recorded))('a registry that %s cannot reach', (_, message) => {
  const error = explainImageFailure('fedora', message, []);
  expect(error.code).toBe('REGISTRY_UNREACHABLE');
  expect(error.message).toContain('cannot reach the image registry registry.fedoraproject.org,');
  expect(error.hint).toContain('PHYLLOME_BUILDER=rehearsal');
});

test('mirrors that DNF cannot reach', () => {
  const line =
    ' - Curl error (6): Could not resolve hostname for https://mirrors.fedoraproject.org/metalink?repo=fedora-44';
  const error = explainImageFailure('fedora', 'The command returned a non-zero code: 1', ['STEP 2', line]);
  expect(error).toMatchObject({ code: 'MIRROR_UNREACHABLE', evidence: { lastLines: ['STEP 2', line] } });
});

test.each([
  ['an image that does not exist', 'manifest for fedora:999 not found: manifest unknown'],
  ['a command that fails', "The command '/bin/sh -c false' returned a non-zero code: 1"],
  ['a connection that is not to a registry', 'dial tcp 192.0.2.1:80: connect: connection refused'],
])('not %s', (_, message) => {
  expect(explainImageFailure('fedora', message, [])).toMatchObject({ code: 'IMAGE_BUILD_FAILED' });
});
