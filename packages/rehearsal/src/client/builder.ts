import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { editionArchitecture } from '@phyllome/host/architecture';
import { bundle } from './bundle.ts';
import { parseLock } from '../lock/lock-file.ts';
import { parseRecipe, recipeKey, type RootfsRecipe } from './recipe.ts';
import { rootfsTar } from './rootfs.ts';

/** One file of the image's build context: given whole, or by the name of a file to stream. */
export type ContextFile = { path: string; mode?: number } & ({ content: string } | { file: string });

/** How what the builder's container may do differs from an engine's defaults. */
export interface Privileges {
  capDrop: readonly string[];
  capAdd: readonly string[];
  loopDevices: boolean;
  hostDev: boolean;
  unconfined: boolean;
}

/** A container image with a `livemedia-creator` on its PATH, and what it takes to make it. */
export interface RehearsalBuilder {
  name: 'rehearsal';
  /** Content key of the image. */
  contextDigest: string;
  privileges: Privileges;
  limits: { processes: number; memoryShare: number };
  environment: Readonly<Record<string, string>>;
  /** Volumes that keep downloads, installed packages and initramfs between builds. */
  caches: readonly { name: string; path: string }[];
  /** What the phases of a build, and building the image, usually take. */
  usual: typeof usual;
  /** What a virtual machine needs to run it. */
  machine: {
    memoryMiB: number;
    diskMiB: number;
    network: boolean;
    system: { key: string; tar(options: { signal?: AbortSignal | undefined }): Promise<string> };
  };
  /** @throws {RehearsalError}; the signal's reason when it was aborted. */
  context(options: { signal?: AbortSignal | undefined }): Promise<ContextFile[]>;
}

/** Pinned packages of the ISOs, and of the builder's image: the programs that write them. */
const lockFiles = ['packages.lock', 'rootfs.lock'] as const;

/**
 * What root in the container keeps of its powers, the whole list:
 *
 * - files of other owners, with their permissions, special bits and capabilities, as packages have them: `CHOWN`,
 *   `DAC_OVERRIDE`, `FOWNER`, `FSETID`, `SETFCAP`
 * - the new system's root directory, and its users, as which apt fetches and scripts may run programs: `SYS_CHROOT`,
 *   `SETGID`, `SETUID`; their programs end when a build is interrupted: `KILL`
 * - the sandbox of the kickstart's scripts and of the new system's programs, and the packages' own /proc, /sys and /dev
 *   before: `SYS_ADMIN`, to mount them. `SETPCAP`, to leave scripts neither of the two
 */
const capabilities = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_ADMIN',
  'SYS_CHROOT',
];

/** What boots the image in a machine: unpacked, not installed, since only the kernel, its modules and busybox are taken. */
const machineSystem = ({ suite }: RootfsRecipe): RootfsRecipe => ({
  suite,
  variant: 'extract',
  packages: ['busybox-static', `linux-image-cloud-${editionArchitecture.debian}`],
});

/** Packages and a system of 2 GB are in memory or on the disk, whichever has room. */
const machineSize = { memoryMiB: 4096, diskMiB: 32 * 1024 };

/** Room for any build, and none for a script that takes all there is. */
const limits = { processes: 4096, memoryShare: 0.8 };

/** Of a first build, on two cores. */
const usual = {
  buildImageMs: 60_000,
  phasesMs: {
    preflight: 500,
    image: 500,
    upload: 500,
    start: 1500,
    install: 60_000,
    squashfs: 8000,
    initramfs: 12_000,
    iso: 4000,
    fetch: 4000,
    verify: 1500,
  },
} as const;

export interface RehearsalOptions {
  /** A build in which anything is not as locked fails. */
  exact?: boolean;
  /** What the kickstart's scripts reach: the container's network, or nothing. Packages are fetched in any case. */
  network?: 'full' | 'none';
  /** How long each script may run; an hour when not given. */
  scriptTimeoutSeconds?: number;
}

/**
 * The rehearsal builder, from `containers/rehearsal`. Its container has no device, no bind mount, nothing of the host, and of an engine's default capabilities not all.
 */
export function rehearsalBuilder(
  containersDir: string,
  { exact = false, network = 'full', scriptTimeoutSeconds }: RehearsalOptions = {},
): RehearsalBuilder {
  const folder = join(containersDir, 'rehearsal');
  const exactly = exact ? 'ENV PHYLLOME_LOCK=exact\n' : '';
  const containerfile = readFileSync(join(folder, 'Containerfile'), 'utf8') + exactly;
  const recipeText = readFileSync(join(folder, 'rootfs.json'), 'utf8');
  const recipe = parseRecipe(recipeText);
  const program = bundle('livemedia-creator');
  const installer = bundle('anaconda');
  const locks = lockFiles.map((path) => ({ path, content: readIfThere(join(folder, path)) }));
  const pins = parseLock(locks.find(({ path }) => path === 'rootfs.lock')?.content ?? '');
  const digest = createHash('sha256');
  for (const part of [containerfile, recipeText, program, installer, ...locks.map(({ content }) => content)])
    digest.update(`${part.length}\n${part}`);
  return {
    name: 'rehearsal',
    contextDigest: `sha256:${digest.digest('hex')}`,
    privileges: {
      capDrop: ['ALL'],
      capAdd: capabilities,
      loopDevices: false,
      hostDev: false,
      unconfined: true,
    },
    limits,
    environment: {
      PHYLLOME_NETWORK: network,
      ...(scriptTimeoutSeconds === undefined ? {} : { PHYLLOME_SCRIPT_TIMEOUT: String(scriptTimeoutSeconds) }),
    },
    usual,
    // The path that the Containerfile names.
    caches: [{ name: 'phyllome-rehearsal', path: '/var/cache/phyllome' }],
    machine: {
      ...machineSize,
      // Packages come by it.
      network: true,
      system: {
        key: recipeKey(machineSystem(recipe)),
        tar: ({ signal }) => rootfsTar(machineSystem(recipe), { env: process.env, signal }),
      },
    },
    context: async ({ signal }) => [
      { path: 'Containerfile', content: containerfile },
      { path: 'livemedia-creator', content: program, mode: 0o755 },
      { path: 'anaconda', content: installer, mode: 0o755 },
      ...locks,
      { path: 'rootfs.tar', file: await rootfsTar(recipe, { env: process.env, pins, signal }) },
    ],
  };
}

/** A copy of the folder without lock files rehearses with whatever the mirror offers. */
const readIfThere = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
