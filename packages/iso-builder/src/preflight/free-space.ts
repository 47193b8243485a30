import { statfs } from 'node:fs/promises';
import type { Engine } from '../engine/engine.ts';
import { request } from '../container/requests.ts';
import { IsoBuildError } from '../errors.ts';

/**
 * Checks free space before anything slow: livemedia-creator does not notice that the file system under its result is
 * full, and makes a broken image "successfully".
 *
 * @returns what could not be checked, for a warning
 * @throws {IsoBuildError} DISK_TOO_SMALL
 */
export const checkFreeSpace = async (
  engine: Engine,
  options: { destination: string; neededBytes: { engine?: number; destination?: number } },
): Promise<string[]> => {
  const { destination, neededBytes } = options;
  if (neededBytes.destination !== undefined)
    await check(destination, `the result's destination, ${destination}`, neededBytes.destination);
  if (neededBytes.engine === undefined) return [];
  const { DockerRootDir: root } = await request(
    engine,
    'say where its images are',
    async (): Promise<{ DockerRootDir?: string }> => engine.docker.info(),
  );
  const unknown = `free space of ${engine.kind} at ${engine.endpoint} is not known`;
  if (!engine.local || root === undefined) return [unknown];
  try {
    await check(root, `${engine.kind}'s storage, ${root}`, neededBytes.engine);
    return [];
  } catch (error) {
    if (error instanceof IsoBuildError) throw error;
    // An engine in a virtual machine of its own answers on a local socket, too.
    return [unknown];
  }
};

const check = async (path: string, what: string, needed: number): Promise<void> => {
  const { bavail, bsize } = await statfs(path);
  const available = bavail * bsize;
  if (available >= needed) return;
  throw new IsoBuildError('DISK_TOO_SMALL', `${what}, has ${gib(available)} free, and ${gib(needed)} are needed`, {
    hint: `free ${gib(needed - available)} there, e.g. by removing images that nobody uses, or use another disk`,
  });
};

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
