import { createHash } from 'node:crypto';
import { copyFile, lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cache } from '../cache.ts';
import { InstallError } from '../install/errors.ts';
import type { InstalledPackages } from '../install/install.ts';
import { plainFileOf, type Target } from '../install/target.ts';
import type { Log } from '../log.ts';
import type { Programs } from '../program.ts';
import type { Report } from '../report.ts';
import { initramfsInTarget, makeInitramfs } from './initramfs.ts';

const folder = 'initramfs';
const maxBytes = 1024 ** 3;

/** What dracut takes nothing from. */
const unread = ['boot', 'dev', 'home', 'media', 'mnt', 'opt', 'proc', 'root', 'run', 'srv', 'sys', 'tmp', 'var'];

/**
 * What of /etc makes no difference to an initramfs that is not only for the machine it is made on (dracut 106, the
 * `module-setup.sh` of its modules: these are not read, or with `inst_multiple -H` or `$hostonly` alone), nor to how
 * dracut and its programs run. Whatever is not listed counts: the loader, for one, reads /etc/ld.so.preload, and OpenSSL
 * loads code that its configuration names. A file left out here costs the time of making an initramfs, one too many here
 * would let a script decide what another build gets.
 */
const unreadOfEtc =
  /^etc\/(?:(?:NetworkManager|apt|cron\.[a-z]+|firewalld|gdm3|libvirt|pam\.d|polkit-1|skel|ssh|sudoers\.d|systemd\/(?:system|user))(?:\/|$)|(?:adjtime|gshadow|issue|issue\.net|machine-id|motd|resolv\.conf|shadow|sub[gu]id|sudoers|timezone|\.pwd\.lock)-?$)/u;

/** Whether a file of the target may make a difference to the initramfs. Pure. */
export function mayBeRead(path: string): boolean {
  const [top = ''] = path.split('/');
  return top === 'etc' ? !unreadOfEtc.test(path) : !unread.includes(top);
}

/**
 * The path of the medium's initramfs: what an earlier build made of the same packages, the same arguments and the same
 * changes to what dracut reads; else made now.
 */
export async function initramfsOf(
  version: string,
  args: readonly string[],
  packages: InstalledPackages,
  tools: { target: Target; programs: Programs; log: Log; report: Report; cache: Cache | undefined },
): Promise<string> {
  const { target, log, report } = tools;
  // Without --no-hostonly, dracut also looks at the machine it runs on.
  const cache = packages.key === undefined || !args.includes('--no-hostonly') ? undefined : tools.cache;
  if (cache === undefined) {
    await makeInitramfs(target, version, args);
    return await plainFileOf(target, initramfsInTarget);
  }
  const changes = await changesSince(packages.stamp, tools);
  const key = createHash('sha256')
    .update(JSON.stringify([packages.key, version, args, changes]))
    .digest('hex');
  const name = `${folder}/${key}.img`;
  const before = await cache.find(name);
  if (before !== undefined) {
    report.content.reused.push('initramfs');
    log.info('Reusing the initramfs that an earlier build made');
    return before;
  }
  log.debug(`no initramfs is kept for these changes to the packages: ${changes.map(([path]) => path).join(' ')}`);
  await makeInitramfs(target, version, args);
  const made = await plainFileOf(target, initramfsInTarget);
  await cache.keep(name, (path) => copyFile(made, path));
  await cache.bound(folder, maxBytes);
  return made;
}

/** Every file that came, went or was changed since: its path and what it is now. */
async function changesSince(
  stamp: string,
  { target, programs }: { target: Target; programs: Programs },
): Promise<[path: string, content: string][]> {
  const { lines } = await programs.run(['find', target.root, '-xdev', '-cnewer', stamp, '-printf', '%P\\n'], {
    quiet: true,
  });
  const paths = lines.filter((path) => path !== '' && mayBeRead(path)).toSorted();
  return await Promise.all(
    paths.map(async (path): Promise<[string, string]> => [path, await digest(target.root, path)]),
  );
}

async function digest(root: string, path: string): Promise<string> {
  const full = join(root, path);
  const found = await lstat(full).catch(() => undefined);
  // As find prints a name with a line break in it: two that are not files.
  if (found === undefined) throw new InstallError(`A file below /${path} of the installed system has a strange name.`);
  const hash = createHash('sha256').update(`${found.mode} ${found.uid} ${found.gid}\n`);
  if (found.isSymbolicLink()) hash.update(await readlink(full));
  else if (found.isFile()) hash.update(await readFile(full));
  else if (found.isDirectory()) {
    // Something may have gone from it; what came or changed is found by itself.
    const names = await readdir(full);
    hash.update(JSON.stringify(names.filter((name) => mayBeRead(join(path, name))).toSorted()));
  }
  return hash.digest('hex');
}
