import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { execa } from 'execa';

/** A kernel's module, as a package has it: maybe compressed. */
export interface ModuleFile {
  /** As `virtio_blk.ko.xz`. */
  readonly file: string;
  readonly content: Buffer;
}

/** A module that can be loaded, in its place among others. */
export interface LoadedModule {
  /** With `_` where its file may have `-`, as the kernel has it. */
  readonly name: string;
  readonly content: Buffer;
}

/**
 * What a builder's machine needs, in this order: its disks, its ports, entropy and network; the image and what is written
 * above it; what livemedia-creator mounts. What a kernel has built in, or does not have, is left out.
 */
export const wantedModules = [
  'virtio_pci',
  'virtio_blk',
  'virtio_console',
  'virtio_rng',
  'virtio_net',
  'squashfs',
  'erofs',
  'ext4',
  'overlay',
  'loop',
  'dm_mod',
  'isofs',
  'vfat',
  'nls_cp437',
  'nls_ascii',
  'nls_iso8859_1',
  'nls_utf8',
] as const;

/** The name of a module by that of its file; undefined: it is something else. Pure. */
export function moduleName(file: string): string | undefined {
  const [, name] = /^(?<name>[\w-]+)\.ko(?:\.(?:xz|zst|gz))?$/u.exec(file) ?? [];
  return name?.replaceAll('-', '_');
}

/**
 * The modules to load, each after those that it depends on.
 *
 * @param files all modules of a kernel, by their names
 */
export async function modulesToLoad(
  files: ReadonlyMap<string, ModuleFile>,
  wanted: readonly string[] = wantedModules,
): Promise<LoadedModule[]> {
  const loaded: LoadedModule[] = [];
  const seen = new Set<string>();
  const add = async (name: string): Promise<void> => {
    const file = files.get(name);
    if (file === undefined || seen.has(name)) return;
    seen.add(name);
    const content = await unpacked(file);
    for (const other of dependenciesOf(content)) await add(other);
    loaded.push({ name, content });
  };
  for (const name of wanted) await add(name);
  return loaded;
}

/** The names in `depends=` of a module's section `.modinfo` (Linux, `scripts/mod/modpost.c`). Pure. */
export function dependenciesOf(module: Buffer): string[] {
  const mark = Buffer.from('\0depends=');
  const at = module.indexOf(mark);
  if (at === -1) return [];
  const begin = at + mark.length;
  return module
    .subarray(begin, module.indexOf(0, begin))
    .toString('latin1')
    .split(',')
    .filter(Boolean)
    .map((name) => name.replaceAll('-', '_'));
}

async function unpacked({ file, content }: ModuleFile): Promise<Buffer> {
  if (file.endsWith('.zst')) return zstdDecompressSync(content);
  if (file.endsWith('.gz')) return gunzipSync(content);
  if (!file.endsWith('.xz')) return content;
  const { stdout } = await execa('xz', ['--decompress', '--stdout'], {
    input: content,
    encoding: 'buffer',
    maxBuffer: 256 * 2 ** 20,
  });
  return Buffer.from(stdout);
}
