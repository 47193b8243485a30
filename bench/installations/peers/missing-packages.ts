import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import { injectFiles } from '../../../packages/deploy/src/initrd/inject.ts';
import type { InitrdFile } from '../../../packages/deploy/src/initrd/newc.ts';

/** A package of Debian's installer that an archive names in its index and does not have. */
export interface Missing {
  name: string;
  version: string;
}

/** Which of Debian's packages have the programs of one that an installation uses. The others come with file systems that it makes none of. */
const USED: Readonly<Record<string, readonly string[]>> = {
  'e2fsprogs-udeb': ['e2fsprogs', 'libext2fs2t64', 'libcom-err2', 'libss2'],
};

const STATUS = 'var/lib/dpkg/status';

/**
 * Some archives, as that of a cache, leave out packages of the installer, and it gives up when it cannot fetch one. It
 * finds those in its initramfs then, where it looks first: the programs are those of Debian's own packages.
 *
 * @param download fetches a package's file to a folder
 */
export async function putInMissing(
  initrd: string,
  missing: readonly Missing[],
  { folder, download }: { folder: string; download: (names: readonly string[], folder: string) => Promise<void> },
): Promise<string> {
  const status = fileInCpio(gunzipSync(await readFile(initrd)), STATUS);
  const has = new Set([...status.matchAll(/^Package: (.*)$/gmu)].map(([, name]) => name));
  const absent = missing.filter(({ name }) => !has.has(name));
  if (absent.length === 0) return initrd;
  await mkdir(folder, { recursive: true });
  await download(
    absent.flatMap(({ name }) => USED[name] ?? []),
    folder,
  );
  for (const name of await readdir(folder))
    if (name.endsWith('.deb')) await execa('dpkg-deb', ['--extract', name, 'root'], { cwd: folder });
  const marked = absent.map(
    ({ name, version }) =>
      `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\nDescription: put in\n\n`,
  );
  const files: InitrdFile[] = [{ path: STATUS, content: `${status.trimEnd()}\n\n${marked.join('')}` }];
  for (const [from, to] of [
    ['usr/sbin', 'usr/sbin'],
    ['usr/lib/x86_64-linux-gnu', 'usr/lib'],
    ['etc', 'etc'],
  ] as const) {
    const entries = await readdir(join(folder, 'root', from), { withFileTypes: true }).catch(() => []);
    // What is a link is written as the file that it leads to.
    for (const entry of entries)
      if (!entry.isDirectory())
        files.push({
          path: `${to}/${entry.name}`,
          content: await readFile(join(folder, 'root', from, entry.name)),
          mode: 0o755,
        });
  }
  const complete = join(folder, 'initrd');
  await injectFiles(initrd, complete, files);
  return complete;
}

/** Names and files begin at addresses divisible by four. */
const round = (at: number): number => Math.ceil(at / 4) * 4;

/** A file of an archive in the `newc` format (the kernel's buffer-format.rst), as text. */
function fileInCpio(archive: Buffer, path: string): string {
  for (let at = 0; archive.toString('latin1', at, at + 6) === '070701';) {
    const field = (index: number): number =>
      Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const [size, nameSize] = [field(6), field(11)];
    const start = round(at + 110 + nameSize);
    const name = archive.toString('utf8', at + 110, at + 110 + nameSize - 1);
    if (name.replace(/^\.\//u, '') === path) return archive.toString('utf8', start, start + size);
    at = round(start + size);
  }
  throw new Error(`the installer's initramfs has no ${path}`);
}
