import { join } from 'node:path';
import { codeOf } from '@phyllome/host';
import { readPlainFile } from '@phyllome/host/plain-file';
import { cleartextOf, resultFiles } from '@phyllome/iso-builder';
import { provenanceBundle, type Signers } from '@phyllome/signing';
import writeFileAtomic from 'write-file-atomic';

/** Bytes that a signed document has at most. */
const limit = 64 * 2 ** 20;

/**
 * Signs a result whose evidence is complete and was checked: `provenance.sigstore.json` comes beside the provenance, and
 * `CHECKSUM` becomes the same text, clear-signed. What is there already, of the same signer, stays.
 *
 * @returns the files that were signed now
 * @throws {SigningError}
 */
export async function signResult(directory: string, { provenance, checksum }: Signers): Promise<string[]> {
  const signed: string[] = [];
  if (provenance !== undefined) {
    const statement = await readPlainFile(join(directory, resultFiles.provenance), limit);
    const path = join(directory, provenanceBundle);
    const there = await readPlainFile(path, limit).catch(() => undefined);
    if (there === undefined || !(await provenance.signed(there.toString(), statement))) {
      await writeFileAtomic(path, await provenance.sign(statement));
      signed.push(provenanceBundle);
    }
  }
  if (checksum !== undefined) {
    const path = join(directory, resultFiles.checksum);
    const there = (await readPlainFile(path, limit)).toString();
    const text = cleartextOf(there);
    if (!(await checksum.signed(there, text))) {
      await writeFileAtomic(path, await checksum.sign(text));
      signed.push(resultFiles.checksum);
    }
  }
  return signed;
}

/** Whether a result has a signed provenance, by whatever key. */
export async function hasBundle(directory: string): Promise<boolean> {
  try {
    await readPlainFile(join(directory, provenanceBundle), limit);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
