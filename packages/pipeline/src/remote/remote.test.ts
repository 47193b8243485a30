import { expect, test } from 'vitest';
import { openRemote } from './remote.ts';

test('without a name there is none', () => {
  expect(openRemote({})).toBeUndefined();
  expect(openRemote({ PHYLLOME_REMOTE_STORE: '' })).toBeUndefined();
});

test.each([
  'registry.example/phyllome/images',
  'ghcr.io/a/b',
  '127.0.0.1:5000/x',
  'localhost:5000/a_b/c-d',
  '[::1]:5000/x',
])('%s is a repository, read-only by default', (repository) => {
  expect(openRemote({ PHYLLOME_REMOTE_STORE: repository })).toMatchObject({ repository, mode: 'read' });
});

test.each([
  'https://registry.example/a',
  'docker://registry.example/a',
  'registry.example/a:latest',
  'registry.example/a@sha256:00',
  'registry.example',
  'registry.example/A',
  'registry.example/../a',
  '--help',
  'a/b c',
  'a/b\n',
  `a/${'b'.repeat(300)}`,
])('%j is none', (repository) => {
  expect(() => openRemote({ PHYLLOME_REMOTE_STORE: repository })).toThrow('is not a repository');
});

test('the mode is read or write', () => {
  const env = { PHYLLOME_REMOTE_STORE: 'a.example/b', PHYLLOME_REMOTE_STORE_MODE: 'write' };
  expect(openRemote(env)?.mode).toBe('write');
  expect(() => openRemote({ ...env, PHYLLOME_REMOTE_STORE_MODE: 'yes' })).toThrow('PHYLLOME_REMOTE_STORE_MODE');
});
