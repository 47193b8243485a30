import { generateKeyPairSync } from 'node:crypto';
import { chmod, cp, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testWorkspace, type TestWorkspace } from '../workspace.ts';

// One story: an ISO is built and signed in one clone, and restored from the image store by another. Each test after it
// changes a copy of what came out.

/** As little as a live medium can have. */
const leaf = `url --url=http://example.invalid/
network --bootproto=dhcp --hostname=signed
rootpw --plaintext rehearsal
part / --size=2048
poweroff
%packages --nocore
dracut-live
systemd-resolved
%end
`;

const resources = new AsyncDisposableStack();
let built: TestWorkspace;
let clone: TestWorkspace;
/** Where the keys are. */
let keys: string;
beforeAll(async () => {
  built = resources.use(await testWorkspace());
  clone = resources.use(await testWorkspace());
  keys = join(built.root, 'keys');
  await mkdir(keys);
  for (const name of ['release', 'other']) await makeKey(name);
  for (const { root } of [built, clone]) await writeFile(join(root, 'leaves/lx.cfg'), leaf);
});
afterAll(() => resources.disposeAsync());

/** A private key, of this user alone, and its public key beside it. */
async function makeKey(name: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  await writeFile(join(keys, `${name}.key`), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(join(keys, `${name}.pem`), publicKey.export({ type: 'spki', format: 'pem' }));
}

const publicKey = (name: string): string => join(keys, `${name}.pem`);
const signing = (name: string) => ({ PHYLLOME_SIGNING_KEY: join(keys, `${name}.key`) });
const result = ({ root }: TestWorkspace): string => join(root, 'dist/iso-x');

async function build(at: TestWorkspace, env: Record<string, string>): Promise<string> {
  const flattened = await at.phyllome(['flatten', 'lx']);
  expect(flattened.exitCode, flattened.all).toBe(0);
  const { exitCode, all } = await at.phyllome(['build', 'x'], { PHYLLOME_STORE: built.store, ...env });
  expect(exitCode, all).toBe(0);
  return all;
}

test('an ISO that was signed where it was built is proven by its key where it was restored', async () => {
  const first = await build(built, signing('release'));
  expect(first).toContain('Building edition x');
  expect(first).toContain('Signed: provenance.sigstore.json');
  // The other clone has no key, and builds nothing.
  const restored = await build(clone, {});
  expect(restored).toContain('of the same inputs: nothing to build');
  expect(restored).not.toContain('Building edition');

  for (const at of [built, clone]) {
    const { exitCode, all } = await at.phyllome(['verify', 'x', '--key', publicKey('release')]);
    expect(all).toContain('ok     signature   the provenance is signed with the key');
    expect(exitCode, all).toBe(0);
  }
});

test('another key proves nothing, and no key says so', async () => {
  const other = await clone.phyllome(['verify', 'x', '--key', publicKey('other')]);
  expect(other.all).toContain('error[SIGNATURE_WRONG]');
  expect(other.exitCode).toBe(1);
  const without = await clone.phyllome(['verify', 'x']);
  expect(without.all).toContain('Only consistency was proven');
  expect(without.exitCode, without.all).toBe(0);
});

/** Changes one byte in the middle of a file. */
async function flip(path: string): Promise<void> {
  await chmod(path, 0o644);
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length / 2);
  const file = await open(path, 'r+');
  // A letter for a letter: JSON stays JSON.
  await file.write(Buffer.from([bytes[at]! ^ 1]), 0, 1, at);
  await file.close();
}

// What else of a result can be tampered with, iso-builder's tests do.
test.each([
  'phyllome-x-44-rehearsal.iso',
  'manifest.json',
  'provenance.intoto.json',
  'provenance.sigstore.json',
  'image.json',
  'logs/livemedia.log',
])('with one byte of %s changed, the key proves nothing', async (file) => {
  const copy = join(clone.root, 'copy');
  await cp(result(clone), copy, { recursive: true });
  const args = ['verify', copy, '--key', publicKey('release')];
  await flip(join(copy, file));
  const { exitCode, all } = await clone.phyllome(args);
  expect(all).toContain('WRONG');
  expect(exitCode, all).toBe(1);
  await rm(copy, { recursive: true });
});

test('a byte changed in the store is noticed by the clone that restores it, which builds again', async () => {
  await rm(result(clone), { recursive: true });
  const blobs = join(built.store, 'blobs/sha256');
  const manifest = JSON.parse(await readFile(join(result(built), 'manifest.json'), 'utf8'));
  await flip(join(blobs, manifest.files['packages.json'].sha256));
  const again = await build(clone, signing('other'));
  expect(again).toContain('Building edition x');
  const { exitCode, all } = await clone.phyllome(['verify', 'x', '--key', publicKey('other')]);
  expect(exitCode, all).toBe(0);
  // The same bytes, under another signature.
  expect(JSON.parse(await readFile(join(result(clone), 'manifest.json'), 'utf8')).iso.sha256).toBe(manifest.iso.sha256);
});
