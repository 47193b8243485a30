import { statfs } from 'node:fs/promises';
import { gibibytes } from '../units.ts';
import type { PreflightCheck } from './check.ts';

/**
 * Is there as much free space as is needed? livemedia-creator does not notice that the file system under its image is
 * full, and makes a broken ISO "successfully". Pure.
 *
 * @param what the place, for people
 * @param free bytes; undefined: unknown
 * @param needed bytes; undefined when nothing is built yet
 */
export const judgeSpace = (
  id: 'space-engine' | 'space-destination',
  { what, free, needed }: { what: string; free: number | undefined; needed: number | undefined },
): PreflightCheck => ({
  id,
  ...compare(what, free, needed),
  why: 'a disk that fills up while the system is installed is not noticed, and the ISO is broken',
  fix:
    free === undefined || needed === undefined
      ? `make sure that there is enough`
      : `free ${gibibytes(Math.max(0, needed - free))} there, e.g. by removing unused images, or use another disk`,
});

function compare(
  what: string,
  free: number | undefined,
  needed: number | undefined,
): Pick<PreflightCheck, 'status' | 'found'> {
  if (free === undefined) return { status: 'unknown', found: `free space of ${what} is not known` };
  if (needed === undefined) return { status: 'ok', found: `${what} has ${gibibytes(free)} free` };
  return free < needed
    ? { status: 'failed', found: `${what} has ${gibibytes(free)} free, and ${gibibytes(needed)} are needed` }
    : { status: 'ok', found: `${what} has ${gibibytes(free)} free of ${gibibytes(needed)} that are needed` };
}

/** Bytes that this user may still write at a path; undefined when it cannot be asked. */
export async function freeBytes(path: string): Promise<number | undefined> {
  const found = await statfs(path).catch(() => undefined);
  return found && found.bavail * found.bsize;
}
