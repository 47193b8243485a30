import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Registry, registryLacks, startRegistry } from '../../../pipeline/test/registry.ts';
import { type Checkout, checkout } from '../checkout.ts';
import { type NxCacheServer, startNxCacheServer } from '../nx-cache-server.ts';

// Three clones that share a registry and a cache server of Nx, and nothing else: no store, no Nx cache, no dist/.

if (registryLacks.length > 0)
  process.stdout.write(`left out, as ${registryLacks.join(', ')} is missing: sharing images between clones\n`);
const isLeftOut = registryLacks.length > 0 && process.env['CI'] !== 'true';

let registry: Registry;
let nxCache: NxCacheServer;
let first: Checkout;
let second: Checkout;
let third: Checkout;

beforeAll(async () => {
  if (isLeftOut) return;
  registry = await startRegistry();
  nxCache = await startNxCacheServer();
  const remote = { ...registry.env, PHYLLOME_REMOTE_STORE: registry.repository };
  first = await checkout({ ...remote, ...nxCache.env, PHYLLOME_REMOTE_STORE_MODE: 'write' });
  second = await checkout({ ...remote, ...nxCache.env });
  third = await checkout(remote);
});
afterAll(async () => {
  for (const one of [first, second, third, nxCache, registry]) await one?.[Symbol.asyncDispose]();
});

const imageOf = async ({ root }: Checkout): Promise<{ sha256: string; name: string }> =>
  JSON.parse(await readFile(join(root, 'dist/iso-l/image.json'), 'utf8'));
/** As on a machine that was just installed. */
async function forget({ root }: Checkout): Promise<void> {
  for (const name of ['dist', '.store', '.nx-cache']) await rm(join(root, name), { recursive: true, force: true });
}
/** The output of a build that must not build. */
const building = 'Building edition l';

describe.skipIf(isLeftOut)('an image', () => {
  test('is built once, and pushed', async () => {
    const { exitCode, all } = await first.pnpm('nx', 'build', 'iso-l');
    expect(exitCode, all).toBe(0);
    expect(all).toContain(building);
    expect(all).toContain('Pushed');
    expect(nxCache.answers).toContain('PUT 200');
  });

  test('is known to a second clone by the cache of Nx, and its ISO comes from the registry', async () => {
    const { exitCode, all } = await second.pnpm('nx', 'build', 'iso-l');
    expect(exitCode, all).toBe(0);
    expect(all).toContain('remote cache');
    expect(all).toContain('Pulling Phyllome-l-44-rehearsal');
    expect(await imageOf(second)).toEqual(await imageOf(first));
    const verified = await second.pnpm('phyllome', 'verify', 'l');
    expect(verified.exitCode, verified.all).toBe(0);
  });

  test('comes to a third clone without Nx and its cache, evidence and all', async () => {
    const { exitCode, all } = await third.pnpm('phyllome', 'build', 'l');
    expect(exitCode, all).toBe(0);
    expect(all).toContain('Pulling Phyllome-l-44-rehearsal');
    expect(all).not.toContain(building);
    expect(await imageOf(third)).toEqual(await imageOf(first));
    const verified = await third.pnpm('phyllome', 'verify', 'l');
    expect(verified.exitCode, verified.all).toBe(0);
    const again = await third.pnpm('phyllome', 'build', 'l');
    expect(again.all).toContain('dist/iso-l is up to date: nothing to build');
  });

  test('can be pulled and pushed by hand; a clone that only reads pushes nothing', async () => {
    const pushed = await first.pnpm('--silent', 'phyllome', 'store', 'push', 'l', '--json');
    expect(JSON.parse(pushed.stdout)).toMatchObject({ images: [{ result: 'there already' }] });
    await forget(third);
    const pulled = await third.pnpm('--silent', 'phyllome', 'store', 'pull', 'l', '--json');
    expect(JSON.parse(pulled.stdout)).toMatchObject({ images: [{ edition: 'l', result: 'pulled' }] });
    // What nobody's signature vouches for is not passed on as one's own.
    const passed = await third.pnpm('phyllome', 'store', 'push', 'l');
    expect([passed.exitCode, passed.all]).toEqual([2, expect.stringContaining('error[NO_IMAGE]')]);
    const mode = { PHYLLOME_REMOTE_STORE_MODE: 'read' };
    const refused = await first.pnpmWith(mode, 'phyllome', 'store', 'push', 'l', '--replace');
    expect([refused.exitCode, refused.all]).toEqual([2, expect.stringContaining('error[REMOTE_READ_ONLY]')]);
  });

  test('of which the server is down is a warning, and the build goes on; so is one that refuses the login', async () => {
    await forget(third);
    await registry.stop();
    // To where no engine is: that it tries to build is all that is to be seen.
    const engine = { DOCKER_HOST: 'unix:///nonexistent.sock' };
    const down = await third.pnpmWith(engine, 'phyllome', 'build', 'l');
    await registry.start();
    expect(down.all).toContain('warning[REMOTE_UNREACHABLE]');
    expect(down.all).toContain('error[ENGINE_UNREACHABLE]');
    const stranger = await third.pnpmWith({ ...engine, ...registry.stranger }, 'phyllome', 'build', 'l');
    expect(stranger.all).toContain('warning[REMOTE_DENIED]');
    expect(stranger.all).toContain('error[ENGINE_UNREACHABLE]');
  });

  test('that must be signed, and is not, is refused', async () => {
    const key = join(third.root, 'public.pem');
    const made = await execa('openssl', ['genpkey', '-algorithm', 'ed25519']);
    await execa('openssl', ['pkey', '-pubout', '-out', key], { input: made.stdout });
    const pulled = await third.pnpmWith({ PHYLLOME_REMOTE_KEY: key }, 'phyllome', 'store', 'pull', 'l');
    expect([pulled.exitCode, pulled.all]).toEqual([1, expect.stringContaining('error[REMOTE_WRONG]')]);
    expect(pulled.all).toMatch(/provenance\.sigstore\.json is not there/u);
  });

  test('that was poisoned is refused, leaves nothing, and is built instead', async () => {
    const { sha256 } = await imageOf(first);
    await registry.tamper(sha256);
    const { exitCode, all } = await third.pnpm('phyllome', 'store', 'pull', 'l');
    expect([exitCode, all]).toEqual([1, expect.stringContaining('error[REMOTE_WRONG]')]);
    await expect(stat(join(third.root, '.store/blobs/sha256', sha256))).rejects.toThrow('ENOENT');
    const built = await third.pnpmWith({ DOCKER_HOST: 'unix:///nonexistent.sock' }, 'phyllome', 'build', 'l');
    expect(built.all).toContain('warning[REMOTE_WRONG]');
    expect(built.all).toContain('error[ENGINE_UNREACHABLE]');
  });
});

describe.skipIf(isLeftOut)('two clones of one store', () => {
  test('that want the same at once build it once', async () => {
    await forget(second);
    await forget(third);
    // Not the registry: the store is all that they share.
    const env = { PHYLLOME_STORE: join(second.root, '.store'), PHYLLOME_REMOTE_STORE: '' };
    const outputs = (await Promise.all([second, third].map((one) => one.pnpmWith(env, 'phyllome', 'build', 'l')))).map(
      ({ exitCode, all }) => {
        expect(exitCode, all).toBe(0);
        return all;
      },
    );
    expect(outputs.filter((all) => all.includes(building))).toHaveLength(1);
    expect(await imageOf(second)).toEqual(await imageOf(third));
  });
});
