import { createPublicKey, type KeyObject } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { messageOf } from '@phyllome/host';
import { readPlainFile } from '@phyllome/host/plain-file';
import { SigningError } from './errors.ts';
import { isSupported, kindOf } from './private-key.ts';

/** What a signature is checked with: a public key, of the provenance; or an OpenPGP keyring, of the CHECKSUM. */
export type VerificationKey = { kind: 'public key'; key: KeyObject } | { kind: 'keyring'; keyring: Buffer };

/** Bytes of a keyring at most: Fedora's, with all its releases, has a tenth. */
const largestKeyring = 2 ** 20;

/**
 * Reads a public key in PEM, or an OpenPGP keyring, armoured or not.
 *
 * @throws {SigningError} PUBLIC_KEY_INVALID, SIGNING_KEY_UNSUITABLE
 */
export async function readVerificationKey(path: string): Promise<VerificationKey> {
  const invalid = (what: string, cause?: unknown): SigningError =>
    new SigningError('PUBLIC_KEY_INVALID', `the key ${path} ${what}`, {
      hint: 'give a public key in PEM (openssl pkey -in KEY -pubout), or a keyring (gpg --armor --export KEY)',
      cause,
    });
  let bytes: Buffer;
  try {
    bytes = await readPlainFile(await realpath(path), largestKeyring);
  } catch (cause) {
    throw invalid(`cannot be read: ${messageOf(cause)}`, cause);
  }
  const text = bytes.toString('latin1');
  if (/^-----BEGIN .*PRIVATE KEY/mu.test(text)) throw invalid('is a private key, which is not to be handed out');
  if (text.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----') || ((bytes[0] ?? 0) & 0x80) !== 0)
    return { kind: 'keyring', keyring: bytes };
  let key: KeyObject;
  try {
    key = createPublicKey(text);
  } catch (cause) {
    throw invalid(`is not a public key: ${messageOf(cause)}`, cause);
  }
  if (!isSupported(key))
    throw new SigningError(
      'SIGNING_KEY_UNSUITABLE',
      `the key ${path} is ${kindOf(key)}, and not Ed25519 or ECDSA P-256`,
      {
        hint: 'provenance is signed with those alone',
      },
    );
  return { kind: 'public key', key };
}
