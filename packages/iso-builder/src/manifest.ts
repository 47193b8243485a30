import type { IsoFacts } from './iso/verify.ts';

/** `manifest.json`: what was built, of what, by what. */
export interface Manifest {
  schema: 'phyllome-image-manifest/1';
  iso: { name: string; sha256: string } & IsoFacts;
  builder: { name: string; contextDigest: string; imageId: string };
  kickstart: { sha256: string };
  project: string;
  releasever: string;
  profile: 'draft' | 'release';
  /** `SOURCE_DATE_EPOCH` of the build, in seconds, if it had one. */
  sourceDateEpoch?: number;
  /** The complete command line in the container. */
  argv: readonly string[];
  engine: { kind: string; version: string };
  /** Of the caller: edition, leaf, version, … */
  labels: Readonly<Record<string, string>>;
  /** ISO 8601. */
  startedAt: string;
  finishedAt: string;
  /** Milliseconds in each phase. */
  phasesMs: Readonly<Record<string, number>>;
  /** `logs/<builder>.json`, where the builder wrote one: packages, and what it could not honour. */
  report?: unknown;
}
