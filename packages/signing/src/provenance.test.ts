import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { checkProvenance, requirePayload, signProvenance } from './provenance.ts';

const statement = Buffer.from('{"_type":"https://in-toto.io/Statement/v1","subject":[]}\n');
const pairs: Record<string, { privateKey: KeyObject; publicKey: KeyObject }> = {
  ed25519: generateKeyPairSync('ed25519'),
  'p-256': generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
};
const other = generateKeyPairSync('ed25519');

interface Bundle {
  mediaType: string;
  verificationMaterial: { publicKey?: { hint: string }; tlogEntries?: unknown[] };
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string; keyid: string }[] };
}

/** A signed bundle with something changed in it. */
async function changed(change: (bundle: Bundle) => void): Promise<string> {
  const bundle: Bundle = JSON.parse(await signProvenance(statement, pairs['ed25519'] ?? other));
  change(bundle);
  return JSON.stringify(bundle);
}

const code = (expected: string) => expect.objectContaining({ code: expected, fault: 'no' });
const check = (bundle: string, of = statement, key = pairs['ed25519']?.publicKey ?? other.publicKey) =>
  checkProvenance(bundle, of, key);

test.each(Object.entries(pairs))('%s: what is signed is found good', async (_, pair) => {
  const bundle = await signProvenance(statement, pair);
  expect(() => check(bundle, statement, pair.publicKey)).not.toThrow();
  expect(() => requirePayload(bundle, statement)).not.toThrow();
  expect(() => check(bundle, statement, other.publicKey)).toThrow(code('SIGNATURE_WRONG'));
});

// With nothing of ours or of sigstore's: the format by its specification.
test.each(Object.entries(pairs))(
  '%s: the signature is over the pre-authentication encoding of DSSE',
  async (kind, pair) => {
    const { dsseEnvelope, mediaType, verificationMaterial }: Bundle = JSON.parse(await signProvenance(statement, pair));
    const type = 'application/vnd.in-toto+json';
    const encoded = `DSSEv1 ${type.length} ${type} ${statement.length} ${statement.toString()}`;
    const sig = Buffer.from(dsseEnvelope.signatures[0]?.sig ?? '', 'base64');
    expect(verify(kind === 'ed25519' ? null : 'sha256', Buffer.from(encoded), pair.publicKey, sig)).toBe(true);
    expect(dsseEnvelope.payloadType).toBe(type);
    expect(mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
    expect(verificationMaterial.publicKey?.hint).toMatch(/^[A-Za-z0-9+/]{43}=$/u);
  },
);

test('a statement that is not the signed one, by a blank, is found', async () => {
  const bundle = await changed(() => {});
  expect(() => check(bundle, Buffer.concat([statement, Buffer.from(' ')]))).toThrow(code('SIGNATURE_WRONG'));
  expect(() => requirePayload(bundle, Buffer.from('{}'))).toThrow(code('SIGNATURE_WRONG'));
});

test('a payload that was changed together with the file is found', async () => {
  const forged = Buffer.from(statement.toString().replace('[]', '[1]'));
  const bundle = await changed(({ dsseEnvelope }) => {
    dsseEnvelope.payload = forged.toString('base64');
  });
  expect(() => requirePayload(bundle, forged)).not.toThrow();
  expect(() => check(bundle, forged)).toThrow(code('SIGNATURE_WRONG'));
});

test('a signature that was changed, or is of another kind of key, is found', async () => {
  const flipped = await changed(({ dsseEnvelope: { signatures } }) => {
    const bytes = Buffer.from(signatures[0]?.sig ?? '', 'base64');
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    signatures[0] = { keyid: '', sig: bytes.toString('base64') };
  });
  expect(() => check(flipped)).toThrow(code('SIGNATURE_WRONG'));
  const bundle = await changed(() => {});
  expect(() => check(bundle, statement, pairs['p-256']?.publicKey)).toThrow(code('SIGNATURE_WRONG'));
});

test.each<[string, (bundle: Bundle) => void]>([
  ['another payload type', ({ dsseEnvelope }) => void (dsseEnvelope.payloadType = 'text/plain')],
  ['no signature', ({ dsseEnvelope }) => void (dsseEnvelope.signatures = [])],
  ['two signatures', ({ dsseEnvelope: { signatures } }) => void signatures.push({ sig: 'AAAA', keyid: '' })],
  ['no envelope', (bundle) => void Reflect.deleteProperty(bundle, 'dsseEnvelope')],
  ['no verification material', (bundle) => void Reflect.deleteProperty(bundle, 'verificationMaterial')],
  ['an unknown media type', (bundle) => void (bundle.mediaType = 'application/json')],
])('a bundle with %s is malformed', async (_, change) => {
  const bundle = await changed(change);
  expect(() => check(bundle)).toThrow(code('SIGNATURE_INVALID'));
});

test.each(['', 'null', '[]', '{}', '"text"', '{"mediaType":'])('%j is no bundle', (text) => {
  expect(() => check(text)).toThrow(code('SIGNATURE_INVALID'));
  expect(() => requirePayload(text, statement)).toThrow(code('SIGNATURE_INVALID'));
});

test('a bundle with a certificate is not taken for one of a key', async () => {
  const bundle = await changed(({ verificationMaterial }) => {
    delete verificationMaterial.publicKey;
    Object.assign(verificationMaterial, { certificate: { rawBytes: 'AAAA' } });
  });
  expect(() => check(bundle)).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/certificate|bundle/u), fault: 'no' }),
  );
});

test('the public key of a private one is what it is checked with', async () => {
  const pair = pairs['p-256'] ?? other;
  const pem = pair.publicKey.export({ type: 'spki', format: 'pem' });
  expect(() => createPublicKey(pem)).not.toThrow();
  const bundle = await signProvenance(statement, { ...pair, publicKey: createPublicKey(pair.privateKey) });
  expect(() => check(bundle, statement, createPublicKey(pem))).not.toThrow();
});
