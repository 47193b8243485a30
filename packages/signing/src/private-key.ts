import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { messageOf } from '@phyllome/host';
import { openPlainFile, PlainFileError } from '@phyllome/host/plain-file';
import { SigningError } from './errors.ts';

/** A key that provenance is signed with. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Bytes of a PEM file at most: an elliptic key has some hundred. */
const largestKey = 64 * 1024;

/**
 * Reads a private key: PEM, not encrypted, Ed25519 or ECDSA P-256, in a file that is this user's alone.
 *
 * @throws {SigningError} SIGNING_KEY_UNREADABLE, SIGNING_KEY_EXPOSED, SIGNING_KEY_ENCRYPTED, SIGNING_KEY_UNSUITABLE
 */
export async function readSigningKey(path: string): Promise<SigningKey> {
  const pem = await readSecret(path);
  if (/^-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/mu.test(pem))
    throw new SigningError('SIGNING_KEY_ENCRYPTED', `the signing key ${path} is encrypted`, {
      hint: 'its passphrase cannot be asked for here: openssl pkey -in KEY -out PLAIN, in a file of mode 0600',
    });
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch (cause) {
    // OpenSSL's own message quotes nothing of the file.
    throw new SigningError('SIGNING_KEY_UNREADABLE', `${path} is not a private key in PEM: ${messageOf(cause)}`, {
      hint: makeKey,
      cause,
    });
  }
  if (!isSupported(privateKey))
    throw new SigningError(
      'SIGNING_KEY_UNSUITABLE',
      `the signing key ${path} is ${kindOf(privateKey)}, and not Ed25519 or ECDSA P-256`,
      { hint: makeKey },
    );
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

const makeKey = 'make one: (umask 077; openssl genpkey -algorithm ed25519 -out signing-key.pem)';

/** Whether it is a key of a kind that is signed with. */
export function isSupported(key: KeyObject): boolean {
  return (
    key.asymmetricKeyType === 'ed25519' ||
    (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1')
  );
}

/** What kind of a key it is, for people. */
export function kindOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { namedCurve, modulusLength } = asymmetricKeyDetails ?? {};
  return [asymmetricKeyType ?? 'of an unknown kind', namedCurve ?? modulusLength ?? []].flat().join(' ');
}

/** What the signature is made over a hash of; Ed25519 hashes by itself. */
export function hashFor(key: KeyObject): 'sha256' | null {
  return key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
}

/** The owner and the mode are those of the file that is read, whatever its name leads to meanwhile. */
async function readSecret(path: string): Promise<string> {
  try {
    const { handle } = await openPlainFile(await realpath(path));
    await using _ = handle;
    const { uid, mode, size } = await handle.stat();
    const permissions = (mode & 0o7777).toString(8).padStart(4, '0');
    if (uid !== process.getuid?.() || (mode & 0o077) !== 0)
      throw new SigningError(
        'SIGNING_KEY_EXPOSED',
        `the signing key ${path} is of user ${uid}, mode ${permissions}: it must belong to this user, with access for no one else`,
        { hint: `chmod 600 ${path}; where others could read it, make a new key` },
      );
    if (size > largestKey) throw new PlainFileError('TOO_LARGE', path, `has ${size} bytes`);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(largestKey), 0, largestKey, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } catch (cause) {
    if (cause instanceof SigningError) throw cause;
    throw new SigningError('SIGNING_KEY_UNREADABLE', `the signing key cannot be read: ${messageOf(cause)}`, {
      hint: 'PHYLLOME_SIGNING_KEY is the path of a private key in PEM',
      cause,
    });
  }
}
