/** The Fedora release that the leaves are written for. */
export const fedoraRelease = '44';

/** The volume id of an edition's ISO; a rehearsal says in it that it is one. */
export const volidOf = (edition: string, rehearsal: boolean): string =>
  `Phyllome-${edition}-${fedoraRelease}${rehearsal ? '-rehearsal' : ''}`;
