import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type TestWorkspace, testWorkspace } from '../workspace.ts';

/** Debian's docker-registry on this machine, empty; ended with the test. @returns its host and port */
async function registry(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'registry-'));
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  probe.close();
  const config = `version: 0.1
storage:
  filesystem:
    rootdirectory: ${directory}/data
http:
  addr: 127.0.0.1:${port}
`;
  await writeFile(join(directory, 'config.yml'), config);
  const child: ChildProcess = spawn('docker-registry', ['serve', join(directory, 'config.yml')], { stdio: 'ignore' });
  await once(child, 'spawn');
  onTestFinished(async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    await rm(directory, { recursive: true });
  });
  const host = `127.0.0.1:${port}`;
  for (;;) {
    const answers = await fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers) return host;
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);
  }
}

/** Pushes an image of one file by skopeo. @returns the digest that skopeo is told by the registry */
async function push(host: string, name: string, content: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'image-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, 'root'));
  await writeFile(join(directory, 'root/content'), content);
  await execa('tar', ['--create', '--file', join(directory, 'image.tar'), '--directory', join(directory, 'root'), '.']);
  const target = `docker://${host}/${name}`;
  const policy = '--insecure-policy';
  await execa('skopeo', [policy, 'copy', '--dest-tls-verify=false', `tarball:${join(directory, 'image.tar')}`, target]);
  const inspected = await execa('skopeo', ['inspect', '--tls-verify=false', '--format={{.Digest}}', target]);
  return inspected.stdout.trim();
}

const released = async (workspace: TestWorkspace): Promise<unknown> =>
  JSON.parse(await readFile(join(workspace.root, 'release.json'), 'utf8'));

/** `./setup` brings both where changes are accepted. */
const lacking = ['docker-registry', 'skopeo'].filter(
  (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0,
);
if (lacking.length > 0)
  process.stdout.write(`left out, as ${lacking.join(' and ')} is missing: pinning by a registry\n`);
const isLeftOut = lacking.length > 0 && process.env['CI'] !== 'true';

describe.skipIf(isLeftOut)('the base image in a registry', () => {
  test('the base image is pinned to what its tag is in the registry, and follows it', async () => {
    await using workspace = await testWorkspace();
    const host = await registry();
    const first = await push(host, 'library/fedora:44', 'one');
    const image = `${host}/library/fedora`;

    const pinned = await workspace.phyllome(['builder', 'pin', '--from', image]);
    expect(pinned.all).toContain(`release.json: ${image}:44 is ${first}`);
    expect(pinned.all).toContain('Fedora 44');
    expect(pinned.exitCode).toBe(0);
    const base = { image, tag: '44', digest: first, pinned: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) };
    expect(await released(workspace)).toMatchObject({ fedora: 44, base });

    const again = await workspace.phyllome(['builder', 'pin']);
    expect(again.all).toContain(`still is ${first}`);

    const second = await push(host, 'library/fedora:44', 'two');
    expect(second).not.toBe(first);
    const stale = await workspace.phyllome(['builder', 'pin', '--check']);
    expect([stale.exitCode, stale.all]).toEqual([
      1,
      expect.stringContaining(`error[PIN_STALE] ${image}:44 is ${second}`),
    ]);
    expect(await released(workspace)).toMatchObject({ base });
    expect((await workspace.phyllome(['builder', 'pin'])).all).toContain(second);
    expect(await released(workspace)).toMatchObject({ base: { digest: second } });
  });

  test('the next release is one edit, which lint and the pin complete', async () => {
    await using workspace = await testWorkspace();
    const path = join(workspace.root, 'release.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"fedora": 44', '"fedora": 45'));

    const found = await workspace.phyllome(['lint']);
    expect(found.exitCode).toBe(1);
    expect(found.all).toMatch(/leaves\/blocks\/source\.cfg:\d+:\d+[^]*hint: write 45/);
    expect(found.all).toMatch(/release\.json:\d+:\d+[^]*hint: phyllome builder pin/);

    const host = await registry();
    const digest = await push(host, 'library/fedora:45', 'next');
    const image = `${host}/library/fedora`;
    expect((await workspace.phyllome(['builder', 'pin', '--from', image])).exitCode).toBe(0);
    expect(await released(workspace)).toMatchObject({
      fedora: 45,
      base: { tag: '45', digest, fallback: expect.stringMatching(/:45$/) },
    });
    await workspace.phyllome(['lint', '--fix']);
    const source = await readFile(join(workspace.root, 'leaves/blocks/source.cfg'), 'utf8');
    expect(source).toMatch(/repo=fedora-45&[^]*--name=fedora-45-updates [^]*released-f45&/);
    expect((await workspace.phyllome(['lint'])).exitCode).toBe(0);
    expect((await workspace.phyllome(['flatten'])).exitCode).toBe(0);
  });

  test('an Enterprise Linux is pinned by its own tags, the first time without a pin before', async () => {
    await using workspace = await testWorkspace();
    const host = await registry();
    await writeFile(join(workspace.root, 'release.json'), '{ "centos": 10 }\n');
    const digest = await push(host, 'centos/centos:stream10', 'one');
    const image = `${host}/centos/centos`;
    const pinned = await workspace.phyllome(['builder', 'pin', '--from', image]);
    expect(pinned.all).toContain(`release.json: ${image}:stream10 is ${digest}`);
    expect(pinned.all).toContain('CentOS Stream 10 is maintained until');
    expect(await released(workspace)).toEqual({
      centos: 10,
      base: {
        image,
        tag: 'stream10',
        digest,
        pinned: expect.stringMatching(/^\d{4}-/),
        fallback: 'quay.io/centos/centos:stream10',
      },
    });
  });

  test('a registry that is not there, or has no such release, is named', async () => {
    await using workspace = await testWorkspace();
    const host = await registry();
    const absent = await workspace.phyllome(['builder', 'pin', '--from', `${host}/library/fedora`]);
    expect([absent.exitCode, absent.all]).toEqual([3, expect.stringContaining('error[IMAGE_NOT_FOUND]')]);
    const nobody = await workspace.phyllome(['builder', 'pin', '--from', '127.0.0.1:1/library/fedora']);
    expect([nobody.exitCode, nobody.all]).toEqual([
      3,
      expect.stringContaining('error[REGISTRY_UNREACHABLE] 127.0.0.1:1'),
    ]);
    const tagged = await workspace.phyllome(['builder', 'pin', '--from', 'quay.io/fedora/fedora:44']);
    expect([tagged.exitCode, tagged.all]).toEqual([2, expect.stringContaining('error[BAD_OPTION]')]);
  });
});
