import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@phyllome/host';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkClearSigned, openSigners, readVerificationKey } from '../../src/index.ts';

const CHECKSUM = '# phyllome.iso: 20 bytes\nSHA256 (phyllome.iso) = 0123\n';

let home: Awaited<ReturnType<typeof temporaryDirectory>>;
let env: NodeJS.ProcessEnv = {};

/** A keyring with the public half of a new key, as a path. */
async function newKey(user: string): Promise<string> {
  await execa('gpg', ['--batch', '--passphrase', '', '--quick-generate-key', user, 'ed25519', 'sign', 'never'], {
    env,
  });
  const { stdout } = await execa('gpg', ['--batch', '--armor', '--export', user], { env });
  const path = join(home.path, `${user.replace(/\W/g, '')}.asc`);
  await writeFile(path, `${stdout}\n`);
  return path;
}

async function keyringOf(path: string): Promise<Buffer> {
  const key = await readVerificationKey(path);
  if (key.kind !== 'keyring') throw new Error('not a keyring');
  return key.keyring;
}

let own: Buffer = Buffer.alloc(0);
let other: Buffer = Buffer.alloc(0);
let signed = '';

beforeAll(async () => {
  home = await temporaryDirectory('gpg-');
  env = { PATH: process.env['PATH'], GNUPGHOME: home.path, PHYLLOME_GPG_KEY: 'release@phyllome.example' };
  own = await keyringOf(await newKey('release@phyllome.example'));
  other = await keyringOf(await newKey('somebody@elsewhere.example'));
  const { checksum } = await openSigners(env, { profile: 'draft' });
  signed = (await checksum?.sign(CHECKSUM)) ?? '';
});

afterAll(async () => {
  await execa('gpgconf', ['--kill', 'all'], { env, reject: false });
  await home[Symbol.asyncDispose]();
});

const check = (text: string, keyring = own): Promise<string> => checkClearSigned(text, keyring, { env });

test('a CHECKSUM that was signed is what was signed', async () => {
  expect(signed).toMatch(/^-----BEGIN PGP SIGNED MESSAGE-----\n/);
  expect(await check(signed)).toBe(CHECKSUM.trimEnd());
});

test.each([
  ['another digest', (text: string) => text.replace('0123', '4567'), 'SIGNATURE_WRONG'],
  ['no signature', () => CHECKSUM, 'SIGNATURE_MISSING'],
])('%s', async (_, tamper, code) => {
  await expect(check(tamper(signed))).rejects.toMatchObject({ code, fault: 'no' });
});

test("somebody else's key proves nothing", async () => {
  await expect(check(signed, other)).rejects.toMatchObject({ code: expect.stringMatching(/^SIGNATURE_/), fault: 'no' });
});

test('a key that gpg does not have is reported before anything is built', async () => {
  const missing = { ...env, PHYLLOME_GPG_KEY: 'nobody@phyllome.example' };
  await expect(openSigners(missing, { profile: 'draft' })).rejects.toMatchObject({ hint: expect.any(String) });
});
