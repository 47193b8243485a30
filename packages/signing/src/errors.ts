import { type CodeTable, errorWith } from '@phyllome/host';

/** Whose turn it is, by the code of what went wrong with a signature. The codes are stable. */
const codes = {
  BAD_OPTION: ['usage', '`PHYLLOME_SIGNING` means nothing, or a key is named that cannot be one.'],
  SIGNING_REQUIRED: ['usage', 'Signing is required, and nothing says with what.'],
  SIGNING_KEY_UNREADABLE: ['usage', 'The private key is not there, not a plain file, or no key.'],
  SIGNING_KEY_EXPOSED: ['usage', 'Others than this user own, read or write the private key.'],
  SIGNING_KEY_ENCRYPTED: ['usage', 'The private key is behind a passphrase.'],
  SIGNING_KEY_UNSUITABLE: ['usage', 'The key is of another kind than those that are signed with.'],
  GPG_KEY_UNUSABLE: ['usage', 'gpg does not sign with the key that was named.'],
  PROGRAM_MISSING: ['environment', 'gpg or gpgv is not installed.'],
  SIGNING_IDENTITY_MISSING: ['environment', 'Keyless signing, and nothing here gives this process an identity.'],
  SIGNING_SERVICE_FAILED: [
    'environment',
    'The certificate authority or the transparency log of keyless signing did not answer as it should.',
  ],
  PUBLIC_KEY_INVALID: ['usage', 'What was given to verify with is not a public key.'],
  SIGNATURE_MISSING: ['no', 'There is no signature of the kind that the key is for.'],
  SIGNATURE_INVALID: ['no', 'A signature cannot be read.'],
  SIGNATURE_WRONG: ['no', 'A signature is of another key, or of something else.'],
} as const satisfies CodeTable;

export type SigningErrorCode = keyof typeof codes;

/** Why nothing was signed, or why a signature is not accepted. */
export class SigningError extends errorWith(codes) {
  override readonly name = 'SigningError';
}
