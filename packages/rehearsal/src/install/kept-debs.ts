import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cache, digestOfFile } from '../cache.ts';
import { debPrefix } from './locked.ts';
import type { PackageVersion } from './package-index.ts';

const folder = 'debs';
/** Some editions with all their packages, and the versions before. */
const maxBytes = 4 * 1024 ** 3;

/**
 * Packages that builds have fetched, by the names that apt gives their files. Whatever has written there: only those are
 * used, and only those are kept, that have the bytes of Debian's signed index. (apt itself compares the size alone when a
 * file is there already.)
 */
export class KeptDebs {
  /** Those that mmdebstrap need not fetch. */
  readonly from: string;
  /** Where it leaves all that it has used. */
  readonly to: string;
  readonly #cache: Cache;
  readonly #digests: ReadonlyMap<string, string>;

  private constructor(cache: Cache, digests: ReadonlyMap<string, string>, scratch: string) {
    this.#cache = cache;
    this.#digests = digests;
    this.from = join(scratch, 'from');
    this.to = join(scratch, 'to');
  }

  /**
   * @param wanted what is going to be installed
   * @param digests of the index, by name and version with a blank between them
   */
  static async open(
    cache: Cache,
    { wanted, digests }: { wanted: readonly PackageVersion[]; digests: ReadonlyMap<string, string> },
  ): Promise<KeptDebs> {
    const debs = new KeptDebs(cache, digests, await mkdtemp(join(tmpdir(), 'rehearsal-debs-')));
    await mkdir(debs.from);
    await mkdir(debs.to);
    const names = await readdir(join(cache.path, folder)).catch(() => []);
    for (const one of wanted) await debs.#take(one, names);
    return debs;
  }

  /** Hands a package out, by a copy whose bytes are looked at; one with others goes. */
  async #take(wanted: PackageVersion, names: readonly string[]): Promise<void> {
    const file = names.find((name) => name.startsWith(debPrefix(wanted)) && name.endsWith('.deb'));
    const expected = this.#digests.get(`${wanted.name} ${wanted.version}`);
    if (file === undefined || expected === undefined) return;
    const [path, copy] = [join(this.#cache.path, folder, file), join(this.from, file)];
    const found = await digestOfFile(path);
    if (found === undefined) return;
    await copyFile(path, copy);
    const now = new Date();
    if ((await digestOfFile(copy)) === expected) await utimes(path, now, now).catch(() => undefined);
    else {
      await rm(copy);
      await rm(path, { force: true });
    }
  }

  /** Keeps what was fetched, and forgets the copies. */
  async keep(): Promise<void> {
    const directory = join(this.#cache.path, folder);
    const good = new Set(this.#digests.values());
    try {
      await mkdir(directory, { recursive: true });
      const there = new Set(await readdir(directory));
      for (const name of await readdir(this.to)) {
        if (there.has(name) || !good.has((await digestOfFile(join(this.to, name))) ?? '')) continue;
        const part = join(directory, `.part-${randomUUID()}`);
        await copyFile(join(this.to, name), part);
        await rename(part, join(directory, name));
      }
      await this.#cache.bound(folder, maxBytes);
    } catch (error) {
      // On a full disk nothing is kept; what was begun is removed by a later build.
      if (!(error instanceof Error && 'code' in error)) throw error;
    } finally {
      await rm(join(this.from, '..'), { recursive: true, force: true });
    }
  }
}
