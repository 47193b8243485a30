import { checkClearSigned, clearSign, exportKey } from './checksum.ts';
import { SigningError } from './errors.ts';
import { requireIdentity, signKeyless } from './keyless.ts';
import { readSigningKey } from './private-key.ts';
import { checkProvenance, signProvenance } from './provenance.ts';

/** Makes signatures of one kind, and knows its own. */
export interface Signer<T> {
  sign(content: T): Promise<string>;
  /** Did this signer sign exactly that? False for a signer that cannot know. */
  signed(signature: string, content: T): Promise<boolean>;
}

/** What the environment says results are signed with. */
export interface Signers {
  /** Of `provenance.intoto.json`: makes a Sigstore bundle. */
  provenance: Signer<Buffer> | undefined;
  /** Of `CHECKSUM`: makes a clear-signed text. */
  checksum: Signer<string> | undefined;
}

/**
 * The signers that the environment names, each tried, so that a key that cannot sign is found before anything slow:
 *
 * - `PHYLLOME_SIGNING_KEY`, the path of a private key in PEM, signs the provenance
 * - `PHYLLOME_GPG_KEY`, a key of gpg's, signs the CHECKSUM
 * - `PHYLLOME_SIGNING`: `required` refuses to build a release without the first, and to publish one without the second;
 *   `keyless` signs the provenance by the identity of the CI's job; `optional`, or unset
 *
 * @param profile of what is signed: only of `release` signatures are required
 * @param publishes whether that is built images that become a release; else an image that is built
 * @throws {SigningError}
 */
export async function openSigners(
  env: NodeJS.ProcessEnv,
  {
    profile,
    publishes = false,
    signal,
  }: { profile: 'draft' | 'release'; publishes?: boolean; signal?: AbortSignal | undefined },
): Promise<Signers> {
  const setting = env['PHYLLOME_SIGNING'] || 'optional';
  if (!['optional', 'required', 'keyless'].includes(setting))
    throw new SigningError('BAD_OPTION', `PHYLLOME_SIGNING is "${setting}"`, {
      hint: 'set it to required, keyless or optional',
    });
  const keyPath = env['PHYLLOME_SIGNING_KEY'] || undefined;
  const gpgKey = env['PHYLLOME_GPG_KEY'] || undefined;
  if (setting === 'keyless' && keyPath !== undefined)
    throw new SigningError('BAD_OPTION', 'both PHYLLOME_SIGNING=keyless and PHYLLOME_SIGNING_KEY are set', {
      hint: 'unset one of them',
    });
  if (setting === 'required' && profile === 'release' && publishes && gpgKey === undefined)
    throw new SigningError('SIGNING_REQUIRED', 'a release has to be signed, and there is no key for its CHECKSUM', {
      hint: 'set PHYLLOME_GPG_KEY to a key in the keyring of gpg',
    });
  if (setting === 'required' && profile === 'release' && !publishes && keyPath === undefined)
    throw new SigningError('SIGNING_REQUIRED', 'a release has to be signed, and there is no key to sign it with', {
      hint: 'set PHYLLOME_SIGNING_KEY to the path of a private key in PEM, or PHYLLOME_SIGNING=keyless in CI',
    });
  return {
    provenance:
      setting === 'keyless' ? keylessSigner(env) : keyPath === undefined ? undefined : await keySigner(keyPath),
    checksum: gpgKey === undefined ? undefined : await gpgSigner(gpgKey, { env, signal }),
  };
}

async function keySigner(path: string): Promise<Signer<Buffer>> {
  const key = await readSigningKey(path);
  return {
    sign: (statement) => signProvenance(statement, key),
    signed: (bundle, statement) => isGood(async () => checkProvenance(bundle, statement, key.publicKey)),
  };
}

function keylessSigner(env: NodeJS.ProcessEnv): Signer<Buffer> {
  requireIdentity(env);
  return { sign: signKeyless, signed: async () => false };
}

async function gpgSigner(
  key: string,
  options: { env: NodeJS.ProcessEnv; signal: AbortSignal | undefined },
): Promise<Signer<string>> {
  const keyring = await exportKey(key, options);
  const sign = (text: string): Promise<string> => clearSign(text, key, options);
  await sign('May this key sign?\n');
  return {
    sign,
    signed: (signature, text) =>
      isGood(async () => {
        if ((await checkClearSigned(signature, keyring, options)) !== text.replace(/\n$/u, ''))
          throw new SigningError('SIGNATURE_WRONG', 'another text is signed', { hint: 'sign it again' });
      }),
  };
}

async function isGood(check: () => Promise<void>): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    if (error instanceof SigningError && error.fault === 'no') return false;
    throw error;
  }
}
