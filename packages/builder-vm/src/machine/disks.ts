import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { findProgram } from '@phyllome/host';
import { entriesOf, IsoBuildError, type Job, tarOf, type TarEntry } from '@phyllome/iso-builder';
import { execa } from 'execa';
import { startScript } from './start-script.ts';

/** The disk that the inputs come on: a tar archive. */
export async function writeInputDisk(
  file: string,
  job: Job,
  options: Parameters<typeof startScript>[1],
): Promise<void> {
  const { start, result } = startScript(job.argv, options);
  const entries = [
    { path: 'flat.cfg', content: job.kickstart },
    { path: 'result', content: result },
    { path: 'start', content: start },
  ];
  await pipeline(tarOf(entries), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
}

/** An empty disk, which takes room as it is written. */
export async function makeDisk(path: string, mebibytes: number): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.truncate(mebibytes * 2 ** 20);
}

/** The disk that the machine works on: ext4 without a journal, for nobody reads it after a crash. */
export async function makeScratchDisk(path: string, mebibytes: number, env: NodeJS.ProcessEnv): Promise<void> {
  await makeDisk(path, mebibytes);
  const mkfs = findProgram('mkfs.ext4', env, { administrators: true });
  const made =
    mkfs === undefined
      ? undefined
      : await execa(mkfs, ['-q', '-F', '-O', '^has_journal', '-m', '0', '-E', 'lazy_itable_init=1', path], {
          env,
          extendEnv: false,
          reject: false,
        });
  if (made?.exitCode === 0) return;
  throw new IsoBuildError(
    'HOST_UNSUITABLE',
    `the machine's disk cannot be made: ${made === undefined ? 'mkfs.ext4 is not installed' : made.stderr.trim()}`,
    { hint: 'install e2fsprogs; see whether the disk of /var/tmp is full' },
  );
}

/** What a machine left, as far as it said that it goes. */
export const outputEntries = (path: string, bytes: number): AsyncGenerator<TarEntry> =>
  entriesOf(bytes > 0 ? createReadStream(path, { end: bytes - 1, highWaterMark: 1 << 20 }) : Readable.from([]));
