import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { parseLock } from '../lock/lock-file.ts';
import { parseRecipe } from './recipe.ts';
import { rootfsTar } from './rootfs.ts';

/** One file of the image's build context: given whole, or by the name of a file to stream. */
export type ContextFile = { path: string; mode?: number } & ({ content: string } | { file: string });

/** What the builder's container may do beyond an engine's defaults. */
export interface Privileges {
  capAdd: readonly string[];
  deviceCgroupRules: readonly string[];
  hostDev: boolean;
  apparmorUnconfined: boolean;
}

/** A container image with a `livemedia-creator` on its PATH, and what it takes to make it. */
export interface RehearsalBuilder {
  name: 'rehearsal';
  /** Content key of the image. */
  contextDigest: string;
  privileges: Privileges;
  /** Volumes that keep downloads, installed packages and initramfs between builds. */
  caches: readonly { name: string; path: string }[];
  /** @throws {RehearsalError}; the signal's reason when it was aborted. */
  context(options: { signal?: AbortSignal | undefined }): Promise<ContextFile[]>;
}

/** Pinned packages of the ISOs, and of the builder's image: the programs that write them. */
export const lockFiles = ['packages.lock', 'rootfs.lock'] as const;

/**
 * The rehearsal builder, from `containers/rehearsal`. With `exact`, a build in which anything is not as locked fails. Its container needs the right to mount (`SYS_ADMIN`), so that
 * scripts and dracut find /proc, /sys and /dev in the system that is being installed, and to make device nodes in it
 * (`MKNOD`; Docker grants it anyway). No device, no bind mount, nothing of the host.
 */
export const rehearsalBuilder = (
  containersDir: string,
  { exact = false }: { exact?: boolean } = {},
): RehearsalBuilder => {
  const folder = join(containersDir, 'rehearsal');
  const exactly = exact ? 'ENV PHYLLOME_LOCK=exact\n' : '';
  const containerfile = readFileSync(join(folder, 'Containerfile'), 'utf8') + exactly;
  const recipeText = readFileSync(join(folder, 'rootfs.json'), 'utf8');
  const recipe = parseRecipe(recipeText);
  const program = bundle();
  const locks = lockFiles.map((path) => ({ path, content: readIfThere(join(folder, path)) }));
  const pins = parseLock(locks.find(({ path }) => path === 'rootfs.lock')?.content ?? '');
  const digest = createHash('sha256');
  for (const part of [containerfile, recipeText, program, ...locks.map(({ content }) => content)])
    digest.update(`${part.length}\n${part}`);
  return {
    name: 'rehearsal',
    contextDigest: `sha256:${digest.digest('hex')}`,
    privileges: {
      capAdd: ['MKNOD', 'SYS_ADMIN'],
      deviceCgroupRules: [],
      hostDev: false,
      apparmorUnconfined: true,
    },
    // The path that the Containerfile names.
    caches: [{ name: 'phyllome-rehearsal', path: '/var/cache/phyllome' }],
    context: async ({ signal }) => [
      { path: 'Containerfile', content: containerfile },
      { path: 'livemedia-creator', content: program, mode: 0o755 },
      ...locks,
      { path: 'rootfs.tar', file: await rootfsTar(recipe, { env: process.env, pins, signal }) },
    ],
  };
};

/** A copy of the folder without lock files rehearses with whatever the mirror offers. */
const readIfThere = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
