import { spawnSync } from 'node:child_process';
import { appendFile, chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Checkout, checkout } from '../checkout.ts';
import { reporter } from '../loaded-files.ts';
import { puppetHost, puppetNeeds, type PuppetHost } from '../puppet-host.ts';

const lacking = [
  ...(process.getuid?.() === 0 ? [] : ['root']),
  ...puppetNeeds.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0),
];
if (lacking.length > 0)
  process.stdout.write(`left out, as ${lacking.join(', ')} is missing: builds that have nothing to do\n`);

let host: PuppetHost;
let at: Checkout;

/** `phyllome build l`, and whether it had to load what builds. */
async function build(env: Record<string, string> = {}): Promise<{ out: string; loaded: boolean }> {
  const program = join(at.root, 'packages/cli/bin/phyllome.js');
  const { stdout, stderr } = await execa(process.execPath, ['--import', reporter, program, 'build', 'l'], {
    cwd: at.root,
    env: { ...at.env, ...env },
    stdin: 'ignore',
  });
  return { out: stdout.replace(/checked in \d+:\d\d/u, 'checked'), loaded: stderr.includes('packages/iso-builder/') };
}

describe.skipIf(lacking.length > 0 && process.env['CI'] !== 'true')('a build that has nothing to do', () => {
  beforeAll(async () => {
    host = await puppetHost();
    at = await checkout(host.env);
    await build();
  });
  afterAll(async () => {
    await at?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  test('looks at everything once, and says the same from then on without loading what builds', async () => {
    const first = await build();
    expect(first).toEqual({ out: expect.stringContaining('dist/iso-l is up to date: nothing to build'), loaded: true });
    expect(await build()).toEqual({ out: first.out, loaded: false });
    expect(await host.builds()).toBe(1);
  });

  test.each<[string, () => Promise<void>]>([
    ['an ISO that is gone', () => rm(isoPath())],
    ['evidence that is gone', () => rm(join(at.root, 'dist/iso-l/sbom.spdx.json'))],
  ])('puts right %s, of the same build', async (_, change) => {
    const before = await readFile(isoPath());
    await change();
    expect((await build()).loaded).toBe(true);
    expect((await readFile(isoPath())).equals(before)).toBe(true);
    expect(await host.builds()).toBe(1);
    const verified = await at.pnpm('phyllome', 'verify', 'l');
    expect(verified.exitCode, verified.all).toBe(0);
    await build();
    expect((await build()).loaded).toBe(false);
  });

  test.each<[string, () => Promise<void>, Record<string, string>]>([
    ['another variable', async () => {}, { SOURCE_DATE_EPOCH: '86400' }],
    ['other code', () => appendFile(join(at.root, 'packages/iso-builder/src/index.ts'), '// x\n'), {}],
    ['another builder', () => appendFile(join(at.root, 'containers/rehearsal/Containerfile'), '# x\n'), {}],
    ['no store', () => rm(join(at.root, '.store'), { recursive: true }), {}],
  ])('is none with %s: it builds', async (_, change, env) => {
    const before = await host.builds();
    await change();
    expect((await build(env)).out).toContain('Building edition l');
    expect(await host.builds()).toBe(before + 1);
  });

  // Where the file system shares it with the store by a hard link, that is damaged, too.
  test('is none with an ISO that was edited', async () => {
    await damageIso();
    expect((await build()).loaded).toBe(true);
    const verified = await at.pnpm('phyllome', 'verify', 'l');
    expect(verified.exitCode, verified.all).toBe(0);
  });

  test('is none with another leaf: its flat kickstart is stale', async () => {
    await appendFile(join(at.root, 'leaves/l.cfg'), '\ntimesource --ntp-server=a.example\n');
    await expect(build()).rejects.toThrow('error[FLAT_STALE]');
  });
});

const isoPath = (): string => join(at.root, 'dist/iso-l/phyllome-l-44-rehearsal.iso');

async function damageIso(): Promise<void> {
  await chmod(isoPath(), 0o644);
  await appendFile(isoPath(), 'x');
}
