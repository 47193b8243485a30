import { afterAll, beforeAll, describe } from 'vitest';
import { ownerLabel } from '../../src/container/labels.ts';
import {
  type Builder,
  type BuildEvent,
  buildIso,
  type BuildIsoOptions,
  type Engine,
  type IsoBuild,
  IsoBuildError,
} from '../../src/index.ts';
import { puppetBuild, puppetBuilder, temporaryDirectory } from '../puppet/puppet.ts';
import { absence, connectTo, engineKinds } from './engines.ts';

/** What tests with an engine have: the engine, the puppet's image context, a folder that goes away. */
export interface Setup {
  readonly kind: Engine['kind'];
  readonly engine: Engine;
  readonly builder: Builder;
  readonly folder: string;
  /** Released after the last test. */
  readonly resources: AsyncDisposableStack;
  /** Starts a build in which the puppet does this. Its result goes to `<folder>/out/<action>`. */
  build(action: string, options?: Partial<BuildIsoOptions>): IsoBuild;
  /** Names of the puppet's containers, running or not. */
  containers(): Promise<string[]>;
}

/** A suite for each engine; in CI the absence of one is a failure, elsewhere a skip that says so. */
export async function withEachEngine(title: string, suite: (at: Setup) => void): Promise<void> {
  for (const kind of engineKinds) await withEngine(kind, title, suite);
}

/** The same for what no engine has a part in: with the first that is here; `others`, with the rest of them. */
export async function withOneEngine(title: string, suite: (at: Setup) => void, others?: 'others'): Promise<void> {
  const absent = await Promise.all(engineKinds.map((kind) => absence(kind)));
  const first = Math.max(0, absent.indexOf(undefined));
  const kinds = engineKinds.filter((_, index) => (index === first) === (others === undefined));
  for (const kind of kinds) await withEngine(kind, title, suite);
}

async function withEngine(kind: Engine['kind'], title: string, suite: (at: Setup) => void): Promise<void> {
  const why = await absence(kind);
  if (why !== undefined) console.warn(`tests with ${kind} are skipped: ${why}`);
  describe.skipIf(why !== undefined)(`${title} with ${kind}`, () => {
    const resources = new AsyncDisposableStack();
    let made: { engine: Engine; builder: Builder; folder: string } | undefined;
    const get = (): NonNullable<typeof made> => {
      if (made === undefined) throw new Error('not before the first test');
      return made;
    };
    const at: Setup = {
      kind,
      resources,
      get engine() {
        return get().engine;
      },
      get builder() {
        return get().builder;
      },
      get folder() {
        return get().folder;
      },
      build: (action, options = {}) =>
        buildIso({ ...puppetBuild(at.folder, action), engine: at.engine, builder: at.builder, ...options }),
      async containers() {
        const label = [ownerLabel, 'org.phyllome.builder=puppet'];
        const all = await at.engine.docker.listContainers({ all: true, filters: { label } });
        return all.map(({ Names }) => Names[0]?.replace(/^\//u, '') ?? '');
      },
    };
    beforeAll(async () => {
      const folder = resources.use(await temporaryDirectory()).path;
      made = { folder, builder: await puppetBuilder(folder), engine: resources.use(await connectTo(kind)) };
    });
    afterAll(() => resources.disposeAsync());
    suite(at);
  });
}

export async function collect(events: AsyncIterable<BuildEvent>): Promise<BuildEvent[]> {
  const all: BuildEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** Waits until the build enters the phase. Fails when it ends before. */
export async function reached(build: IsoBuild, phase: string): Promise<void> {
  for await (const event of build.events()) if (event.type === 'phase' && event.phase === phase) return;
  throw new Error(`the build ended before ${phase}`);
}

export async function failureOf(build: IsoBuild): Promise<IsoBuildError> {
  const outcome: unknown = await build.result.catch((error: unknown) => error);
  if (outcome instanceof IsoBuildError) return outcome;
  throw new Error('it should have failed with an IsoBuildError', { cause: outcome });
}
