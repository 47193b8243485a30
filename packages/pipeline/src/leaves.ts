import { nameProblem } from '@phyllome/host/names';

/**
 * How leaves are named. A live leaf is what livemedia-creator can turn into an ISO: `l`, the live base, or
 * `l<edition>`; any other leaf is the unattended-install kickstart of the edition whose name it bears.
 */
export const isLive = (leaf: string): boolean => leaf.startsWith('l');

/**
 * Why a leaf may not have this name; undefined: it may. The name becomes part of paths, of commands and of the names of
 * projects, editions and ISOs.
 */
export function leafNameProblem(leaf: string): string | undefined {
  if (leaf.startsWith(INSTALLER) || leaf.startsWith(`l${INSTALLER}`))
    return `names that begin with "${INSTALLER}" are those of installer media`;
  // It would make the edition "l", as the live base does.
  if (leaf === 'll') return 'the edition would be called "l", as the live base is';
  const problem = nameProblem('leaf', leaf);
  if (problem !== undefined || !isLive(leaf)) return problem;
  const ofEdition = nameProblem('edition', editionOf(leaf));
  return ofEdition === undefined ? undefined : `of the edition, which is its name without the l: ${ofEdition}`;
}

/** The edition that a live leaf makes: `l` of `l`, `dhi` of `ldhi`. */
export const editionOf = (liveLeaf: string): string => (liveLeaf === 'l' ? 'l' : liveLeaf.slice(1));

/** The live leaf that makes an edition: `l` of `l`, `ldhi` of `dhi`. */
export const liveLeafOf = (edition: string): string => (edition === 'l' ? 'l' : `l${edition}`);

/** Before the name of an install leaf, it is that of its installer medium, and of its Nx project. */
const INSTALLER = 'install-';

/** `install-dhi` of `dhi`: how the installer medium of an install leaf is called where ISOs are called by edition. */
export const installerOf = (leaf: string): string => `${INSTALLER}${leaf}`;

/** `dhi` of `install-dhi`; undefined for the name of an edition's live ISO. */
export const installedBy = (iso: string): string | undefined =>
  iso.startsWith(INSTALLER) ? iso.slice(INSTALLER.length) : undefined;

/** The Nx project that makes an ISO: `iso-dhi` of `dhi`, `install-dhi` of `install-dhi`. */
export const projectOf = (iso: string): string => (installedBy(iso) === undefined ? `iso-${iso}` : iso);

/** The command that does something with an ISO: `pnpm nx build iso-dhi` of `dhi`, `pnpm nx installer install-dhi` of `install-dhi`. */
export function nxOf(target: 'build' | 'test-vm', iso: string): string {
  const own = target === 'build' ? 'installer' : 'test-installer';
  return `pnpm nx ${installedBy(iso) === undefined ? target : own} ${projectOf(iso)}`;
}

/**
 * Where an ISO and its evidence are, relative to the workspace: `dist/iso-dhi` of `dhi`, `dist/installer-dhi` of
 * `install-dhi`. (`dist/install-dhi` has the disk that was installed.)
 */
export function distPath(iso: string): string {
  const leaf = installedBy(iso);
  return `dist/${leaf === undefined ? `iso-${iso}` : `installer-${leaf}`}`;
}

/** `flat/flat-ldhi.cfg` of `ldhi`, relative to the workspace. */
export const flatPath = (leaf: string): string => `flat/flat-${leaf}.cfg`;

/** `flat/flat-ldhi.cfg.map.json` of `ldhi`: where each of its lines comes from. Derived, so not committed. */
export const mapPath = (leaf: string): string => `${flatPath(leaf)}.map.json`;

/** `leaves/ldhi.cfg` of `ldhi`, relative to the workspace. */
export const leafPath = (leaf: string): string => `leaves/${leaf}.cfg`;

/** What the names of a project's editions stand for: of its configuration. */
export interface NameWords {
  /** What each letter stands for, in their order. A live leaf has `l` before them. */
  readonly letters: Readonly<Record<string, { readonly word: string }>>;
  /** The words of editions whose names are not made of letters. */
  readonly editions: Readonly<Record<string, { readonly traits?: readonly string[] | undefined }>>;
}

/** The end of the name of a leaf that installs on an encrypted disk. */
const ENCRYPTED = '-encrypted';

/**
 * What a leaf is, or is for: the words that checks and Nx tags go by. `ldhi` is live, desktop, hypervisor, intel;
 * `s-encrypted` install, server, encrypted.
 */
export function traitsOf(leaf: string, { letters, editions }: NameWords): string[] {
  const plain = leaf.replace(ENCRYPTED, '');
  const name = isLive(leaf) ? plain.slice(1) : plain;
  const own = Object.hasOwn(editions, name) ? editions[name]?.traits : undefined;
  const spelled = name.split('').flatMap((one) => (Object.hasOwn(letters, one) ? (letters[one]?.word ?? []) : []));
  return [isLive(leaf) ? 'live' : 'install', ...(own ?? spelled), ...(leaf.endsWith(ENCRYPTED) ? ['encrypted'] : [])];
}
