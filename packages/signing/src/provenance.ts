import { hash, type KeyObject, sign, verify } from 'node:crypto';
import { parseJson } from '@phyllome/host/json';
import { messageOf } from '@phyllome/host';
import { type Bundle, bundleFromJSON, bundleToJSON, isBundleWithDsseEnvelope } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import { DSSEBundleBuilder, type Signer, type Witness } from '@sigstore/sign';
import { SigningError } from './errors.ts';
import { hashFor, type SigningKey } from './private-key.ts';

/** The file with the signed provenance, beside the ISO. */
export const provenanceBundle = 'provenance.sigstore.json';

/** The media type of in-toto statements, as DSSE's payload type. */
const payloadType = 'application/vnd.in-toto+json';

const distrust = 'do not use it: fetch the result again from where it came';

/**
 * Signs an in-toto statement with a key.
 *
 * @returns a Sigstore bundle: the statement in a DSSE envelope, and the SHA-256 of the public key as a hint
 * @see https://github.com/secure-systems-lab/dsse
 */
export function signProvenance(statement: Buffer, { privateKey, publicKey }: SigningKey): Promise<string> {
  return bundleOf(statement, {
    sign: async (data) => ({
      signature: sign(hashFor(privateKey), data, privateKey),
      key: {
        $case: 'publicKey',
        publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        hint: hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'base64'),
      },
    }),
  });
}

/** The text of a Sigstore bundle with a statement that `signer` signed and `witnesses` saw. */
export async function bundleOf(statement: Buffer, signer: Signer, witnesses: Witness[] = []): Promise<string> {
  const builder = new DSSEBundleBuilder({ signer, witnesses });
  const bundle = await builder.create({ data: statement, type: payloadType });
  return `${JSON.stringify(bundleToJSON(bundle), null, 2)}\n`;
}

/**
 * Is the bundle this key's signature of exactly this statement?
 *
 * @throws {SigningError} SIGNATURE_INVALID for what is no such bundle; SIGNATURE_WRONG for another statement, another
 * key, or a signature that is not right
 */
export function checkProvenance(bundle: string, statement: Buffer, publicKey: KeyObject): void {
  const { envelope, keyless } = requirePayload(bundle, statement);
  if (keyless)
    throw new SigningError('SIGNATURE_WRONG', `${provenanceBundle} was signed with a certificate, not with a key`, {
      hint: `cosign verify-blob-attestation --bundle ${provenanceBundle} checks it, by the identity that signed`,
    });
  const [signature, ...more] = envelope.signatures;
  if (signature === undefined || more.length > 0) throw invalid('has not exactly one signature');
  const signed = dsse.preAuthEncoding(envelope.payloadType, envelope.payload);
  if (!verify(hashFor(publicKey), signed, publicKey, signature.sig))
    throw new SigningError('SIGNATURE_WRONG', `the signature in ${provenanceBundle} is not of this key`, {
      hint: `if this is the key of who should have built it, ${distrust}`,
    });
}

/**
 * Is the bundle of exactly this statement? By whatever key: that proves only that the two belong together.
 *
 * @throws {SigningError} SIGNATURE_INVALID, SIGNATURE_WRONG
 */
export function requirePayload(
  bundle: string,
  statement: Buffer,
): { envelope: Extract<Bundle['content'], { $case: 'dsseEnvelope' }>['dsseEnvelope']; keyless: boolean } {
  let parsed: Bundle;
  try {
    parsed = bundleFromJSON(parseJson(bundle));
  } catch (cause) {
    throw invalid(`is not a Sigstore bundle: ${messageOf(cause)}`, cause);
  }
  if (!isBundleWithDsseEnvelope(parsed)) throw invalid('has no DSSE envelope');
  const { dsseEnvelope: envelope } = parsed.content;
  if (envelope.payloadType !== payloadType) throw invalid(`is of ${envelope.payloadType}, not of ${payloadType}`);
  if (!envelope.payload.equals(statement))
    throw new SigningError('SIGNATURE_WRONG', `${provenanceBundle} is of another provenance.intoto.json`, {
      hint: distrust,
    });
  return { envelope, keyless: parsed.verificationMaterial.content.$case !== 'publicKey' };
}

function invalid(what: string, cause?: unknown): SigningError {
  return new SigningError('SIGNATURE_INVALID', `${provenanceBundle} ${what}`, { hint: distrust, cause });
}
