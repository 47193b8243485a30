import { messageOf } from '@phyllome/host';
import { CIContextProvider, DEFAULT_FULCIO_URL, DEFAULT_REKOR_URL, FulcioSigner, RekorWitness } from '@sigstore/sign';
import { SigningError } from './errors.ts';
import { bundleOf } from './provenance.ts';

/** Who a Sigstore certificate authority issues certificates to, by the audience of the token. */
const audience = 'sigstore';
/** Of each request to a service, in ms. */
const timeout = 30_000;

/** What of the environment gives a job an identity: GitHub's token service, or a token that GitLab and others made. */
const identities = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'SIGSTORE_ID_TOKEN'];

/** @throws {SigningError} SIGNING_IDENTITY_MISSING outside a CI that identifies its jobs */
export function requireIdentity(env: NodeJS.ProcessEnv): void {
  if (identities.some((name) => (env[name] ?? '') !== '')) return;
  throw new SigningError('SIGNING_IDENTITY_MISSING', 'keyless signing: nothing gives this process an identity', {
    hint: 'give the job `permissions: id-token: write` (GitHub) or an `id_tokens` SIGSTORE_ID_TOKEN with the audience sigstore (GitLab), or sign with PHYLLOME_SIGNING_KEY',
  });
}

/**
 * Signs an in-toto statement with a key that lives for one signature: the certificate authority certifies it for the
 * identity of the CI's job, and the transparency log keeps the signature. Both are Sigstore's public ones.
 *
 * @throws {SigningError} SIGNING_SERVICE_FAILED
 */
export async function signKeyless(statement: Buffer): Promise<string> {
  const signer = new FulcioSigner({
    fulcioBaseURL: DEFAULT_FULCIO_URL,
    identityProvider: new CIContextProvider(audience),
    timeout,
  });
  try {
    return await bundleOf(statement, signer, [new RekorWitness({ rekorBaseURL: DEFAULT_REKOR_URL, timeout })]);
  } catch (cause) {
    throw new SigningError('SIGNING_SERVICE_FAILED', `keyless signing failed: ${messageOf(cause)}`, {
      hint: 'the ISO is built: run the same build again to sign it',
      cause,
    });
  }
}
