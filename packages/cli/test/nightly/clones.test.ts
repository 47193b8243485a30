import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@phyllome/host';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Checkout, checkout, copyWorkTree } from '../checkout.ts';
import { puppetHost, puppetNeeds, type PuppetHost } from '../puppet-host.ts';

// Clones of one repository and one image store: with all of its history, with the last commit alone, as CI has them, and a
// copy without any.

const lacking = [
  ...(process.getuid?.() === 0 ? [] : ['root']),
  ...puppetNeeds.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0),
];
if (lacking.length > 0) process.stdout.write(`left out, as ${lacking.join(', ')} is missing: clones of any depth\n`);

async function imageOf(root: string): Promise<unknown> {
  const manifest = JSON.parse(await readFile(join(root, 'dist/iso-l/manifest.json'), 'utf8'));
  return [manifest.sourceDateEpoch, manifest.iso];
}

describe.skipIf(lacking.length > 0 && process.env['CI'] !== 'true')('clones', () => {
  const resources = new AsyncDisposableStack();
  let host: PuppetHost;
  let copy: Checkout;
  let origin: string;

  beforeAll(async () => {
    host = resources.use(await puppetHost());
    copy = resources.use(await checkout(host.env));
    origin = join(resources.use(await temporaryDirectory('clones-')).path, 'origin');
    await execa('git', ['init', '--quiet', origin]);
    const git = (...args: string[]) =>
      execa('git', ['-c', 'user.name=Tester', '-c', 'user.email=tester@phyllome.example', ...args], { cwd: origin });
    await git('commit', '--quiet', '--allow-empty', '--message', 'Before', '--date', '2020-01-01T00:00:00Z');
    await copyWorkTree(origin);
    await git('add', '--all', '--force');
    await git('commit', '--quiet', '--message', 'Now');
  });
  afterAll(() => resources.disposeAsync());

  test('of any depth have the same date and inputs, so that the first one builds for all', async () => {
    const built = await copy.pnpm('nx', 'build', 'iso-l');
    expect(built.exitCode, built.all).toBe(0);
    for (const depth of [[], ['--depth=1']]) {
      await using clone = await temporaryDirectory('clone-');
      const root = join(clone.path, 'clone');
      await execa('git', ['clone', '--quiet', ...depth, `file://${origin}`, root]);
      await execa('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], { cwd: root, stdin: 'ignore' });
      // A cache of Nx of its own: what it knows is what it computed.
      const env = { ...copy.env, NX_CACHE_DIRECTORY: join(clone.path, 'nx') };
      const { exitCode, all } = await execa('pnpm', ['nx', 'build', 'iso-l'], {
        cwd: root,
        env,
        reject: false,
        all: true,
        stdin: 'ignore',
      });
      expect(exitCode, all).toBe(0);
      expect(all).not.toContain('Building edition');
      expect(await imageOf(root)).toEqual(await imageOf(copy.root));
    }
    expect(await host.builds()).toBe(1);
  });

  test("go on when the server of Nx's cache is down, and say so", async () => {
    // Nothing listens there.
    const env = {
      NX_SELF_HOSTED_REMOTE_CACHE_SERVER: 'http://127.0.0.1:9',
      NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: 'x',
    };
    const { exitCode, all } = await copy.pnpmWith(env, 'nx', 'flatten', 'iso-dhi');
    expect([exitCode, all]).toEqual([0, expect.stringContaining('warning[NX_CACHE_UNREACHABLE]')]);
    // Nx alone does not.
    const alone = await copy.pnpmWith(env, 'exec', 'nx', 'flatten', 'iso-sh');
    expect([alone.exitCode, alone.all]).toEqual([1, expect.stringContaining('127.0.0.1:9')]);
  });
});
