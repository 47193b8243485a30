import { lstat, mkdir, readdir, rm, symlink, utimes } from 'node:fs/promises';
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

/**
 * Directories that a medium starts with empty. The kernel fills /dev before anything looks for it; where a builder may
 * make no device nodes, there are none to begin with. man-db's index has times in it, and man does without.
 */
const emptied = ['dev', 'run', 'tmp', 'var/cache/man', 'var/log/apt', 'var/tmp'];

const resolvedStub = '../run/systemd/resolve/stub-resolv.conf';

/** Makes an installed system into one that many machines boot. */
export async function finish(target: Target): Promise<void> {
  for (const path of traces) await rm(await target.path(path), { recursive: true, force: true });
  for (const path of emptied) {
    const directory = await target.path(path);
    // A script may have put anything in its place.
    if (!(await isDirectory(directory))) await rm(directory, { force: true });
    await mkdir(directory, { recursive: true });
    for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true });
  }
  const log = await target.path('var/log');
  for (const name of await namesIn(log)) {
    const path = join(log, name);
    if ((await lstat(path)).isFile()) await rm(path);
  }
  // Keys that every copy of the medium shares would be no secret: identity.ts has them made at boot.
  const ssh = await target.path('etc/ssh');
  for (const name of await namesIn(ssh))
    if (/^ssh_host_.*_key/u.test(name)) await rm(join(ssh, name), { recursive: true, force: true });
  await rm(await target.path('etc/apt/apt.conf.d/99mmdebstrap'), { recursive: true, force: true });
  await target.write('etc/machine-id', '');

  // The builder's own resolver is of no use elsewhere.
  const resolver = await target.path('etc/resolv.conf');
  await rm(resolver, { recursive: true, force: true });
  if (await isThere(await target.path('usr/lib/systemd/systemd-resolved'))) await symlink(resolvedStub, resolver);

  // systemd compares these with /usr and would otherwise run its "needs update" jobs at each boot.
  const usr = await target.path('usr');
  const { mtimeMs } = await lstat(usr);
  // mksquashfs lets no file be younger than SOURCE_DATE_EPOCH.
  const seconds = Math.min(Math.trunc(mtimeMs / 1000), sourceDateEpoch() ?? Number.POSITIVE_INFINITY);
  if (await isDirectory(usr)) await utimes(usr, seconds, seconds);
  for (const path of ['etc/.updated', 'var/.updated']) {
    const written = await target.write(path, `TIMESTAMP_NSEC=${seconds}000000000\n`);
    await utimes(written, seconds, seconds);
  }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** A real one, not a link to one. */
async function isDirectory(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The names in a real directory; none where there is none. */
async function namesIn(path: string): Promise<string[]> {
  return (await isDirectory(path)) ? await readdir(path) : [];
}
