/**
 * One build with one hostile leaf, by the user who runs this, with whatever engine they have:
 *
 *   node bench/hostile/once.ts VOLUME FOLDER LEAF|clean|remove
 *
 * Prints one line of JSON, an `Outcome`. `clean` builds without a leaf, `remove` removes the volume.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildIso, connectEngine, type Engine, IsoBuildError } from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { startContainer } from '../../packages/cli/test/container.ts';
import { canLimit } from '../../packages/iso-builder/src/container/limits.ts';
import {
  cacheDigests,
  hostileLeaves,
  hostileMedium,
  kickstartWith,
  saidIn,
  tightLimits,
} from '../../packages/rehearsal/test/hostile/hostile.ts';
import type { Outcome } from './outcome.ts';

const [volume = '', folder = '', name = ''] = process.argv.slice(2);
await using engine = await connectEngine({ env: process.env });
if (name === 'remove') for (const one of await volumes(engine)) await engine.docker.getVolume(one).remove();
else console.log(JSON.stringify(await outcomeOf(engine)));

/** The cache; where containers have a user name space, it is another one. */
async function volumes({ docker }: Engine): Promise<string[]> {
  const { Volumes } = await docker.listVolumes();
  return (Volumes ?? []).map(({ Name }) => Name).filter((one) => one.startsWith(volume));
}

async function outcomeOf({ docker }: Engine): Promise<Outcome> {
  const leaf = hostileLeaves.find((one) => one.name === name);
  if (leaf === undefined && name !== 'clean') throw new Error(`there is no leaf ${name}`);
  const builder = {
    ...rehearsalBuilder(resolve(import.meta.dirname, '../../containers'), {
      network: 'none',
      scriptTimeoutSeconds: name === 'endless' ? 5 : 60,
    }),
    caches: [{ name: volume, path: '/var/cache/phyllome' }],
    ...(name === 'fork-bomb' || name === 'memory' ? { limits: tightLimits } : {}),
  };
  const work = await mkdtemp(join(folder, 'build-'));
  const started = performance.now();
  const destination = join(work, 'result');
  try {
    await using running = buildIso({
      engine,
      builder,
      kickstart: kickstartWith(leaf?.text ?? ''),
      destination,
      ...hostileMedium,
    });
    const { sha256, refusal } = await running.result.then(
      (result) => ({ sha256: result.sha256, refusal: undefined }),
      (error: unknown) => {
        if (!(error instanceof IsoBuildError)) throw error;
        const { message, evidence } = error;
        return { sha256: undefined, refusal: { message, kickstartLine: evidence.kickstartLine } };
      },
    );
    const seconds = (performance.now() - started) / 1000;
    const logs = refusal === undefined ? destination : `${destination}.failed`;
    const said = await saidIn(logs).catch(() => []);
    const caches = (await volumes(engine)).map((one) => ({ name: one, path: '/var/cache/phyllome' }));
    await using container = await startContainer(engine, { ...builder, caches }, ['sh', '-c', cacheDigests]);
    if ((await container.exitCode()) !== 0) throw new Error(container.output());
    return {
      sha256,
      refusal,
      seconds,
      said,
      cache: container.output().trim().split('\n').toSorted(),
      limits: canLimit(await docker.info()),
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
