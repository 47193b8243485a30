/**
 * Signs what is beside an ISO, and checks such signatures: the provenance, an in-toto statement, in a DSSE envelope as a
 * Sigstore bundle, and the CHECKSUM in OpenPGP's clear text form, as Fedora does. Knows texts and keys, and nothing of
 * builds; the formats are those of sigstore's libraries and of gpg.
 */
export { checkClearSigned } from './checksum.ts';
export { SigningError, type SigningErrorCode } from './errors.ts';
export { checkProvenance, provenanceBundle, requirePayload } from './provenance.ts';
export { readVerificationKey, type VerificationKey } from './public-key.ts';
export { openSigners, type Signer, type Signers } from './signer.ts';
