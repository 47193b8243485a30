import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildIso, connectEngine, type Engine, type IsoResult } from '@phyllome/iso-builder';
import { lockReportOf, rehearsalBuilder, type RehearsalReport } from '@phyllome/rehearsal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startContainer } from '../container.ts';

// One story on one engine, with downloads of its own: each test starts from where the one before it ended.
const resources = new AsyncDisposableStack();
const volume = `phyllome-test-${crypto.randomUUID().slice(0, 8)}`;
const containers = resolve(import.meta.dirname, '../../../../containers');
const caches = [{ name: volume, path: '/var/cache/phyllome' }];
const builder = { ...rehearsalBuilder(containers), caches };
let engine: Engine;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phyllome-rehearsal-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  engine = resources.use(await connectEngine({ env: process.env }));
  resources.defer(() =>
    engine.docker
      .getVolume(volume)
      .remove()
      .catch(() => undefined),
  );
});
afterAll(() => resources.disposeAsync());

/** As little as a live medium can have. What its script writes differs each time, and no initramfs is made of it. */
const kickstart = ({
  post = 'date -d "@$SOURCE_DATE_EPOCH" >/var/lib/built',
  pre = '',
  sizeMiB = 2048,
}): string => `url --url=http://example.invalid/
network --bootproto=dhcp --hostname=twice
rootpw --plaintext rehearsal
part / --size=${sizeMiB}
poweroff
%packages --nocore
dracut-live
systemd-resolved
%end
%pre --erroronfail
${pre}
%end
%post --erroronfail
${post}
%end
`;

async function build(
  name: string,
  parts: Parameters<typeof kickstart>[0] = {},
  by: typeof builder = builder,
  sourceDateEpoch = 1_760_000_000,
): Promise<IsoResult> {
  await using running = buildIso({
    engine,
    builder: by,
    kickstart: kickstart(parts),
    destination: join(folder, name),
    isoName: 'twice.iso',
    volid: 'Phyllome-twice',
    project: 'Phyllome OS',
    releasever: '44',
    profile: 'draft',
    sourceDateEpoch,
  });
  return await running.result;
}

const told = ({ manifest: { report } }: IsoResult): Partial<RehearsalReport> => report ?? {};
const reused = (result: IsoResult): unknown => told(result).reused;

let first: IsoResult;

test('two builds at once, sharing the empty cache, make the same ISO', async () => {
  const [one, other] = await Promise.all([build('one'), build('other')]);
  expect([reused(one), reused(other)]).toContainEqual([]);
  expect(other.sha256).toBe(one.sha256);
  first = one;
});

test('packages and initramfs of an earlier build make the same ISO, too', async () => {
  const again = await build('again');
  expect(reused(again)).toEqual(['packages', 'initramfs']);
  expect(again.sha256).toBe(first.sha256);
});

test('a system that memory may not hold is installed on disk, into the same ISO', async () => {
  expect(told(first).sysimage).toBe('memory');
  const large = await build('large', { sizeMiB: 999_999_999 });
  expect(told(large).sysimage).toBe('disk');
  expect(large.sha256).toBe(first.sha256);
});

test('one that does not fit into `part /` fails for that reason', async () => {
  await expect(build('small', { sizeMiB: 100 })).rejects.toMatchObject({
    code: 'INSTALL_FAILED',
    evidence: expect.objectContaining({ cause: 'space-root' }),
    hint: expect.stringContaining('--size'),
  });
});

test('nothing of the cache, nor of how its own container finds names, is in the ISO', async () => {
  // The packages that are kept were installed before this time, the others are after it.
  const now = Math.floor(Date.now() / 1000);
  const kept = await build('kept-before', {}, builder, now);
  expect(reused(kept)).toEqual(['packages', 'initramfs']);
  const elsewhere = 'echo "search elsewhere.invalid" >>/etc/resolv.conf';
  const without = await build('without', { pre: elsewhere }, { ...builder, caches: [] }, now);
  expect(reused(without)).toEqual([]);
  expect(without.sha256).toBe(kept.sha256);
});

test('another script installs nothing again; one that configures dracut makes another initramfs', async () => {
  const edited = await build('edited', { post: 'echo hello >/etc/motd' });
  expect(reused(edited)).toEqual(['packages', 'initramfs']);
  expect(edited.sha256).not.toBe(first.sha256);

  const post = "mkdir -p /etc/dracut.conf.d && echo 'compress=cat' >/etc/dracut.conf.d/x.conf";
  const dracut = await build('dracut', { post });
  expect(reused(dracut)).toEqual(['packages']);
});

/** The builder with another lock file for the ISO's packages. */
async function lockedBuilder(
  name: string,
  edit: (lock: string) => string,
  options?: { exact: boolean },
): Promise<typeof builder> {
  const copy = join(folder, `containers-${name}`);
  await cp(containers, copy, { recursive: true });
  const path = join(copy, 'rehearsal/packages.lock');
  await writeFile(path, edit(await readFile(path, 'utf8')));
  return { ...rehearsalBuilder(copy, options), caches };
}

/** isomd5sum as if it had been locked in a version that came and went. */
const gone = (lock: string): string => lock.replace(/^isomd5sum \S+/mu, 'isomd5sum 1:1.2.3-4+test');
const withDigest = (digest: string) => (lock: string) => gone(lock).replace(/^(isomd5sum \S+) \S+/mu, `$1 ${digest}`);
const isomd5sum = /^isomd5sum (?<version>\S+) /mu;

test('a locked version that is gone is replaced by what the mirror offers, and reported', async () => {
  const offered = isomd5sum.exec(await readFile(join(containers, 'rehearsal/packages.lock'), 'utf8'))?.groups?.[
    'version'
  ];
  const drifted = await build('gone', {}, await lockedBuilder('gone', gone));
  expect(lockReportOf(drifted.manifest.report)?.packages.changed).toContainEqual({
    name: 'isomd5sum',
    locked: '1:1.2.3-4+test',
    installed: expect.stringContaining(offered?.slice(0, 7) ?? ''),
  });
});

test('with PHYLLOME_LOCK=exact it ends the build, which says what is on offer and what to do', async () => {
  const failing = build('exact', {}, await lockedBuilder('exact', gone, { exact: true }));
  await expect(failing).rejects.toMatchObject({
    code: 'INSTALL_FAILED',
    evidence: expect.objectContaining({
      cause: 'package-lock',
      lastLines: expect.arrayContaining([
        expect.stringMatching(/isomd5sum 1:1\.2\.3-4\+test is locked, but not to be had; on offer: 1:1\.2\.3-\S+/u),
      ]),
    }),
    hint: expect.stringContaining('pnpm phyllome lock'),
  });
});

/** A package that the cache has and no mirror: one of the mirror's, under a version of our own. */
const repack = `set -eu
cd /var/cache/phyllome/debs
dpkg-deb --raw-extract isomd5sum_*_amd64.deb /tmp/deb
sed -i 's/^Version: .*/Version: 1:1.2.3-4+test/' /tmp/deb/DEBIAN/control
dpkg-deb --root-owner-group --build /tmp/deb 'isomd5sum_1%3a1.2.3-4+test_amd64.deb' >/dev/null
sha256sum 'isomd5sum_1%3a1.2.3-4+test_amd64.deb' | cut -d ' ' -f 1`;

test('a locked version that only an earlier build has kept is taken from there, if it has the locked bytes', async () => {
  await using container = await startContainer(engine, builder, ['sh', '-c', repack]);
  expect(await container.exitCode(), container.output()).toBe(0);
  const sha256 = container.output().trim();
  const kept = await build('kept', undefined, await lockedBuilder('kept', withDigest(sha256)));
  expect(lockReportOf(kept.manifest.report)?.fromCache).toEqual(['isomd5sum']);
  expect(kept.manifest.report).toMatchObject({
    packages: expect.arrayContaining([{ name: 'isomd5sum', version: '1:1.2.3-4+test' }]),
  });

  const other = await build('other-bytes', undefined, await lockedBuilder('other-bytes', withDigest('0'.repeat(64))));
  expect(lockReportOf(other.manifest.report)?.fromCache).toEqual([]);
});

/** A lock file of all that the cache has from the mirror: what a build of today comes to, whatever the mirror has today. */
const lockOfCache = `set -eu
cd /var/cache/phyllome/debs
for deb in *.deb; do
  case $deb in *+test*) continue ;; esac
  echo "$(dpkg-deb --show --showformat='\${Package} \${Version}' "$deb") $(sha256sum "$deb" | cut -d ' ' -f 1)"
done`;

/** A package in a version of our own, with the list of its files' sums as it was; prints its digest. */
const repackWith = (version: string, edit: string): string => `set -eu
cd /var/cache/phyllome/debs
for deb in isomd5sum_*_amd64.deb; do
  case $deb in *+test*) continue ;; esac
  dpkg-deb --raw-extract "$deb" /tmp/deb
done
sed -i 's/^Version: .*/Version: 1:${version}/' /tmp/deb/DEBIAN/control
${edit}
dpkg-deb --root-owner-group --build /tmp/deb 'isomd5sum_1%3a${version}_amd64.deb' >/dev/null
sha256sum 'isomd5sum_1%3a${version}_amd64.deb' | cut -d ' ' -f 1`;

/** What a command in the builder's container prints. */
async function printed(command: string): Promise<string> {
  await using container = await startContainer(engine, builder, ['sh', '-c', command]);
  expect(await container.exitCode(), container.output()).toBe(0);
  return container.output();
}

/** A build that has to be exact, of what is in the cache and this version of a package. */
async function exactBuild(version: string, edit: string): Promise<IsoResult> {
  const sha256 = (await printed(repackWith(version, edit))).trim();
  const lines = (await printed(lockOfCache)).split('\n').filter((line) => !line.startsWith('isomd5sum '));
  const lock = [...lines, `isomd5sum 1:${version} ${sha256}`].filter(Boolean).toSorted().join('\n');
  const name = `exact-${version}`;
  const copy = join(folder, `containers-${name}`);
  await cp(containers, copy, { recursive: true });
  await writeFile(join(copy, 'rehearsal/packages.lock'), `${lock}\n`);
  // The builder's own packages are another question, and the mirror's affair.
  await writeFile(join(copy, 'rehearsal/rootfs.lock'), '');
  return await build(name, undefined, { ...rehearsalBuilder(copy, { exact: true }), caches });
}

test('exact compares the bytes of installed files with what their packages say, not the names of packages alone', async () => {
  // All packages are kept then.
  await build('before-exact');
  const sound = await exactBuild('1.2.3-5+test', 'true');
  expect(lockReportOf(sound.manifest.report)).toMatchObject({ exact: true, fromCache: ['isomd5sum'] });

  // The package has the locked digest, and a file that is not the one in its list.
  await expect(exactBuild('1.2.3-6+test', 'printf x >>/tmp/deb/usr/bin/checkisomd5')).rejects.toMatchObject({
    code: 'INSTALL_FAILED',
    evidence: expect.objectContaining({
      cause: 'package-lock',
      lastLines: expect.arrayContaining([
        expect.stringContaining('Installed files are not those of their packages'),
        expect.stringContaining('/usr/bin/checkisomd5'),
      ]),
    }),
  });
});
