import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeDrift, driftOf, driftSize, type Drift } from '../lock/drift.ts';
import { parseLock, type Pin } from '../lock/lock-file.ts';
import type { Programs } from '../program.ts';
import { InstallError } from './errors.ts';
import type { PackageIndex, PackageVersion } from './package-index.ts';

/** Where the builder's image has the lock files; `packages.lock` is of ISOs, `rootfs.lock` of the image itself. */
const lockFolder = '/usr/share/phyllome';

export interface Locks {
  packages: Pin[];
  rootfs: Pin[];
  /** What is not as locked ends the build; otherwise it is reported. */
  exact: boolean;
}

/** @throws {LockFileError} */
export async function readLocks(env: NodeJS.ProcessEnv = process.env, folder = lockFolder): Promise<Locks> {
  const read = async (name: string): Promise<Pin[]> => {
    const path = join(folder, name);
    return existsSync(path) ? parseLock(await readFile(path, 'utf8')) : [];
  };
  return {
    packages: await read('packages.lock'),
    rootfs: await read('rootfs.lock'),
    exact: env['PHYLLOME_LOCK'] === 'exact',
  };
}

/** What an installation comes to, and how far that is what was locked. */
export interface LockedClosure {
  packages: PackageVersion[];
  drift: Drift;
  /** Locked packages that the mirror no longer offers, and an earlier build had kept. */
  fromCache: string[];
}

/**
 * What an installation of `names` comes to, as near to the lock file as can be had: the locked versions that the mirror
 * offers, then those that earlier builds kept, and the mirror's own where there is neither. apt is left set up to
 * install exactly that. Undefined when apt finds no way at all.
 *
 * @param debs the directory in which builds keep packages, where there is one
 */
export async function lockedClosure(
  names: readonly string[],
  {
    index,
    pins,
    debs,
    programs,
  }: { index: PackageIndex; pins: readonly Pin[]; debs: string | undefined; programs: Programs },
): Promise<LockedClosure | undefined> {
  const attempt = async (fromCache: string[] = []): Promise<LockedClosure | undefined> => {
    const packages = await index.closure(names);
    return packages && { packages, drift: driftOf(pins, packages), fromCache };
  };

  await index.pin(pins);
  const onOffer = await attempt();
  if (onOffer !== undefined && onOffer.drift.changed.length === 0) return onOffer;

  // Versions that are gone from the mirror; or what is left of the locked ones does not fit together.
  if (onOffer === undefined) await index.pin([]);
  const without = onOffer ?? (await attempt());
  const gone = without?.drift.changed ?? [];
  const local = debs === undefined ? undefined : await localSource(pins, gone, { debs, programs });
  if (local !== undefined) {
    await index.pin(pins);
    await index.useLocal(local.directory);
    const kept = await attempt(local.names);
    if (kept !== undefined && driftSize(kept.drift) < driftSize(without?.drift ?? kept.drift)) return kept;
    await index.useLocal(undefined);
  }
  await index.pin(onOffer === undefined ? [] : pins);
  return without;
}

/** A directory with those of the locked packages that earlier builds kept, and apt's index of them. */
async function localSource(
  pins: readonly Pin[],
  gone: Drift['changed'],
  { debs, programs }: { debs: string; programs: Programs },
): Promise<{ directory: string; names: string[] } | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'rehearsal-lock-'));
  await chmod(directory, 0o755); // apt reads it as a user of its own.
  const stanzas: string[] = [];
  const names: string[] = [];
  const files = await readdir(debs).catch(() => []);
  for (const pin of pins.filter(({ name }) => gone.some((drifted) => drifted.name === name))) {
    const file = files.find((name) => name.startsWith(debPrefix(pin)));
    if (file === undefined) continue;
    const path = join(directory, file);
    await copyFile(join(debs, file), path);
    await chmod(path, 0o644);
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    // Whatever wrote into the cache: only the bytes that were locked count.
    if (sha256 !== pin.sha256) continue;
    const { lines } = await programs.run(['dpkg-deb', '--field', path], { quiet: true });
    const { size } = await stat(path);
    stanzas.push([...lines, `Filename: ./${file}`, `Size: ${size}`, `SHA256: ${sha256}`, ''].join('\n'));
    names.push(pin.name);
  }
  if (names.length === 0) return undefined;
  await writeFile(join(directory, 'Packages'), stanzas.join('\n'));
  return { directory, names };
}

/**
 * The locked packages of which the index has other bytes than the lock file. The same name and version never come twice
 * from Debian: a mirror, or the signer of its index, has replaced them. Pure.
 */
export function otherBytes(
  pins: readonly Pin[],
  packages: readonly PackageVersion[],
  digests: ReadonlyMap<string, string>,
): string[] {
  const locked = new Map(pins.map(({ name, version, sha256 }) => [`${name} ${version}`, sha256]));
  return packages
    .map(({ name, version }) => `${name} ${version}`)
    .filter((one) => locked.has(one) && locked.get(one) !== digests.get(one));
}

/** The file of a package up to its architecture, as apt names it: a colon is written `%3a`. */
export const debPrefix = ({ name, version }: PackageVersion): string =>
  `${name.replace(/:.*$/u, '')}_${version.replaceAll(':', '%3a')}_`;

/**
 * What the builder itself is made of, compared with its own lock file. Its programs write the ISO's bytes, too.
 */
export async function builderDrift(pins: readonly Pin[], programs: Programs): Promise<Drift> {
  if (pins.length === 0) return { changed: [], unlocked: [] };
  const { lines } = await programs.run(['dpkg-query', '--show', '--showformat=${Package} ${Version}\n'], {
    quiet: true,
  });
  return driftOf(
    pins,
    lines.map((line) => line.split(' ')).map(([name = '', version = '']) => ({ name, version })),
  );
}

/** @throws {InstallError} with every package that is not as locked, and the versions on offer. */
export async function requireLocked(
  { packages, builder }: { packages: Drift; builder: Drift },
  index: PackageIndex,
): Promise<void> {
  if (driftSize(packages) + driftSize(builder) === 0) return;
  const names = [...packages.changed, ...builder.changed].map(({ name }) => name);
  const offered = names.length === 0 ? new Map<string, string[]>() : await index.offered(names);
  const gone = (where: string, { changed }: Drift): string[] =>
    changed.map(
      ({ name, locked }) =>
        `${name} ${locked} is locked${where}, but not to be had; on offer: ${offered.get(name)?.join(', ') ?? 'none'}`,
    );
  throw new InstallError(
    [
      'The packages are not the locked ones, and PHYLLOME_LOCK is exact.',
      ...gone('', packages),
      ...gone(' for the builder', builder),
      ...describeDrift({ changed: [], unlocked: [...packages.unlocked, ...builder.unlocked] }),
      'Lock the versions on offer with `pnpm phyllome lock`, or build without PHYLLOME_LOCK=exact.',
    ].join('\n'),
  );
}
