/**
 * How leaves are named. A live leaf is what livemedia-creator can turn into an ISO: `l`, the live base, or
 * `l<edition>`; any other leaf is the unattended-install kickstart of the edition whose name it bears.
 */
export const isLive = (leaf: string): boolean => leaf.startsWith('l');

/** The edition that a live leaf makes: `l` of `l`, `dhi` of `ldhi`. */
export const editionOf = (liveLeaf: string): string => (liveLeaf === 'l' ? 'l' : liveLeaf.slice(1));

/** The live leaf that makes an edition: `l` of `l`, `ldhi` of `dhi`. */
export const liveLeafOf = (edition: string): string => (edition === 'l' ? 'l' : `l${edition}`);

/** `flat/flat-ldhi.cfg` of `ldhi`, relative to the workspace. */
export const flatPath = (leaf: string): string => `flat/flat-${leaf}.cfg`;

/** `flat/flat-ldhi.cfg.map.json` of `ldhi`: where each of its lines comes from. Derived, so not committed. */
export const mapPath = (leaf: string): string => `${flatPath(leaf)}.map.json`;

/** `leaves/ldhi.cfg` of `ldhi`, relative to the workspace. */
export const leafPath = (leaf: string): string => `leaves/${leaf}.cfg`;
