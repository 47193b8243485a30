import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PlainFileError, readPlainFile } from '@phyllome/host/plain-file';
import { pack } from 'tar-stream';
import { ReleaseError } from '../errors.ts';
import type { Build } from '../image/build.ts';

/** In an edition's directory: a web server lists no directory, so that a user can only fetch what has a name. */
export const EVIDENCE_ARCHIVE = 'evidence.tar';

/** Bytes of one file of the evidence at most. */
const largestFile = 64 * 2 ** 20;

/**
 * Packs all that was built beside the ISO, as `iso-<edition>/…`: with the ISO put into that directory, `phyllome verify` checks
 * it all. The same evidence makes the same bytes.
 *
 * @throws {ReleaseError} BUILD_DAMAGED when the manifest lists what is not there, or is not a plain file
 */
export async function writeEvidenceArchive(build: Build, target: string): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createWriteStream(target, { flags: 'wx' }));
  try {
    for (const path of build.evidence) {
      const content = await readEvidence(build, path);
      archive.entry(
        { name: `iso-${build.edition}/${path}`, mode: 0o644, mtime: new Date((build.sourceDateEpoch ?? 0) * 1000) },
        content,
      );
    }
    archive.finalize();
  } catch (error) {
    archive.destroy();
    await written.catch(() => undefined);
    throw error;
  }
  await written;
}

async function readEvidence({ directory, edition, profile }: Build, path: string): Promise<Buffer> {
  try {
    return await readPlainFile(join(directory, path), largestFile);
  } catch (cause) {
    if (!(cause instanceof PlainFileError)) throw cause;
    throw new ReleaseError('BUILD_DAMAGED', `${join(directory, path)} ${cause.what}`, {
      hint: `build it again: pnpm nx build iso-${edition} --configuration=${profile}`,
      cause,
    });
  }
}
