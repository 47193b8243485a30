import { access, cp, mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { readIsoFile } from '@phyllome/medium';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BuildIsoOptions,
  buildIso,
  type HostEngine,
  type IsoBuild,
  openEngine,
  reapLeftovers,
} from '../../src/index.ts';
import { killedBuild } from '../puppet/killed.ts';
import { makeInstaller, makeIso, puppetBuild, puppetBuilder, temporaryDirectory } from '../puppet/puppet.ts';
import { collect, failureOf, reached } from './fixture.ts';

const root = process.getuid?.() === 0;
if (!root) console.warn('builds on this machine itself are skipped: they take root');

describe.skipIf(!root)('buildIso on this machine itself', () => {
  const resources = new AsyncDisposableStack();
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let engine: HostEngine;

  // The puppet's livemedia-creator, as an installed one; not in /tmp, of which it sees its own.
  beforeAll(async () => {
    folder = resources.use(await temporaryDirectory('/var/tmp')).path;
    const bin = join(folder, 'bin');
    await mkdir(bin);
    for (const program of ['livemedia-creator', 'mkksiso'])
      await cp(join(import.meta.dirname, '..', 'puppet', program), join(bin, program));
    await cp(join(import.meta.dirname, '..', 'recorded'), join(folder, 'recorded'), { recursive: true });
    await makeIso(folder);
    env = {
      ...process.env,
      PATH: `${bin}${delimiter}${process.env['PATH']}`,
      PUPPET_ROOT: folder,
      PHYLLOME_ENGINE: 'host',
    };
    const opened = await openEngine({ env });
    if (opened.kind !== 'host') throw new Error('PHYLLOME_ENGINE=host is not heeded');
    engine = opened;
  });
  afterAll(() => resources.disposeAsync());

  const build = async (action: string, options: Partial<BuildIsoOptions> = {}): Promise<IsoBuild> =>
    buildIso({ ...puppetBuild(folder, action), engine, builder: await puppetBuilder(folder), ...options });

  test('the same result as from a container', async () => {
    await using running = await build('succeed');
    const events = await collect(running.events());
    const { manifest, iso } = await running.result;
    await access(iso);
    expect(manifest).toMatchObject({
      engine: { kind: 'host' },
      builder: { imageId: 'livemedia-creator 43.12-puppet' },
    });
    expect(Object.keys(manifest.files)).toEqual(
      expect.arrayContaining(['logs/livemedia.log', 'logs/anaconda/anaconda.log', 'logs/events.jsonl']),
    );
    expect(events.flatMap((event) => (event.type === 'phase' ? [event.phase] : []))).toEqual(
      expect.arrayContaining(['install', 'squashfs', 'initramfs', 'iso', 'fetch', 'verify']),
    );
    expect(await left()).toEqual([]);
  });

  test.each(['installer', 'unattended-installer'] as const)(
    "an %s is made of the distribution's, by mkksiso",
    async (medium) => {
      const installer = { iso: await makeInstaller(folder), what: 'Phyllome OS dhi' };
      const volid = 'Phyllome-dhi-44';
      await using running = await build('install', { medium, installer, volid, extraBootArgs: 'inst.text' });
      const { manifest, iso } = await running.result;
      expect(manifest.iso).toMatchObject({ volid, bios: true, uefi: true, gpt: true });
      expect(manifest.argv[0]).toBe('mkksiso');
      await using file = await open(iso);
      const menu = String(await readIsoFile(file, 'EFI/BOOT/grub.cfg'));
      expect(menu).toContain("menuentry 'Install Phyllome OS dhi: erases the disk'");
      expect(menu).toContain(`set timeout=${medium === 'installer' ? -1 : 5}\n`);
      expect(menu).toContain(' inst.text inst.ks=hd:LABEL=Phyllome-dhi-44:/flat.cfg\n');
      expect(await readIsoFile(file, 'flat.cfg').then(String)).toBe('# puppet: install\n');
      expect(await left()).toEqual([]);
    },
  );

  test.each([
    ['fail', 'BUILD_FAILED', 'mkksiso failed (exit code 1): ERROR:Running mkefiboot'],
    ['run-full', 'BUILD_FAILED', 'the disk of the machine that builds is full'],
    // What mkksiso of another time might not do is not found out by who boots it.
    ['forget', 'INSTALLER_MENU_WRONG', 'does not carry the kickstart'],
  ])('a mkksiso that would %s leaves no medium', async (action, code, message) => {
    const installer = { iso: await makeInstaller(folder), what: 'Phyllome OS dhi' };
    const error = await failureOf(await build(action, { medium: 'installer', installer }));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
    expect(await left()).toEqual([]);
  });

  test("a failure has the installer's words, and its logs", async () => {
    const error = await failureOf(await build('fail'));
    expect(error).toMatchObject({ code: 'INSTALL_FAILED', evidence: { cause: 'package-missing' } });
    await access(join(error.evidence.directory ?? '', 'logs', 'anaconda', 'anaconda.log'));
    expect(await left()).toEqual([]);
  });

  test('livemedia-creator has a /tmp of its own, and sees no process but its own', async () => {
    await writeFile(join('/tmp', `phyllome-test-${process.pid}.log`), 'of somebody else');
    resources.defer(() => execa('rm', ['-f', `/tmp/phyllome-test-${process.pid}.log`]).then(() => undefined));
    const { evidence } = await failureOf(await build('tell-tmp'));
    expect(evidence.lastLines?.join('\n')).toMatch(/in \/tmp: $/mu);
    expect(evidence.lastLines?.join('\n')).toMatch(/process 1 of: [1-9]$/mu);
  });

  test.each([
    ['hang', 'at SIGINT it ends by itself'],
    ['ignore-signals', 'it is killed'],
  ])('abort of %s: %s, and nothing is left', async (action) => {
    const abort = new AbortController();
    await using running = await build(action, { signal: abort.signal });
    await reached(running, 'install');
    expect(await left()).not.toEqual([]);
    abort.abort(new Error('Ctrl-C'));
    await expect(running.result).rejects.toThrow('Ctrl-C');
    expect(await left()).toEqual([]);
    expect(await readdir(join(folder, 'out'))).not.toContain(action);
  });

  test('its time is up', async () => {
    expect(await failureOf(await build('hang', { timeoutMs: 3000 }))).toMatchObject({ code: 'BUILD_TIMEOUT' });
    expect(await left()).toEqual([]);
  });

  test('when this process is killed, everything ends with it; the next removes the directory', async () => {
    const { pid } = await killedBuild(folder, env);
    const pattern = `phyllome-build~.*~${pid}~`;
    const running = async (): Promise<string> => (await execa('pgrep', ['-f', pattern], { reject: false })).stdout;
    await expect.poll(running, { timeout: 10_000 }).toBe('');
    expect(await reapLeftovers(engine)).toEqual([expect.stringContaining(`~${pid}~`)]);
    expect((await readdir('/var/tmp')).filter((name) => name.includes(`~${pid}~`))).toEqual([]);
  });

  test('without a livemedia-creator nothing is begun', async () => {
    const bare = await openEngine({ env: { ...env, PATH: '/usr/bin:/bin' } });
    expect(await failureOf(await build('succeed', { engine: bare }))).toMatchObject({
      code: 'HOST_UNSUITABLE',
      message: expect.stringContaining('no working livemedia-creator on the PATH') as unknown,
    });
  });
});

/** Work directories of this process's builds, mounts below them, processes that were told of them. */
async function left(): Promise<string[]> {
  const mine = `phyllome-build~`;
  const directories = (await readdir('/var/tmp')).filter(
    (name) => name.startsWith(mine) && name.includes(`~${process.pid}~`),
  );
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').filter((line) => line.includes(mine));
  const { stdout } = await execa('pgrep', ['-f', `${mine}.*~${process.pid}~`], { reject: false });
  return [...directories, ...mounts, ...stdout.split('\n').filter(Boolean)];
}
