import { expect, test } from 'vitest';
import { asRemoteError } from './skopeo.ts';

const remote = { repository: 'registry.example:5000/phyllome/images' };
const fatal = (message: string): string => `time="2026-11-29T07:38:47Z" level=fatal msg="${message}"`;

// As skopeo 1.9 said it, of a registry of Debian's.
test.each([
  [
    'REMOTE_DENIED',
    'Error parsing image name \\"docker://a/b:c\\": reading manifest c in a/b: unauthorized: authentication required',
  ],
  ['REMOTE_DENIED', 'initializing source docker://a/b:c: requested access to the resource is denied'],
  [
    'REMOTE_UNREACHABLE',
    'pinging container registry a: Get \\"https://a/v2/\\": dial tcp 127.0.0.1:5099: connect: connection refused',
  ],
  ['REMOTE_UNREACHABLE', 'pinging container registry a: Get \\"https://a/v2/\\": dial tcp: lookup a: no such host'],
  [
    'REMOTE_UNREACHABLE',
    'pinging container registry a: Get \\"https://a/v2/\\": x509: certificate signed by unknown authority',
  ],
  [
    'REMOTE_UNREACHABLE',
    'pinging container registry a: Get \\"https://a/v2/\\": http: server gave HTTP response to HTTPS client',
  ],
  ['REMOTE_WRONG', 'writing blob: Digest did not match, expected sha256:aa, got sha256:bb'],
  ['REMOTE_FAILED', 'Error loading trust policy: open /etc/containers/policy.json: no such file or directory'],
])('%s: %s', (code, message) => {
  const error = asRemoteError(fatal(message), remote, false);
  expect(error.code).toBe(code);
  expect(error.message).toContain('registry.example:5000');
  expect(error.message).not.toContain('level=fatal');
});

test('what took too long is unreachable, whatever was said', () => {
  expect(asRemoteError('', remote, true).code).toBe('REMOTE_UNREACHABLE');
});

test('the hint names the command that logs in', () => {
  expect(asRemoteError(fatal('unauthorized'), remote, false).hint).toContain('skopeo login registry.example:5000');
});

test('what a terminal would obey is shown', () => {
  expect(asRemoteError(fatal('x: \u001b]0;y'), remote, false).message).not.toContain('\u001b');
});
