import { once } from 'node:events';
import { join } from 'node:path';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ownerLabel } from '../../src/container/labels.ts';
import { tarOf } from '../../src/container/tar.ts';
import { buildIso, connectEngine, type Engine, type IsoBuild } from '../../src/index.ts';
import { ownOwner } from '@phyllome/host';
import { puppetBuild, puppetBuilder, temporaryDirectory } from '../puppet/puppet.ts';
import { absence, connectTo } from './engines.ts';
import { collect, failureOf } from './fixture.ts';

const why = await absence('docker');
if (why !== undefined) console.warn(`tests of broken connections are skipped: ${why}`);

/** What becomes of a request on its way to the engine: undefined lets it pass. */
type Meddle = (request: string) => 'cut' | 'gone' | 'swallowed' | undefined;

describe.skipIf(why !== undefined)('a connection to the engine', () => {
  test('that is cut again and again while the container runs does not end the build', async () => {
    let cuts = 0;
    const { build, engine } = await buildThrough('succeed-when-told', (request) => {
      if (!/^POST \/containers\/\w+\/wait/u.test(request) || cuts === 6) return undefined;
      cuts += 1;
      return 'cut';
    });
    await expect.poll(() => cuts, { timeout: 60_000 }).toBe(6);
    const [running] = await engine.docker.listContainers({ filters: { label: [`${ownerLabel}=${ownOwner}`] } });
    await engine.docker
      .getContainer(running?.Id ?? '')
      .putArchive(tarOf([{ path: 'go', content: '' }]), { path: '/phyllome/tmp' });
    await build.result;
  });

  test('on which the end of the container is never said does not hold up the build', async () => {
    let swallowed = 0;
    const { build } = await buildThrough('succeed', (request) =>
      /^POST \/containers\/\w+\/wait/u.test(request) && ++swallowed === 1 ? 'swallowed' : undefined,
    );
    await build.result;
    expect(swallowed).toBe(1);
  });

  test('that is lost for good is told as that, and not as what failed to be cleaned up', async () => {
    const { build } = await buildThrough('succeed', (request) =>
      request.startsWith('POST /containers/create') ? 'gone' : undefined,
    );
    expect(await failureOf(build)).toMatchObject({ code: 'ENGINE_LOST' });
    const events = await collect(build.events());
    expect(events.at(-1)).toMatchObject({ type: 'failed', code: 'ENGINE_LOST' });
  });
});

test('an engine that never answers keeps nobody from leaving', async () => {
  const server = createServer();
  const socket = await listen(server);
  const script = `
    const { connectEngine } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/index.ts'))});
    process.once('SIGINT', () => aborter.abort(new Error('enough')));
    const aborter = new AbortController();
    await connectEngine({ env: process.env, signal: aborter.signal }).catch(({ message }) => console.log(message));`;
  const asking = execa(process.execPath, ['--input-type=module', '--eval', script], {
    env: { DOCKER_HOST: `unix://${socket}` },
  });
  await once(server, 'connection');
  asking.kill('SIGINT');
  expect((await asking).stdout).toBe('enough');
});

/** A build on the tests' Docker, through a door that looks at every request. */
async function buildThrough(action: string, meddle: Meddle): Promise<{ build: IsoBuild; engine: Engine }> {
  const folder = await temporary();
  await using docker = await connectTo('docker');
  const behind = docker.endpoint.replace('unix://', '');
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    const engine = connect(behind);
    client.on('data', (chunk) => {
      const what = meddle(String(chunk));
      if (what === 'gone') server.close();
      if (what === 'swallowed') return;
      if (what === undefined) engine.write(chunk);
      else for (const one of what === 'gone' ? sockets : [client]) one.destroy();
    });
    client.on('error', () => undefined).on('close', () => engine.destroy());
    engine.on('error', () => undefined).pipe(client);
  });
  const engine = await connectEngine({ env: { DOCKER_HOST: `unix://${await listen(server)}` } });
  const build = buildIso({ ...puppetBuild(folder, action), engine, builder: await puppetBuilder(folder) });
  onTestFinished(async () => {
    await build[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
  });
  return { build, engine };
}

async function listen(server: Server): Promise<string> {
  const socket = join(await temporary(), 'engine.sock');
  onTestFinished(() => void server.close());
  server.listen(socket);
  await once(server, 'listening');
  return socket;
}

async function temporary(): Promise<string> {
  const { path, ...disposable } = await temporaryDirectory();
  onTestFinished(() => disposable[Symbol.asyncDispose]());
  return path;
}
