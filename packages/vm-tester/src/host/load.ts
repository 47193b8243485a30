import { availableParallelism, loadavg } from 'node:os';

/** Beyond this, waiting longer is no answer to load. */
const MAX_LOAD_FACTOR = 6;

/**
 * How much slower than alone a job runs here now: runnable tasks per CPU over the last minute, at least 1.
 * Deadlines are multiplied with it, again and again while they run, so that a busy host is no failed image.
 */
export function loadFactor(load = loadavg()[0] ?? 0, cpus = availableParallelism()): number {
  return Math.min(MAX_LOAD_FACTOR, Math.max(1, load / cpus));
}
