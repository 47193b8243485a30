import { spawnSync } from 'node:child_process';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Checkout, checkout } from '../checkout.ts';
import { startNxCacheServer } from '../nx-cache-server.ts';
import { puppetHost, puppetNeeds } from '../puppet-host.ts';

/**
 * What runs again after what: every input, for every target, with Nx's daemon and without, with a cache of this machine
 * and with one that came from a server. Nx, the pipeline and the store are real; only the ISO is made at once.
 */

const lacking = [
  ...(process.getuid?.() === 0 ? [] : ['root']),
  ...puppetNeeds.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0),
];
if (lacking.length > 0)
  process.stdout.write(`left out, as ${lacking.join(', ')} is missing: the truth table of caches\n`);
const isLeftOut = lacking.length > 0 && process.env['CI'] !== 'true';

/** Of a cacheable target: it ran, or its result was there. */
type Did = 'run' | 'hit';
interface Row {
  input: string;
  /** Makes the change. Returns what is to be in the environment. */
  change: (at: Checkout) => Promise<void>;
  env?: Record<string, string>;
  flatten: Did;
  image: Did;
  /** ISOs that are built. */
  builds: number;
}

const append = (path: string, text: string) => (at: Checkout) => appendFile(join(at.root, path), text);
const rows: readonly Row[] = [
  { input: 'nothing', change: async () => {}, flatten: 'hit', image: 'hit', builds: 0 },
  {
    input: 'a comment in an included block',
    change: append('leaves/blocks/network.cfg', '\n# x\n'),
    flatten: 'run',
    image: 'hit',
    builds: 0,
  },
  {
    input: 'a command in the leaf',
    change: append('leaves/l.cfg', '\ntimesource --ntp-server=a.example\n'),
    flatten: 'run',
    image: 'run',
    builds: 1,
  },
  {
    input: 'a block that it does not include',
    change: append('leaves/blocks/desktop/gnome.cfg', '\nskipx\n'),
    flatten: 'hit',
    image: 'hit',
    builds: 0,
  },
  {
    input: 'the chosen builder',
    change: append('containers/rehearsal/Containerfile', '# x\n'),
    flatten: 'hit',
    image: 'run',
    builds: 1,
  },
  {
    input: 'the other builder',
    change: append('containers/fedora/Containerfile', '# x\n'),
    flatten: 'hit',
    image: 'hit',
    builds: 0,
  },
  {
    input: 'code that decides ISOs',
    change: append('packages/pipeline/src/image/plan.ts', '// x\n'),
    flatten: 'hit',
    image: 'run',
    builds: 1,
  },
  {
    input: 'code that keeps, shares and signs',
    change: append('packages/pipeline/src/remote/push.ts', '// x\n'),
    flatten: 'hit',
    image: 'hit',
    builds: 0,
  },
  {
    input: 'code that prints',
    change: append('packages/cli/src/print.ts', '// x\n'),
    flatten: 'hit',
    image: 'hit',
    builds: 0,
  },
  {
    input: 'code that judges',
    change: append('packages/vm-tester/src/index.ts', '// x\n'),
    flatten: 'hit',
    image: 'hit',
    builds: 0,
  },
  { input: 'documentation', change: append('README.md', 'x\n'), flatten: 'hit', image: 'hit', builds: 0 },
  {
    input: 'the build date',
    change: (at) => writeFile(join(at.root, 'containers/build-date'), '2026-10-01\n'),
    flatten: 'hit',
    image: 'run',
    builds: 1,
  },
  {
    input: 'the boot arguments',
    change: async () => {},
    env: { PHYLLOME_EXTRA_BOOT_ARGS: 'quiet' },
    flatten: 'hit',
    image: 'run',
    builds: 1,
  },
  {
    input: 'dist/, deleted',
    change: (at) => rm(join(at.root, 'dist'), { recursive: true }),
    flatten: 'hit',
    image: 'hit',
    builds: 0,
  },
];

const table: string[] = [];
afterAll(() => {
  if (table.length > 0) process.stdout.write(`\n${table.join('\n')}\n`);
});

describe.skipIf(isLeftOut).each([
  { daemon: 'off', cache: 'local' },
  { daemon: 'off', cache: 'remote' },
  { daemon: 'on', cache: 'local' },
  { daemon: 'on', cache: 'remote' },
])('daemon $daemon, $cache cache', ({ daemon, cache }) => {
  test('each input reruns what depends on it, and nothing else', async () => {
    await using clone = await start({ daemon, cache });
    const { host, server, at } = clone;
    const first = await run(at);
    expect(first.exitCode, first.all).toBe(0);
    table.push(`daemon ${daemon}, ${cache} cache`.padEnd(36) + 'flatten  validate  image  builds');
    for (const row of rows) {
      const before = await host.builds();
      await row.change(at);
      // What is known comes from the server then, or not at all.
      if (cache === 'remote') await rm(join(at.root, '.nx-cache'), { recursive: true, force: true });
      const asked = server.answers.length;
      const { exitCode, all } = await run(at, row.env);
      expect(exitCode, `${row.input}: ${all}`).toBe(0);
      const found = {
        flatten: did(all, 'flatten'),
        validate: did(all, 'validate'),
        image: did(all, 'image:draft'),
        builds: (await host.builds()) - before,
      };
      table.push(
        `  ${row.input.padEnd(34)}${found.flatten.padEnd(9)}${found.validate.padEnd(10)}${found.image.padEnd(7)}${found.builds}`,
      );
      const { flatten, image, builds } = row;
      expect(found, `${row.input}: ${all}`).toEqual({ flatten, validate: 'run', image, builds });
      const served = server.answers.slice(asked).includes('GET 200');
      expect(served || cache === 'local' || flatten === 'run', row.input).toBe(true);
    }
  });

  test('three builds that have nothing to do build once after the store was emptied', async () => {
    await using clone = await start({ daemon, cache });
    const { host, at } = clone;
    await run(at);
    expect(await host.builds()).toBe(1);
    await rm(join(at.root, '.store'), { recursive: true });
    for (let times = 0; times < 3; times += 1) {
      const { exitCode, all } = await at.pnpm('nx', 'build', 'iso-l');
      expect(exitCode, all).toBe(0);
      expect(await host.builds()).toBe(2);
    }
    // What Nx brings back is not what is there, and what is there is whole.
    const verified = await at.pnpm('phyllome', 'verify', 'l');
    expect(verified.exitCode, verified.all).toBe(0);
  });
});

/** A clone that builds at once, with Nx's daemon or without, and what keeps Nx's cache. */
async function start({ daemon, cache }: { daemon: string; cache: string }) {
  await using resources = new AsyncDisposableStack();
  const host = resources.use(await puppetHost());
  const server = resources.use(await startNxCacheServer());
  const at = resources.use(
    await checkout({
      ...host.env,
      ...(cache === 'remote' ? server.env : {}),
      NX_DAEMON: String(daemon === 'on'),
    }),
  );
  resources.defer(async () => void (await at.pnpm('nx', 'daemon', '--stop')));
  const all = resources.move();
  return { host, server, at, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

function run(at: Checkout, env: Record<string, string> = {}) {
  return at.pnpmWith(
    env,
    'nx',
    'run-many',
    '-t',
    'flatten',
    'validate',
    'image',
    'build',
    '-p',
    'iso-l',
    '--output-style=static',
    '--parallel=1',
  );
}

/** What Nx says of a task of iso-l. */
function did(output: string, target: string): Did | 'unknown' {
  const line = output.split('\n').find((one) => one.includes(`nx run iso-l:${target}`));
  if (line === undefined) return 'unknown';
  return /\[(?:local cache|remote cache|existing outputs match the cache, left as is)\]/u.test(line) ? 'hit' : 'run';
}
