import type { PhaseEvent, ProgressEvent } from '@phyllome/host';
import { LORAX_PHASES, type LoraxEvent } from '@phyllome/installer';

/**
 * The catalogue of what happens in a build. Plain JSON, one tagged union; `events.jsonl` has one a line.
 *
 * Order: any number of `phase`, `progress`, `estimate`, `log`, `warning`, `waiting` and `installer-error`, in which phases only move
 * forward through {@link phases} (some may be left out), then exactly one of `done`, `failed`, `aborted`, and nothing after it.
 */
export type BuildEvent = { /** Milliseconds since the epoch. */ time: number } & BuildEventBody;

export type BuildEventBody =
  | PhaseEvent<Phase>
  | ProgressEvent<Phase>
  /** How far the build is: `fraction` from 0 to 1. `remainingMs` is given when an earlier build of the same was timed. */
  | { type: 'estimate'; fraction: number; elapsedMs: number; remainingMs?: number }
  | { type: 'log'; source: 'image' | 'console'; line: string }
  | { type: 'warning'; message: string }
  /** Another process does the same: this one waits, and shares what comes of it. `holder` is a process id or a host. */
  | { type: 'waiting'; what: 'build' | 'image'; holder: string }
  /** The installer's own words for why it gives up, as soon as it says so: it then sleeps for minutes. */
  | Extract<LoraxEvent, { type: 'installer-error' }>
  | { type: 'done'; iso: string; size: number; sha256: string }
  | { type: 'failed'; code: string; message: string; hint: string }
  | { type: 'aborted'; reason: string };

/** In the order in which a build goes through them. */
export const phases = ['preflight', 'image', 'upload', ...LORAX_PHASES, 'fetch', 'verify'] as const;

/**
 * - `preflight` other builds of the same are waited for; free space, leftovers of killed builds
 * - `image` the builder's image is looked up or built
 * - `upload` the container is created and gets its inputs
 * - `start` livemedia-creator checks its arguments and the kickstart
 * - `install` the installer runs
 * - `squashfs`, `initramfs`, `iso` livemedia-creator makes the medium
 * - `fetch` logs and ISO come down
 * - `verify` the ISO is read back
 */
export type Phase = (typeof phases)[number];
