import { createHash } from 'node:crypto';
import type { Cache } from '../cache.ts';
import { ProgramError, type Programs } from '../program.ts';
import type { PackageVersion } from './package-index.ts';

const folder = 'layers';
const maxBytes = 6 * 1024 ** 3;

/** Raised when what mmdebstrap leaves is kept differently than before. */
const format = 2;

/** Extended attributes are capabilities of programs: `ping` has some. */
const whole = ['--numeric-owner', '--xattrs', '--xattrs-include=*', '--acls', '--use-compress-program=zstd -1 -T0'];

/**
 * The target as mmdebstrap leaves it, before anything of the kickstart but its packages is in it: kept by what it was
 * made of, so that a build with the same packages and other scripts or settings need not install them again.
 */
export class PackagesLayer {
  readonly key: string;
  readonly #cache: Cache;
  readonly #programs: Programs;

  /** @param recipe mmdebstrap's command line @param packages every package that it comes to, with its version */
  constructor(
    { recipe, packages }: { recipe: readonly string[]; packages: readonly PackageVersion[] },
    { cache, programs }: { cache: Cache; programs: Programs },
  ) {
    this.key = createHash('sha256')
      .update(JSON.stringify([format, recipe, packages.map(({ name, version }) => [name, version])]))
      .digest('hex');
    this.#cache = cache;
    this.#programs = programs;
  }

  /** Fills the empty target from what an earlier build kept; false when there is nothing, and the target is empty still. */
  async restore(root: string): Promise<boolean> {
    const path = await this.#cache.find(this.#name);
    if (path === undefined) return false;
    try {
      await this.#programs.run(['tar', '--extract', ...whole, `--file=${path}`, `--directory=${root}`]);
      return true;
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      await this.#programs.run(['find', root, '-xdev', '-mindepth', '1', '-delete']);
      return false;
    }
  }

  async save(root: string): Promise<void> {
    await this.#cache.keep(this.#name, (path) =>
      this.#programs.run([
        'tar',
        '--create',
        '--one-file-system',
        ...whole,
        `--file=${path}`,
        `--directory=${root}`,
        '.',
      ]),
    );
    await this.#cache.bound(folder, maxBytes);
  }

  get #name(): string {
    return `${folder}/${this.key}.tar.zst`;
  }
}
