import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildIso, connectEngine, type Engine, IsoBuildError, type IsoResult } from '@phyllome/iso-builder';
import { rehearsalBuilder, type RehearsalReport } from '@phyllome/rehearsal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  cacheDigests,
  hostileLeaves,
  hostileMedium,
  hostState,
  kickstartWith,
  saidIn,
  saysClearly,
  tightLimits,
} from '../../../rehearsal/test/hostile/hostile.ts';
import { startContainer } from '../container.ts';

// One story on one engine: a build before, one with all hostile leaves, and one after. Those that end a
// build run alone.
const resources = new AsyncDisposableStack();
const volume = `phyllome-test-${crypto.randomUUID().slice(0, 8)}`;
const builder = {
  ...rehearsalBuilder(resolve(import.meta.dirname, '../../../../containers'), {
    network: 'none',
    scriptTimeoutSeconds: 60,
  }),
  caches: [{ name: volume, path: '/var/cache/phyllome' }],
};
const harmless = hostileLeaves.filter(({ refusal }) => refusal === undefined);
let engine: Engine;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phyllome-hostile-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  engine = resources.use(await connectEngine({ env: process.env }));
  resources.defer(() =>
    engine.docker
      .getVolume(volume)
      .remove()
      .catch(() => undefined),
  );
});
afterAll(() => resources.disposeAsync());

async function build(name: string, sections = '', changes: Partial<typeof builder> = {}): Promise<IsoResult> {
  const environment = { ...builder.environment, ...changes.environment };
  await using running = buildIso({
    engine,
    builder: { ...builder, ...changes, environment },
    kickstart: kickstartWith(sections),
    destination: join(folder, name),
    ...hostileMedium,
  });
  return await running.result;
}

async function inBuilder(command: string): Promise<string[]> {
  await using container = await startContainer(engine, builder, ['sh', '-c', command]);
  expect(await container.exitCode(), container.output()).toBe(0);
  return container.output().trim().split('\n');
}

let clean: IsoResult;

test('what hostile leaves try, reaches nothing: the host and the cache are as before, and so is the next ISO', async () => {
  expect(harmless.length).toBeGreaterThan(15);
  clean = await build('clean');
  const [host, cache] = [await hostState(), await inBuilder(cacheDigests)];

  await build('hostile', harmless.map(({ text }) => text).join('\n'));
  const said = await saidIn(join(folder, 'hostile/logs'));
  expect(said.filter((line) => line.startsWith('reached: '))).toEqual([]);
  for (const { name } of harmless) expect(said).toContain(`tried: ${name}`);

  expect(await hostState()).toEqual(host);
  expect(await inBuilder(cacheDigests)).toEqual(expect.arrayContaining(cache));
  const after = await build('after');
  const report: Partial<RehearsalReport> = after.manifest.report ?? {};
  expect(report.reused).toEqual(['packages', 'initramfs']);
  expect(after.sha256).toBe(clean.sha256);
});

test('the same leaves do reach things where nothing confines them', async () => {
  const unconfined = ['nochroot-cache', 'capabilities', 'huge-file', 'network'];
  for (const { name, text } of harmless.filter((leaf) => unconfined.includes(leaf.name))) {
    const script = text.replaceAll(/^%.*$/gmu, '');
    expect(
      (await inBuilder(script)).filter((line) => line.startsWith('reached: ')),
      name,
    ).not.toEqual([]);
  }
});

test.each([
  ['endless', { environment: { PHYLLOME_SCRIPT_TIMEOUT: '5' } }],
  ['kernel-fifo', {}],
  ['memory', { limits: tightLimits }],
  ['fork-bomb', { limits: tightLimits }],
])('%s ends with a clear outcome', async (name, changes) => {
  const leaf = hostileLeaves.find((one) => one.name === name);
  if (leaf === undefined) throw new Error(`there is no leaf ${name}`);
  const error: unknown = await build(name, leaf.text, changes).catch((failure: unknown) => failure);
  if (!(error instanceof IsoBuildError)) throw error;
  const { message, evidence } = error;
  expect(saysClearly(leaf, { message, kickstartLine: evidence.kickstartLine }), message).toBe(true);
});

/** What anybody who can write to the volume might do. */
const poison = `set -eu
cd /var/cache/phyllome
for layer in layers/*; do
  mkdir /tmp/layer && tar -xf "$layer" -C /tmp/layer --use-compress-program=zstd
  cp /tmp/layer/usr/bin/true /tmp/layer/usr/bin/poison && chmod 4755 /tmp/layer/usr/bin/poison
  tar -cf "$layer" -C /tmp/layer --use-compress-program='zstd -1' .
done
for file in initramfs/* closures/* index/*; do echo poison >>"$file"; done
for deb in debs/*.deb; do
  # Of the same size: apt looks at nothing else.
  size=$(stat -c %s "$deb") && head -c "$size" /dev/zero >"$deb.new" && mv "$deb.new" "$deb"
done
touch 'debs/x;touch PWNED;#_1_amd64.deb' debs/'$(touch PWNED)_1_amd64.deb'`;

test('a poisoned cache is not used, and the ISO is the same', async () => {
  await inBuilder(poison);
  const after = await build('poisoned');
  const report: Partial<RehearsalReport> = after.manifest.report ?? {};
  expect(report.reused).toEqual([]);
  expect(after.sha256).toBe(clean.sha256);
});
