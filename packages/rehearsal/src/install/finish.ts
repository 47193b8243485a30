import { lstat, mkdir, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sourceDateEpoch } from '../source-date-epoch.ts';
import type { Target } from './target.ts';

/** Traces of the installation: different each time, and of no use on the medium. */
const traces = [
  // The builder's resolver, which the package systemd-resolved found in place of its own.
  'etc/.resolv.conf.systemd-resolved.bak',
  'etc/group-',
  'etc/gshadow-',
  'etc/passwd-',
  'etc/shadow-',
  'etc/subgid-',
  'etc/subuid-',
  'var/cache/apt/pkgcache.bin',
  'var/cache/apt/srcpkgcache.bin',
  'var/cache/debconf/config.dat-old',
  'var/cache/debconf/passwords.dat-old',
  'var/cache/debconf/templates.dat-old',
  'var/cache/ldconfig/aux-cache',
  'var/lib/dpkg/diversions-old',
  'var/lib/dpkg/status-old',
  'var/lib/systemd/random-seed',
];

/** Directories that a medium starts with empty; man-db's index has times in it, and man does without. */
const emptied = ['run', 'tmp', 'var/cache/man', 'var/log/apt', 'var/tmp'];

const resolvedStub = '../run/systemd/resolve/stub-resolv.conf';

/** Makes an installed system into one that many machines boot. */
export const finish = async (target: Target): Promise<void> => {
  for (const path of traces) await rm(target.path(path), { force: true });
  for (const path of emptied) {
    await mkdir(target.path(path), { recursive: true });
    for (const name of await readdir(target.path(path)))
      await rm(join(target.path(path), name), { recursive: true, force: true });
  }
  for (const name of await readdir(target.path('var/log'))) {
    const path = join(target.path('var/log'), name);
    if ((await lstat(path)).isFile()) await rm(path);
  }
  // Keys that every copy of the medium shares would be no secret: identity.ts has them made at boot.
  for (const name of await readdir(target.path('etc/ssh')).catch(() => []))
    if (/^ssh_host_.*_key/u.test(name)) await rm(join(target.path('etc/ssh'), name));
  await rm(target.path('etc/apt/apt.conf.d/99mmdebstrap'), { force: true });
  await writeFile(target.path('etc/machine-id'), '');

  // The builder's own resolver is of no use elsewhere.
  await rm(target.path('etc/resolv.conf'), { force: true });
  if (await exists(target.path('usr/lib/systemd/systemd-resolved')))
    await symlink(resolvedStub, target.path('etc/resolv.conf'));

  // systemd compares these with /usr and would otherwise run its "needs update" jobs at each boot.
  const { mtimeMs } = await stat(target.path('usr'));
  // mksquashfs lets no file be younger than SOURCE_DATE_EPOCH.
  const seconds = Math.min(Math.trunc(mtimeMs / 1000), sourceDateEpoch() ?? Number.POSITIVE_INFINITY);
  await utimes(target.path('usr'), seconds, seconds);
  const stamp = `TIMESTAMP_NSEC=${seconds}000000000\n`;
  for (const path of ['etc/.updated', 'var/.updated']) {
    await writeFile(target.path(path), stamp);
    await utimes(target.path(path), seconds, seconds);
  }
};

const exists = async (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
