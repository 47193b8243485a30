import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readVerificationKey } from './public-key.ts';
import { openSigners } from './signer.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signer-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const ed25519 = generateKeyPairSync('ed25519');
const privatePem = (key = ed25519.privateKey) => key.export({ type: 'pkcs8', format: 'pem' });

async function file(name: string, content: string | Buffer, mode = 0o600): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

const none = { provenance: undefined, checksum: undefined };
const release = { profile: 'release' } as const;
const failing = (code: string, fault = 'usage') => expect.objectContaining({ code, fault, hint: expect.any(String) });

test('nothing is signed where nothing is configured', async () => {
  expect(await openSigners({}, release)).toEqual(none);
  expect(await openSigners({ PHYLLOME_SIGNING: '', PHYLLOME_SIGNING_KEY: '' }, release)).toEqual(none);
});

test('a required signature is required of releases, not of drafts', async () => {
  const env = { PHYLLOME_SIGNING: 'required' };
  await expect(openSigners(env, release)).rejects.toThrow(failing('SIGNING_REQUIRED'));
  await expect(openSigners(env, { profile: 'draft' })).resolves.toMatchObject({ provenance: undefined });
  const key = await file('required.pem', privatePem());
  const { provenance } = await openSigners({ ...env, PHYLLOME_SIGNING_KEY: key }, release);
  expect(provenance).toBeDefined();
});

test('publishing requires the signature of the CHECKSUM, and building that of the provenance', async () => {
  const env = { PHYLLOME_SIGNING: 'required', PHYLLOME_SIGNING_KEY: await file('build.pem', privatePem()) };
  await expect(openSigners(env, { ...release, publishes: true })).rejects.toMatchObject({
    code: 'SIGNING_REQUIRED',
    hint: expect.stringContaining('PHYLLOME_GPG_KEY'),
  });
  await expect(openSigners({ PHYLLOME_SIGNING: 'optional' }, { ...release, publishes: true })).resolves.toEqual(none);
  await expect(openSigners({ PHYLLOME_SIGNING: 'required' }, { profile: 'draft', publishes: true })).resolves.toEqual(
    none,
  );
});

test('a signer knows its own signature, and no other', async () => {
  const statement = Buffer.from('{}\n');
  const { provenance } = await openSigners({ PHYLLOME_SIGNING_KEY: await file('own.pem', privatePem()) }, release);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const other = await openSigners({ PHYLLOME_SIGNING_KEY: await file('other.pem', privatePem(privateKey)) }, release);
  const bundle = (await provenance?.sign(statement)) ?? '';
  expect(await provenance?.signed(bundle, statement)).toBe(true);
  expect(await provenance?.signed(bundle, Buffer.from('[]\n'))).toBe(false);
  expect(await provenance?.signed('no bundle', statement)).toBe(false);
  expect(await other.provenance?.signed(bundle, statement)).toBe(false);
});

test.each<[string, () => Promise<string>, string]>([
  ['that others read', () => file('read.pem', privatePem(), 0o644), 'SIGNING_KEY_EXPOSED'],
  ['that the group writes', () => file('group.pem', privatePem(), 0o620), 'SIGNING_KEY_EXPOSED'],
  [
    'that a link hides, but others read',
    async () => {
      await symlink(await file('linked.pem', privatePem(), 0o604), join(directory, 'link.pem'));
      return join(directory, 'link.pem');
    },
    'SIGNING_KEY_EXPOSED',
  ],
  ['that is not there', async () => join(directory, 'none.pem'), 'SIGNING_KEY_UNREADABLE'],
  ['that is a directory', async () => directory, 'SIGNING_KEY_UNREADABLE'],
  ['that is none', () => file('text.pem', 'a text'), 'SIGNING_KEY_UNREADABLE'],
  ['that is too large', () => file('large.pem', Buffer.alloc(100_000)), 'SIGNING_KEY_UNREADABLE'],
  [
    'that is public',
    () => file('public.pem', ed25519.publicKey.export({ type: 'spki', format: 'pem' })),
    'SIGNING_KEY_UNREADABLE',
  ],
  [
    'with a passphrase',
    () =>
      file(
        'locked.pem',
        ed25519.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
      ),
    'SIGNING_KEY_ENCRYPTED',
  ],
  [
    'for RSA',
    () => file('rsa.pem', privatePem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)),
    'SIGNING_KEY_UNSUITABLE',
  ],
  [
    'on another curve',
    () => file('p384.pem', privatePem(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey)),
    'SIGNING_KEY_UNSUITABLE',
  ],
])('a key %s is refused', async (_, make, code) => {
  await expect(openSigners({ PHYLLOME_SIGNING_KEY: await make() }, { profile: 'draft' })).rejects.toThrow(
    failing(code),
  );
});

test('settings that mean nothing, or two things, are refused', async () => {
  await expect(openSigners({ PHYLLOME_SIGNING: 'yes' }, release)).rejects.toThrow(failing('BAD_OPTION'));
  const both = { PHYLLOME_SIGNING: 'keyless', PHYLLOME_SIGNING_KEY: '/key', SIGSTORE_ID_TOKEN: 'x' };
  await expect(openSigners(both, release)).rejects.toThrow(failing('BAD_OPTION'));
  for (const key of ['--output=/etc/passwd', '-k', 'a\nb'])
    await expect(openSigners({ ...process.env, PHYLLOME_GPG_KEY: key }, release)).rejects.toThrow(
      failing('BAD_OPTION'),
    );
});

test('keyless signing takes an identity, and is ready where the CI gives one', async () => {
  const env = { PHYLLOME_SIGNING: 'keyless' };
  await expect(openSigners(env, release)).rejects.toThrow(failing('SIGNING_IDENTITY_MISSING', 'environment'));
  const { provenance } = await openSigners({ ...env, SIGSTORE_ID_TOKEN: 'token' }, release);
  expect(provenance).toBeDefined();
  // What nobody here can check is signed again.
  expect(await provenance?.signed('{}', Buffer.from('{}'))).toBe(false);
});

test('a machine without gpg says so before anything is built', async () => {
  await expect(openSigners({ PATH: directory, PHYLLOME_GPG_KEY: 'ABCDEF' }, release)).rejects.toThrow(
    failing('PROGRAM_MISSING', 'environment'),
  );
});

test('what is verified with is a public key of the right kind', async () => {
  const pem = ed25519.publicKey.export({ type: 'spki', format: 'pem' });
  expect(await readVerificationKey(await file('v.pem', pem, 0o644))).toMatchObject({ kind: 'public key' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' });
  await expect(readVerificationKey(await file('vr.pem', rsa))).rejects.toThrow(failing('SIGNING_KEY_UNSUITABLE'));
  for (const content of [privatePem(), 'a text', ''])
    await expect(readVerificationKey(await file('vx.pem', content))).rejects.toThrow(failing('PUBLIC_KEY_INVALID'));
  await expect(readVerificationKey(join(directory, 'none'))).rejects.toThrow(failing('PUBLIC_KEY_INVALID'));
});
