import { hash } from 'node:crypto';

/** What decides the bytes of an ISO, so far as it is known before it is built. */
export interface Inputs {
  /** sha256 of the flat kickstart. */
  kickstart: string;
  builder: { name: string; contextDigest: string };
  profile: string;
  volid: string;
  extraBootArgs: string;
  /** Seconds since the epoch. */
  sourceDateEpoch: number;
}

/** The digest (`sha256:…`) by which the store finds an ISO of the same inputs. */
export function inputsDigest({ kickstart, builder, profile, volid, extraBootArgs, sourceDateEpoch }: Inputs): string {
  const decisive = [kickstart, builder.name, builder.contextDigest, profile, volid, extraBootArgs, sourceDateEpoch];
  return `sha256:${hash('sha256', JSON.stringify(decisive))}`;
}
