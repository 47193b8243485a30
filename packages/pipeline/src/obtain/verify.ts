import { join } from 'node:path';
import { messageOf } from '@phyllome/host';
import { PlainFileError, readPlainFile } from '@phyllome/host/plain-file';
import {
  type Check,
  cleartextOf,
  resultFiles,
  type Verification,
  verifyDirectory,
  type VerifyOptions,
} from '@phyllome/iso-builder';
import {
  checkClearSigned,
  checkProvenance,
  provenanceBundle,
  requirePayload,
  SigningError,
  type VerificationKey,
} from '@phyllome/signing';
import { recordContradictions, recordFile } from '../record.ts';

/** Where `phyllome test-vm` puts what it found: it is of the ISO, and not of its build. */
const verdicts = 'test-vm';

/** Bytes that are read of a signed document at most. */
const limit = 64 * 2 ** 20;

/** What was checked of a result: what {@link verifyDirectory} checks, and the signature. */
export type ResultCheck = Check | { name: 'signature'; problems: readonly SigningError[] };

export interface ResultVerification extends Pick<Verification, 'manifest'> {
  checks: readonly ResultCheck[];
}

/** How a result is checked. */
export interface VerifyResultOptions extends Pick<VerifyOptions, 'signal' | 'iso' | 'additions'> {
  /** What it must be signed with. Without one, a signature that is there must be of these files, and is not checked. */
  key?: VerificationKey | undefined;
  /** For gpgv. */
  env?: NodeJS.ProcessEnv;
}

/** Checks a result of {@link buildImage}, `image.json` and signature included: see {@link verifyDirectory}. */
export async function verifyResult(
  directory: string,
  { key, env = {}, ...options }: VerifyResultOptions = {},
): Promise<ResultVerification> {
  const { manifest, checks } = await verifyDirectory(directory, {
    ...options,
    documents: { [recordFile]: recordContradictions },
    besides: [provenanceBundle],
    foreign: [verdicts],
  });
  // Nothing that could be signed can be read.
  if (manifest === undefined) return { manifest, checks };
  const problems: SigningError[] = [];
  try {
    await checkSignature(directory, { key, env, signal: options.signal });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof SigningError) || error.fault !== 'no') throw error;
    problems.push(error);
  }
  return { manifest, checks: [...checks, { name: 'signature', problems }] };
}

/** @throws {SigningError} SIGNATURE_MISSING, SIGNATURE_INVALID, SIGNATURE_WRONG; others when it cannot be checked */
async function checkSignature(
  directory: string,
  { key, env, signal }: { key: VerificationKey | undefined; env: NodeJS.ProcessEnv; signal: AbortSignal | undefined },
): Promise<void> {
  if (key?.kind === 'keyring') {
    const text = (await readSigned(directory, resultFiles.checksum)).toString();
    const signed = await checkClearSigned(text, key.keyring, { env, signal });
    // What was checked above is what is read of the file; it must be what is signed in it.
    if (signed !== cleartextOf(text).replace(/\n$/u, ''))
      throw new SigningError(
        'SIGNATURE_WRONG',
        `${join(directory, resultFiles.checksum)} has more than what is signed`,
        {
          hint: 'do not use it: fetch the result again from where it came',
        },
      );
    return;
  }
  const bundle = await readSigned(directory, provenanceBundle).catch((error: unknown) => {
    if (key === undefined && error instanceof SigningError && error.code === 'SIGNATURE_MISSING') return undefined;
    throw error;
  });
  if (bundle === undefined) return;
  const statement = await readSigned(directory, resultFiles.provenance);
  if (key === undefined) requirePayload(bundle.toString(), statement);
  else checkProvenance(bundle.toString(), statement, key.key);
}

async function readSigned(directory: string, name: string): Promise<Buffer> {
  const path = join(directory, name);
  try {
    return await readPlainFile(path, limit);
  } catch (cause) {
    const missing = cause instanceof PlainFileError && cause.code === 'ENOENT';
    throw new SigningError(missing ? 'SIGNATURE_MISSING' : 'SIGNATURE_INVALID', messageOf(cause), {
      hint: missing
        ? 'it is not signed, or the signature was removed: fetch the result again; PHYLLOME_SIGNING_KEY signs builds'
        : 'fetch the result again from where it came',
      cause,
    });
  }
}
