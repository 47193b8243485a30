import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sync } from '../container/receive.ts';
import { messageOf, ownOwner } from '@phyllome/host';
import { IsoBuildError } from '../errors.ts';
import { entriesOf, partialPrefix } from './reap.ts';

/** A directory in the making, beside the one it will become. Disposing removes what was not committed. */
export interface ResultDirectory extends AsyncDisposable {
  /** Where to put things. */
  readonly path: string;
  /** Makes it the destination, in one step; what was there before is removed. */
  commit(): Promise<void>;
  /** Makes it `<destination>.failed` instead, and says where that is. */
  keepAsFailed(): Promise<string>;
}

/** One of these tells the result of an earlier build from a directory that happens to have the name. */
const ofAResult = /^(?:manifest\.json|image\.json|logs|.+\.iso|.+\.iso\.sha256)$/u;

/**
 * @throws {IsoBuildError} DESTINATION_UNUSABLE when it cannot be written, or is something else than an earlier result.
 */
export const prepareResultDirectory = async (destination: string): Promise<ResultDirectory> => {
  const path = await usable(destination, async () => {
    await mkdir(dirname(destination), { recursive: true });
    const made = await mkdtemp(join(dirname(destination), `${partialPrefix(destination)}${ownOwner}~`));
    // mkdtemp's are for secrets; this one is going to be the result.
    await chmod(made, 0o755);
    return made;
  });
  const entries = await usable(destination, () => entriesOf(destination));
  if (entries.length > 0 && !entries.some((name) => ofAResult.test(name))) {
    await rm(path, { recursive: true });
    throw new IsoBuildError('DESTINATION_UNUSABLE', `${destination} exists and is not the result of a build`, {
      hint: 'choose another destination, or move it away',
    });
  }
  return {
    path,
    async commit() {
      await replace(path, destination);
    },
    async keepAsFailed() {
      await replace(path, `${destination}.failed`);
      return `${destination}.failed`;
    },
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
};

/** A directory cannot be renamed onto one that has entries: that one steps aside first. */
const replace = async (from: string, to: string): Promise<void> => {
  const aside = `${from}~old`;
  const wasThere = await rename(to, aside).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  await rename(from, to);
  await sync(dirname(to));
  if (wasThere) await rm(aside, { recursive: true, force: true });
};

const usable = async <T>(destination: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    throw new IsoBuildError('DESTINATION_UNUSABLE', `${destination} cannot be written: ${messageOf(cause)}`, {
      hint: 'choose a destination that this user may write',
      cause,
    });
  }
};
