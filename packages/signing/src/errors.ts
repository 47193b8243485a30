import { errorWith, type Fault } from '@phyllome/host';

/** Whose turn it is, by the code of what went wrong with a signature. The codes are stable. */
const faults = {
  /** `PHYLLOME_SIGNING` means nothing, or a key is named that cannot be one. */
  BAD_OPTION: 'usage',
  /** Signing is required, and nothing says with what. */
  SIGNING_REQUIRED: 'usage',
  /** The private key is not there, not a plain file, or no key. */
  SIGNING_KEY_UNREADABLE: 'usage',
  /** Others than this user own, read or write the private key. */
  SIGNING_KEY_EXPOSED: 'usage',
  /** The private key is behind a passphrase. */
  SIGNING_KEY_ENCRYPTED: 'usage',
  /** The key is of another kind than those that are signed with. */
  SIGNING_KEY_UNSUITABLE: 'usage',
  /** gpg does not sign with the key that was named. */
  GPG_KEY_UNUSABLE: 'usage',
  /** gpg or gpgv is not installed. */
  PROGRAM_MISSING: 'environment',
  /** Keyless signing, and nothing here gives this process an identity. */
  SIGNING_IDENTITY_MISSING: 'environment',
  /** The certificate authority or the transparency log of keyless signing did not answer as it should. */
  SIGNING_SERVICE_FAILED: 'environment',
  /** What was given to verify with is no public key. */
  PUBLIC_KEY_INVALID: 'usage',
  /** There is no signature of the kind that the key is for. */
  SIGNATURE_MISSING: 'no',
  /** A signature cannot be read. */
  SIGNATURE_INVALID: 'no',
  /** A signature is of another key, or of something else. */
  SIGNATURE_WRONG: 'no',
} as const satisfies Record<string, Fault>;

export type SigningErrorCode = keyof typeof faults;

/** Why nothing was signed, or why a signature is not accepted. */
export class SigningError extends errorWith(faults) {
  override readonly name = 'SigningError';
}
