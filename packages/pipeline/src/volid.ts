import type { FedoraRelease } from './release.ts';

/** The volume id of an edition's ISO; a rehearsal says in it that it is one. */
export const volidOf = (edition: string, { fedora }: Pick<FedoraRelease, 'fedora'>, rehearsal: boolean): string =>
  `Phyllome-${edition}-${fedora}${rehearsal ? '-rehearsal' : ''}`;
