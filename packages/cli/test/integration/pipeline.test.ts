import { appendFile, open, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Coverage, Item } from '@phyllome/rehearsal/coverage';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Checkout, checkout } from '../checkout.ts';
import { FAILS, SUCCEEDS, puppetTree } from '../../../deploy/test/puppet/puppet.ts';
import { containers } from '../containers.ts';

// One story in one checkout: each test starts from where the one before it ended.
let at: Checkout;
beforeAll(async () => {
  at = await checkout();
});
afterAll(async () => {
  await at[Symbol.asyncDispose]();
});

const dist = (...path: string[]): string => join(at.root, 'dist/iso-l', ...path);
const isoName = 'phyllome-l-44-rehearsal.iso';

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** How many of an Nx run's tasks came from its cache; all of them ran when it says nothing. */
const cached = (output: string): number => Number(/for (\d+) out of \d+ tasks/.exec(output)?.[1] ?? 0);

test('nx build makes an ISO that says rehearsal, with checksum, manifest and logs', async () => {
  const { exitCode, all } = await at.pnpm('nx', 'build', 'iso-l');
  expect(all).toContain('REHEARSAL');
  expect(exitCode, all).toBe(0);
  const image = JSON.parse(await readFile(dist('image.json'), 'utf8'));
  expect(image).toMatchObject({ edition: 'l', rehearsal: true, name: isoName, volid: 'Phyllome-l-44-rehearsal' });
  expect(await sha256(dist(isoName))).toBe(image.sha256);
  expect(await readFile(dist(`${isoName}.sha256`), 'utf8')).toBe(`${image.sha256}  ${isoName}\n`);
  expect(JSON.parse(await readFile(dist('manifest.json'), 'utf8'))).toMatchObject({ labels: { rehearsal: 'true' } });
  expect(await readdir(dist('logs'))).toEqual(expect.arrayContaining(['livemedia.log', 'program.log', 'events.jsonl']));
  expect(await containers()).toEqual([]);
});

interface WithoutCounterpart {
  kind: string;
  text: string;
}

test('what the build could not honour is what rehearse --coverage foretells', async () => {
  const { stdout } = await at.pnpm('--silent', 'phyllome', 'rehearse', '--coverage', '--json', 'l');
  const { coverage }: { coverage: Coverage } = JSON.parse(stdout).editions[0];
  const items = Object.values(coverage).flatMap((part: Item[]) => part);
  const foretold = items.filter(({ exercised, why }) => !exercised && !why?.startsWith('nothing is left to do'));
  const { withoutCounterpart } = JSON.parse(await readFile(dist('logs/rehearsal.json'), 'utf8'));
  // Coverage counts whole commands; which of their options, and which exclusions, were in vain, only a build knows.
  const told: string[] = withoutCounterpart
    .filter(({ kind, text }: WithoutCounterpart) => kind !== 'option' && !text.startsWith('-'))
    .map(({ text }: WithoutCounterpart) => text);
  expect(foretold.map(({ text }) => text).toSorted()).toEqual(told.toSorted());
});

test('a second build runs nothing', async () => {
  const before = await stat(dist(isoName));
  const { exitCode, all } = await at.pnpm('nx', 'build', 'iso-l');
  expect(exitCode, all).toBe(0);
  expect(cached(all)).toBe(3);
  expect((await stat(dist(isoName))).ino).toBe(before.ino);
});

test('a leaf that the edition does not include rebuilds nothing', async () => {
  await appendFile(join(at.root, 'leaves/blocks/desktop/gnome.cfg'), '\nskipx\n');
  const { exitCode, all } = await at.pnpm('nx', 'build', 'iso-l');
  expect(exitCode, all).toBe(0);
  expect(cached(all)).toBe(3);
});

test('a deleted dist/ comes back without a build', async () => {
  const digest = await sha256(dist(isoName));
  await rm(join(at.root, 'dist'), { recursive: true });
  const { exitCode, all } = await at.pnpm('nx', 'build', 'iso-l');
  expect(exitCode, all).toBe(0);
  expect(cached(all)).toBe(3);
  expect(await sha256(dist(isoName))).toBe(digest);
  // All of the evidence came back with it.
  const verified = await at.pnpm('phyllome', 'verify', 'dist/iso-l');
  expect(verified.exitCode, verified.all).toBe(0);
});

test('a leaf that the edition includes rebuilds, and an interrupted build leaves nothing', async () => {
  const digest = await sha256(dist(isoName));
  await appendFile(join(at.root, 'leaves/blocks/network.cfg'), '\n# A comment alone changes no flat kickstart.\n');
  expect(cached((await at.pnpm('nx', 'build', 'iso-l')).all)).toBe(2);
  await appendFile(join(at.root, 'leaves/l.cfg'), '\ntimesource --ntp-pool=pool.example.org\n');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const build = at.pnpm('nx', 'build', 'iso-l');
    let seen = '';
    build.all.on('data', (chunk) => {
      const before = seen;
      seen += String(chunk);
      if (!before.includes('install') && seen.includes('install')) build.kill(signal);
    });
    const { exitCode } = await build;
    expect(seen).toMatch(/\d+:\d\d {2}install/);
    expect(exitCode).not.toBe(0);
    // Nx kills the command after five seconds; on a busy machine the command's last will does the rest.
    await expect.poll(containers, { timeout: 120_000 }).toEqual([]);
    await expect.poll(() => readdir(join(at.root, 'dist')), { timeout: 120_000 }).toEqual(['builder.json', 'iso-l']);
    expect(existsSync(join(at.root, 'dist/iso-l.failed'))).toBe(false);
  }
  // What was there before is still there, whole.
  expect(await sha256(dist(isoName))).toBe(digest);
});

test('the build after an interrupted one succeeds', async () => {
  const before = await sha256(dist(isoName));
  const { exitCode, all } = await at.pnpm('nx', 'build', 'iso-l');
  expect(exitCode, all).toBe(0);
  expect(await sha256(dist(isoName))).not.toBe(before);
});

test('without Nx as well: the same builder builds nothing again, another one does', async () => {
  const build = () => at.pnpm('phyllome', 'build', 'l');
  const same = await build();
  expect(same.all).not.toContain('Building edition');
  expect(same.exitCode, same.all).toBe(0);
  await appendFile(join(at.root, 'containers/rehearsal/Containerfile'), '# Another one.\n');
  const other = await build();
  expect(other.all).toContain('Building edition l');
  expect(other.exitCode, other.all).toBe(0);
});

// Any dracut initramfs will do: these play the installer in the one of the ISO that was just built.

test('deploy puts the kickstart into the initramfs, follows the installer to its end, and leaves the disk', async () => {
  await using tree = await puppetTree(dist(isoName), SUCCEEDS);
  const deploy = ['phyllome', 'deploy', 's', '--with', 'qemu', '--source', tree.path, '--memory', '1024', '--no-test'];
  const { exitCode, all } = await at.pnpm(...deploy);
  expect(exitCode, all).toBe(0);
  const result = (...path: string[]): string => join(at.root, 'dist/install-s', ...path);
  expect((await readdir(result())).toSorted()).toEqual(['installation.json', 'logs', 'phyllome-s.img']);
  expect((await stat(result('phyllome-s.img'))).size).toBe(10 * 1024 ** 3);
  const disk = await open(result('phyllome-s.img'));
  const { buffer } = await disk.read(Buffer.alloc(9), 0, 9, 0);
  await disk.close();
  expect(String(buffer)).toBe('installed');

  // What the machine found in its initramfs, sent back from there.
  const said = (await readFile(result('logs/installer.log'), 'utf8')).replaceAll(/^\[ *[\d.]+\] /gmu, '');
  const [commandLine = '', ...found] = said.split('\n');
  expect(commandLine.split(' ')).toContain('inst.ks=file:/flat-s.cfg');
  const flat = (await readFile(join(at.root, 'flat/flat-s.cfg'), 'utf8')).split('\n');
  expect(found.slice(0, flat.length - 1)).toEqual(
    flat.slice(0, -1).map((line) => (line.startsWith('reboot') ? 'poweroff' : line)),
  );
  expect(await readFile(result('logs/console.log'), 'utf8')).toContain("the CD-ROM holds the installer's system");

  const again = await at.pnpm(...deploy);
  expect(again.all).toContain('error[DISK_EXISTS]');
});

test("deploy stops at the installer's own error, names the leaf line, and leaves no disk", async () => {
  await using tree = await puppetTree(dist(isoName), FAILS);
  const { exitCode, all } = await at.pnpm('phyllome', 'deploy', 'sh', '--with', 'qemu', '--source', tree.path);
  expect(all).toContain('error[INSTALL_FAILED] the installation failed: script');
  expect(all).toContain('example: command not found');
  expect(all).toMatch(/flat\/flat-sh\.cfg:6 \| .*\n +comes from leaves\//u);
  expect(exitCode).toBe(1);
  expect(await readdir(join(at.root, 'dist/install-sh'))).toEqual(['logs']);
});

test('deploy that is interrupted leaves no machine and no disk', async () => {
  await using tree = await puppetTree(dist(isoName), SUCCEEDS);
  const deploy = at.pnpm('phyllome', 'deploy', 'shi', '--with', 'qemu', '--source', tree.path);
  let seen = '';
  deploy.all.on('data', (chunk) => {
    const before = seen;
    seen += String(chunk);
    if (!before.includes(' kernel\n') && seen.includes(' kernel\n')) deploy.kill('SIGINT');
  });
  const { exitCode } = await deploy;
  expect(seen).toMatch(/\d:\d\d {2}kernel\n/u);
  expect(exitCode).not.toBe(0);
  const machines = async (): Promise<string> =>
    (await execa('pgrep', ['--full', `qemu-system.*${at.root}/dist/install-shi`], { reject: false })).stdout;
  await expect.poll(machines, { timeout: 60_000 }).toBe('');
  expect(await readdir(join(at.root, 'dist/install-shi'))).toEqual(['logs']);
});
