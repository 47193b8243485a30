/** Package locks of rehearsals, where a version is no longer on any mirror: it takes a dozen installations. */
import type { IsoResult } from '@phyllome/iso-builder';
import { lockReportOf } from '@phyllome/rehearsal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startContainer } from '../container.ts';
import { gone, Rehearsals } from '../rehearsals.ts';

// One story: each test starts from where the one before it ended.
let at: Rehearsals;
beforeAll(async () => {
  at = await Rehearsals.open();
});
afterAll(() => at[Symbol.asyncDispose]());

const withDigest = (digest: string) => (lock: string) => gone(lock).replace(/^(isomd5sum \S+) \S+/mu, `$1 ${digest}`);

/** A package that the cache has and no mirror: one of the mirror's, under a version of our own. */
const repack = `set -eu
cd /var/cache/phyllome/debs
dpkg-deb --raw-extract isomd5sum_*_amd64.deb /tmp/deb
sed -i 's/^Version: .*/Version: 1:1.2.3-4+test/' /tmp/deb/DEBIAN/control
dpkg-deb --root-owner-group --build /tmp/deb 'isomd5sum_1%3a1.2.3-4+test_amd64.deb' >/dev/null
sha256sum 'isomd5sum_1%3a1.2.3-4+test_amd64.deb' | cut -d ' ' -f 1`;

test('a locked version that only an earlier build has kept is taken from there, if it has the locked bytes', async () => {
  await at.build('before');
  await using container = await startContainer(at.engine, at.builder, ['sh', '-c', repack]);
  expect(await container.exitCode(), container.output()).toBe(0);
  const sha256 = container.output().trim();
  const kept = await at.build('kept', undefined, await at.lockedBuilder('kept', withDigest(sha256)));
  expect(lockReportOf(kept.manifest.report)?.fromCache).toEqual(['isomd5sum']);
  expect(kept.manifest.report).toMatchObject({
    packages: expect.arrayContaining([{ name: 'isomd5sum', version: '1:1.2.3-4+test' }]),
  });

  const other = await at.build(
    'other-bytes',
    undefined,
    await at.lockedBuilder('other-bytes', withDigest('0'.repeat(64))),
  );
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
  await using container = await startContainer(at.engine, at.builder, ['sh', '-c', command]);
  expect(await container.exitCode(), container.output()).toBe(0);
  return container.output();
}

/** A build that has to be exact, of what is in the cache and this version of a package. */
async function exactBuild(version: string, edit: string): Promise<IsoResult> {
  const sha256 = (await printed(repackWith(version, edit))).trim();
  const lines = (await printed(lockOfCache)).split('\n').filter((line) => !line.startsWith('isomd5sum '));
  const lock = [...lines, `isomd5sum 1:${version} ${sha256}`].filter(Boolean).toSorted().join('\n');
  const name = `exact-${version}`;
  // The builder's own packages are another question, and the mirror's affair.
  const builder = await at.lockedBuilder(name, () => `${lock}\n`, { exact: true, rootfsLock: '' });
  return await at.build(name, undefined, builder);
}

test('exact compares the bytes of installed files with what their packages say, not the names of packages alone', async () => {
  // All packages are kept then.
  await at.build('before-exact');
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
