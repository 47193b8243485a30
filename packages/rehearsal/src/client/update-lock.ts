import { editionArchitecture } from '@phyllome/host/architecture';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shellQuote } from '@phyllome/host';
import { intentOf } from '../install/intent.ts';
import { suite } from '../install/archives.ts';
import { simulated, simulationArgv } from '../install/package-index.ts';
import { formatLock, type Pin } from '../lock/lock-file.ts';
import { readKickstart } from '../read-kickstart.ts';
import { RehearsalError } from './errors.ts';
import { mmdebstrap } from './mmdebstrap.ts';
import { parseRecipe } from './recipe.ts';
import { removeTree, scratchFor } from './rootfs.ts';

/** The text of each lock file. */
export type Locks = Record<'packages.lock' | 'rootfs.lock', string>;

/** Lines between what apt says of one set of packages and of the next. */
const mark = '== ';

/** Packages that are to be installed together, those of `maybe` if Debian has them. */
interface Wanted {
  names: readonly string[];
  maybe: readonly string[];
}

/** Packages of Debian in the versions that the mirror offers. */
export interface Offered {
  /** By kickstart, in the order in which they were given. */
  packages: { name: string; version: string }[][];
  locks: Locks;
}

/**
 * What the kickstarts come to today, and the lock files as they would be written: every package that the live kickstarts and the builder's image come
 * to, in the versions that the mirror offers. mmdebstrap brings the index; nothing is installed, and no engine needed.
 *
 * @param kickstarts paths of flat kickstarts
 * @throws {RehearsalError}; the signal's reason when it was aborted.
 */
export async function offeredPackages(
  { containersDir, kickstarts }: { containersDir: string; kickstarts: readonly string[] },
  { env, signal }: { env: NodeJS.ProcessEnv; signal?: AbortSignal | undefined },
): Promise<Offered> {
  const recipe = parseRecipe(await readFile(join(containersDir, 'rehearsal', 'rootfs.json'), 'utf8'));
  const sets: Wanted[] = [{ names: recipe.packages, maybe: [] }, ...kickstarts.map(wantedBy)];
  const output = await askApt(sets, { env, signal });
  const [rootfs = [], ...ofKickstarts] = output.sets;
  const pins = (packages: readonly { name: string; version: string }[]): Pin[] =>
    packages.map(({ name, version }) => {
      const sha256 = output.digests.get(`${name} ${version}`);
      if (sha256 === undefined || sha256 === '')
        throw new RehearsalError('REHEARSAL_ROOTFS_FAILED', `the index has no digest of ${name} ${version}`, {
          hint: 'try again: the mirror may have been changing',
        });
      return { name, version, sha256 };
    });
  const all = new Map(ofKickstarts.flat().map((one) => [one.name, one]));
  const locks = { 'packages.lock': formatLock(pins([...all.values()])), 'rootfs.lock': formatLock(pins(rootfs)) };
  return { packages: ofKickstarts, locks };
}

function wantedBy(kickstart: string): Wanted {
  const { unknown, resolve } = intentOf(readKickstart(kickstart), { project: '', releasever: '' });
  const certain = resolve(() => false).install;
  return { names: certain, maybe: unknown };
}

/** Asks the host's apt, which mmdebstrap needs anyway, in an empty system that has Debian's index and nothing else. */
async function askApt(
  sets: readonly Wanted[],
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal | undefined },
): Promise<{ sets: { name: string; version: string }[][]; digests: Map<string, string> }> {
  const work = await mkdtemp(join(tmpdir(), 'phyllome-lock-'));
  try {
    await using scratch = await scratchFor(work);
    const argv = [
      'mmdebstrap',
      '--mode=auto',
      '--variant=custom',
      '--format=null',
      `--architectures=${editionArchitecture.debian}`,
      '--quiet',
      '--skip=chroot/mount',
      '--aptopt=Acquire::Retries "3"',
      `--customize-hook=${listPackagesScript(sets)}`,
      suite,
      '/dev/null',
    ];
    return parsePackageList(await mmdebstrap(argv, { env, scratch: scratch.path, signal }));
  } finally {
    await removeTree(work);
  }
}

/** A script for mmdebstrap's hook: what each set comes to, then the digests of all of it. */
function listPackagesScript(sets: readonly Wanted[]): string {
  const simulate = simulationArgv([], '').map((word) =>
    word.startsWith('Dir::State::status=') ? `${word}$1/empty` : word,
  );
  const words = simulate.map((word) => (word.includes('$1') ? `"${word}"` : shellQuote(word))).join(' ');
  return `set -eu
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
: >"$1/empty"
apt-cache pkgnames >"$1/names"
${sets
  .map(
    ({ names, maybe }) => `echo '${mark}set'
known=$(printf '%s\\n' ${['none', ...maybe].map(shellQuote).join(' ')} | grep -Fx -f "$1/names" || true)
${words} ${names.map(shellQuote).join(' ')} $known | tee -a "$1/all" | grep '^Inst '`,
  )
  .join('\n')}
echo '${mark}digests'
apt-cache show $(sed -n 's/^Inst \\([^ ]*\\) \\(\\[[^ ]*\\] \\)\\{0,1\\}(\\([^ ]*\\) .*/\\1=\\3/p' "$1/all" | sort -u) |
  grep -E '^(Package|Version|SHA256): '
`;
}

/** Reads what the script of {@link listPackagesScript} wrote. Pure. */
export function parsePackageList(output: string): {
  sets: { name: string; version: string }[][];
  digests: Map<string, string>;
} {
  const [, ...parts] = output.split(`${mark}set\n`);
  const [last = '', digests = ''] = (parts.pop() ?? '').split(`${mark}digests\n`);
  const found = new Map<string, string>();
  let stanza: Record<string, string> = {};
  for (const line of [...digests.split('\n'), 'Package: ']) {
    const [key = '', value = ''] = line.split(': ');
    if (key === 'Package') {
      found.set(`${stanza['Package']} ${stanza['Version']}`, stanza['SHA256'] ?? '');
      stanza = {};
    }
    stanza[key] = value;
  }
  return { sets: [...parts, last].map((part) => simulated(part.split('\n'))), digests: found };
}
