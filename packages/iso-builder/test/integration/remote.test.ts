import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { buildIso, connectEngine, type Engine, type IsoResult } from '../../src/index.ts';
import { puppetBuild, puppetBuilder, puppetVolid, temporaryDirectory } from '../puppet/puppet.ts';
import { type DockerDaemon, startDockerDaemon } from './docker-daemon.ts';
import { absence } from './engines.ts';

async function missing(command: string): Promise<string | undefined> {
  const { exitCode } = await execa('sh', ['-c', `command -v ${command}`], {
    reject: false,
    env: { PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  if (exitCode === 0) return undefined;
  if (process.env['CI'] === 'true') throw new Error(`${command} is not installed, and must be in CI`);
  return `there is no ${command}`;
}

const withoutRoot = process.getuid?.() === 0 ? undefined : 'starting an engine takes root';
const withoutDocker = withoutRoot ?? (await absence('docker')) ?? (await missing('dockerd'));
if (withoutDocker !== undefined) console.warn(`builds on remote engines are skipped: ${withoutDocker}`);
const withoutSsh = withoutDocker ?? (await missing('sshd'));
if (withoutSsh !== undefined) console.warn(`a build through ssh is skipped: ${withoutSsh}`);

/** A build from end to end on an engine that is elsewhere, as far as this process can tell. */
async function build(env: NodeJS.ProcessEnv): Promise<{ engine: Engine; result: IsoResult; warnings: string[] }> {
  const folder = await temporary();
  const engine = await connectEngine({ env });
  onTestFinished(() => engine[Symbol.asyncDispose]());
  await using running = buildIso({
    ...puppetBuild(folder, 'succeed'),
    engine,
    builder: await puppetBuilder(folder),
    neededBytes: { engine: 1 },
  });
  const warnings: string[] = [];
  for await (const event of running.events()) if (event.type === 'warning') warnings.push(event.message);
  return { engine, result: await running.result, warnings };
}

describe.skipIf(withoutDocker !== undefined)('a second daemon', () => {
  test('over TCP with TLS on loopback: a whole build, its free space asked for there', async () => {
    const certificates = await makeCertificates();
    await using daemon = await startDockerDaemon([
      '--host=tcp://127.0.0.1:2376',
      '--tlsverify',
      `--tlscacert=${certificates}/ca.pem`,
      `--tlscert=${certificates}/server-cert.pem`,
      `--tlskey=${certificates}/server-key.pem`,
    ]);
    const port = await portInto(daemon, 2376);
    const env = {
      ...process.env,
      DOCKER_HOST: `tcp://127.0.0.1:${port}`,
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: certificates,
    };
    const { engine, result, warnings } = await build(env);
    expect(engine).toMatchObject({ kind: 'docker', local: false });
    expect(result.facts).toMatchObject({ volid: puppetVolid, bios: true, uefi: true });
    expect(warnings).toEqual([]);
    expect(await engine.docker.listContainers({ all: true })).toEqual([]);
    // Somebody without a certificate is nobody to it.
    await expect(connectEngine({ env: { ...env, DOCKER_TLS_VERIFY: '' } })).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
    });
  });
});

describe.skipIf(withoutSsh !== undefined)('an engine behind ssh', () => {
  test('a whole build through a real sshd on loopback', async () => {
    await using daemon = await startDockerDaemon();
    const { port, ssh } = await startSshd(daemon.host);
    const { engine, result } = await build({
      ...process.env,
      PATH: `${ssh}${delimiter}${process.env['PATH']}`,
      DOCKER_HOST: `ssh://127.0.0.1:${port}`,
    });
    expect(engine).toMatchObject({ kind: 'docker', local: false, endpoint: `ssh://127.0.0.1:${port}` });
    expect(result.facts.volid).toBe(puppetVolid);
    expect(await engine.docker.listContainers({ all: true })).toEqual([]);
  });
});

async function temporary(): Promise<string> {
  const { path, ...disposable } = await temporaryDirectory();
  onTestFinished(() => disposable[Symbol.asyncDispose]());
  return path;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The port that it is given on loopback. */
async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** A port of this machine that leads to one of the daemon's network. */
async function portInto({ pid }: DockerDaemon, port: number): Promise<number> {
  const server = createServer((client) => {
    const nc = execa('nsenter', [`--net=/proc/${pid}/ns/net`, 'busybox', 'nc', '127.0.0.1', String(port)], {
      buffer: false,
      reject: false,
    });
    client.on('error', () => nc.kill()).on('close', () => nc.kill());
    client.pipe(nc.stdin.on('error', () => client.destroy()));
    nc.stdout.pipe(client);
  });
  onTestFinished(() => void server.close());
  return await listening(server);
}

/** An authority, and a certificate of the daemon and of its client that it signed, as Docker's documentation has it. */
async function makeCertificates(): Promise<string> {
  const folder = await temporary();
  const openssl = (...args: string[]) => execa('openssl', args, { cwd: folder });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl('req', '-x509', ...key, '-keyout', 'ca-key.pem', '-out', 'ca.pem', '-subj', '/CN=authority');
  for (const [name, extensions] of [
    ['server-', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n'],
    ['', 'extendedKeyUsage=clientAuth\n'],
  ] as const) {
    await openssl('req', ...key, '-keyout', `${name}key.pem`, '-out', 'request.pem', '-subj', '/CN=127.0.0.1');
    await writeFile(join(folder, 'extensions'), extensions);
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-extfile', 'extensions'];
    await openssl('x509', '-req', '-in', 'request.pem', ...signed, '-out', `${name}cert.pem`);
  }
  return folder;
}

/** A server whose sessions find this Docker daemon, and a folder with the real `ssh` that knows its keys. */
async function startSshd(dockerHost: string): Promise<{ port: number; ssh: string }> {
  const folder = await temporary();
  const port = await freePort();
  for (const name of ['host', 'user'])
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  await writeFile(join(folder, 'authorized_keys'), await readFile(join(folder, 'user.pub')));
  const hostKey = (await readFile(join(folder, 'host.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  await writeFile(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`);
  await writeFile(
    join(folder, 'sshd_config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${folder}/host`,
      `AuthorizedKeysFile ${folder}/authorized_keys`,
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin prohibit-password',
      'PidFile none',
      `SetEnv DOCKER_HOST=${dockerHost} PATH=${process.env['PATH']}`,
    ].join('\n'),
  );
  const { stdout: sshd } = await execa('sh', ['-c', 'command -v sshd'], {
    env: { PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
  const server = execa(sshd, ['-D', '-e', '-f', join(folder, 'sshd_config')], { reject: false });
  let ended: string | undefined;
  void server.then(({ stderr }) => (ended = stderr));
  onTestFinished(async () => {
    server.kill();
    await server;
  });
  const { stdout: ssh } = await execa('sh', ['-c', 'command -v ssh']);
  const options = `-o IdentityFile=${folder}/user -o IdentitiesOnly=yes -o UserKnownHostsFile=${folder}/known_hosts`;
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'ssh'), `#!/bin/sh\nexec ${ssh} ${options} "$@"\n`);
  await chmod(join(folder, 'bin', 'ssh'), 0o755);
  const answers = async (): Promise<number | undefined> => {
    if (ended !== undefined) throw new Error(`sshd ended: ${ended}`);
    const { exitCode } = await execa(join(folder, 'bin', 'ssh'), ['-p', String(port), '127.0.0.1', 'true'], {
      reject: false,
    });
    return exitCode;
  };
  await expect.poll(answers, { timeout: 20_000 }).toBe(0);
  return { port, ssh: join(folder, 'bin') };
}
