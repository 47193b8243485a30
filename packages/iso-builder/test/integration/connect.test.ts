import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { delimiter, join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { execa } from 'execa';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { connectEngine, type Engine, IsoBuildError } from '../../src/index.ts';
import { temporaryDirectory } from '../puppet/puppet.ts';
import { absence, connectTo } from './engines.ts';

async function failureOf(env: NodeJS.ProcessEnv): Promise<IsoBuildError> {
  const outcome: unknown = await connectEngine({ env }).catch((error: unknown) => error);
  if (outcome instanceof IsoBuildError) return outcome;
  throw new Error('it should have failed with an IsoBuildError', { cause: outcome });
}

async function folder(): Promise<string> {
  const { path, ...disposable } = await temporaryDirectory();
  onTestFinished(() => disposable[Symbol.asyncDispose]());
  return path;
}

/** Listens on a free port of this machine for the length of a test. */
async function listen(server: Server): Promise<number> {
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

describe('an engine that is not there', () => {
  test('DOCKER_HOST that is dead: no other engine is taken for it', async () => {
    const dead = `unix://${await folder()}/docker.sock`;
    expect(await failureOf({ ...process.env, DOCKER_HOST: dead })).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: `DOCKER_HOST=${dead} does not answer: not there`,
    });
  });

  test('DOCKER_HOST where nobody listens', async () => {
    expect(await failureOf({ DOCKER_HOST: 'tcp://127.0.0.1:1' })).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  });

  test.each(['ftp://host', 'tcp://', '://'])('DOCKER_HOST=%s is no place', async (host) => {
    const error = await failureOf({ DOCKER_HOST: host });
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE', message: `DOCKER_HOST="${host}" names no engine` });
  });

  test('nothing at all: says what was tried', async () => {
    const home = await folder();
    const error = await failureOf({ PHYLLOME_ENGINE: 'podman', PATH: home, HOME: home, XDG_RUNTIME_DIR: home });
    expect(error.code).toBe('ENGINE_NOT_FOUND');
    expect(error.message).toContain(`unix://${home}/podman/podman.sock: not there`);
    // In the words of the shell that starts it.
    expect(error.message).toMatch(/podman system service: .*podman.*not found/);
    expect(error.hint).toContain('./setup');
  });

  test('one that is installed and does not work: what starts that one, and no other', async () => {
    const home = await folder();
    await writeFile(join(home, 'podman'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const error = await failureOf({ PHYLLOME_ENGINE: 'podman', PATH: home, HOME: home, XDG_RUNTIME_DIR: home });
    expect(error.hint).toMatch(/^Podman is installed.*podman\.socket$/);
    expect(error.hint).not.toContain('docker');
  });

  // Where the machine runs a daemon, there is no lonely command.
  test.skipIf(existsSync('/var/run/docker.sock'))('a docker command without a daemon is not an engine', async () => {
    const home = await folder();
    const env = { ...process.env, PHYLLOME_ENGINE: 'docker', HOME: home, XDG_RUNTIME_DIR: home, DOCKER_HOST: '' };
    expect((await failureOf(env)).code).toBe('ENGINE_NOT_FOUND');
  });

  test('PHYLLOME_ENGINE of another name', async () => {
    expect(await failureOf({ PHYLLOME_ENGINE: 'lxc' })).toMatchObject({ code: 'OPTION_INVALID' });
  });

  test('abort', async () => {
    const reason = new Error('Ctrl-C');
    await expect(connectEngine({ env: process.env, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('a podman service of our own', () => {
  test('ends when the engine is disposed of, and takes its socket with it', async ({ skip }) => {
    const engine = await connectTo('podman');
    const socket = engine.endpoint.replace('unix://', '');
    await engine[Symbol.asyncDispose]();
    skip(!socket.includes('phyllome-podman~'), 'this machine runs a Podman service anyway, which is not ours to end');
    expect((await execa('pgrep', ['-f', socket], { reject: false })).stdout).toBe('');
    await expect(readFile(socket)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

const why = await absence('docker');
if (why !== undefined) console.warn(`tests of remote engines are skipped: ${why}`);

describe.skipIf(why !== undefined)('a remote engine', () => {
  test('through ssh, as the user that DOCKER_HOST names', async () => {
    const notes = join(await folder(), 'arguments');
    const path = `${join(import.meta.dirname, '..', 'puppet', 'bin')}${delimiter}${process.env['PATH']}`;
    const env = {
      ...process.env,
      PATH: path,
      SSH_ARGUMENTS: notes,
      SSH_DOCKER_HOST: inject('dockerHost'),
      DOCKER_HOST: 'ssh://me@build.example:2222',
    };
    const engine = await connected(env);
    expect(engine).toMatchObject({ kind: 'docker', local: false, endpoint: 'ssh://me@build.example:2222' });
    expect(await engine.docker.listContainers()).toBeInstanceOf(Array);
    expect(await readFile(notes, 'utf8')).toMatch(
      /^-T -oBatchMode=yes -oConnectTimeout=20 -l me -p 2222 -- build\.example /u,
    );
    expect(await failureOf({ ...env, SSH_REFUSES: '1' })).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: 'DOCKER_HOST=ssh://me@build.example:2222 does not answer: Permission denied (publickey).',
    });
  });

  test('through tcp', async () => {
    const socket = await dockerSocket();
    const port = await listen(createServer((client) => void client.pipe(connect(socket)).pipe(client)));
    expect(await connected({ DOCKER_HOST: `tcp://127.0.0.1:${port}` })).toMatchObject({ kind: 'docker', local: false });
  });

  test('through TLS, with both sides known to each other', async () => {
    const socket = await dockerSocket();
    const certificates = await folder();
    const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', join(certificates, 'key.pem'), '-out', join(certificates, 'cert.pem')];
    await execa('openssl', [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      ...files,
      ...names,
    ]);
    await execa('cp', [join(certificates, 'cert.pem'), join(certificates, 'ca.pem')]);
    const [cert, key] = await Promise.all(['cert.pem', 'key.pem'].map((name) => readFile(join(certificates, name))));
    const port = await listen(
      createTlsServer({ cert, key, ca: cert, requestCert: true, rejectUnauthorized: true }, (client) => {
        client.on('error', () => undefined);
        client.pipe(connect(socket)).pipe(client);
      }),
    );
    const env = { DOCKER_HOST: `tcp://127.0.0.1:${port}`, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates };
    expect(await connected(env)).toMatchObject({ kind: 'docker', local: false });
    expect(await failureOf({ ...env, DOCKER_CERT_PATH: '/nonexistent' })).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    expect(await failureOf({ DOCKER_HOST: env.DOCKER_HOST })).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  });
});

async function dockerSocket(): Promise<string> {
  await using docker = await connectTo('docker');
  return docker.endpoint.replace('unix://', '');
}
async function connected(env: NodeJS.ProcessEnv): Promise<Engine> {
  const engine = await connectEngine({ env });
  onTestFinished(() => engine[Symbol.asyncDispose]());
  return engine;
}
