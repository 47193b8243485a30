import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ownerLabel } from '../../src/container/labels.ts';
import { tarOf } from '../../src/container/tar.ts';
import { type Builder, type BuildEventBody, type Engine, ensureImage, reapLeftovers } from '../../src/index.ts';
import { puppetBuilder, temporaryDirectory } from '../puppet/puppet.ts';
import { absence, connectTo, engineKinds } from './engines.ts';

for (const kind of engineKinds) {
  const why = await absence(kind);
  if (why !== undefined) console.warn(`tests with ${kind} are skipped: ${why}`);

  describe.skipIf(why !== undefined)(`two processes at the same, with ${kind}`, () => {
    const resources = new AsyncDisposableStack();
    let engine: Engine;
    let builder: Builder;
    let folder: string;

    beforeAll(async () => {
      folder = resources.use(await temporaryDirectory()).path;
      builder = await puppetBuilder(folder);
      engine = resources.use(await connectTo(kind));
      await ensureImage(engine, builder);
    });
    afterAll(() => resources.disposeAsync());

    /** A build that goes on when it is told to, in a process of its own. */
    const start = (): Child => new Child(spawn({ PHYLLOME_ENGINE: kind, PUPPET_FOLDER: folder }));
    const tell = async (): Promise<void> => {
      const [running] = await engine.docker.listContainers({
        filters: { label: [ownerLabel, 'org.phyllome.builder=puppet'] },
      });
      await engine.docker
        .getContainer(running?.Id ?? '')
        .putArchive(tarOf([{ path: 'go', content: '' }]), { path: '/phyllome/tmp' });
    };
    const hidden = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name.startsWith('.'));

    test('the second waits, says so, and shares the result', async () => {
      const first = start();
      await first.says('install');
      const second = start();
      await second.says('"waiting"');
      expect(second.said).toContain(`process ${first.process.pid}`);
      await tell();
      await Promise.all([first.ends(), second.ends()]);
      expect(first.said).toContain('{"shared":false}');
      expect(second.said).toContain('{"shared":true}');
      expect(second.said).not.toContain('upload');
      expect(/"sha256":"(\w+)"/u.exec(second.said)?.[1]).toBe(
        JSON.parse(await readFile(join(folder, 'killed', 'manifest.json'), 'utf8')).iso.sha256,
      );
      expect(await hidden()).toEqual([]);
    });

    test('when the first is killed, the second builds', async () => {
      const first = start();
      await first.says('install');
      const second = start();
      await second.says('"waiting"');
      first.process.kill('SIGKILL');
      await first.process;
      await second.says('install');
      await tell();
      await second.ends();
      expect(second.said).toContain('{"shared":false}');
      expect(await hidden()).toEqual([]);
      await reapLeftovers(engine);
    });

    test('an image is built once', async () => {
      const asked = Promise.withResolvers<undefined>();
      const goOn = Promise.withResolvers<undefined>();
      const fresh: Builder = {
        ...builder,
        contextDigest: `sha256:${crypto.randomUUID().replaceAll('-', '').repeat(2)}`,
        context: async (options) => {
          asked.resolve(undefined);
          await goOn.promise;
          return builder.context(options);
        },
      };
      const first = ensureImage(engine, fresh);
      await asked.promise;
      const waiting = Promise.withResolvers<BuildEventBody>();
      const second = ensureImage(engine, fresh, { onEvent: waiting.resolve });
      expect(await waiting.promise).toMatchObject({ type: 'waiting', what: 'image' });
      goOn.resolve(undefined);
      const [one, two] = await Promise.all([first, second]);
      expect([one.built, two.built]).toEqual([true, false]);
      expect(two.id).toBe(one.id);
      await engine.docker.getImage(one.id).remove();
    });
  });
}

const spawn = (env: Record<string, string>) =>
  execa(process.execPath, [join(import.meta.dirname, '..', 'puppet', 'build.ts')], {
    env: { ...env, PUPPET_ACTION: 'succeed-when-told' },
    reject: false,
  });

class Child {
  readonly process: ReturnType<typeof spawn>;
  said = '';

  constructor(process: ReturnType<typeof spawn>) {
    this.process = process;
    process.stdout.on('data', (text: Buffer) => (this.said += text.toString()));
  }

  /** Waits until it says so. Fails when it ends before. */
  async says(words: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (this.said.includes(words)) resolve();
      };
      look();
      this.process.stdout.on('data', look);
      this.process.then(({ stderr }) => reject(new Error(`it ended before it said ${words}: ${stderr}`)), reject);
    });
  }

  async ends(): Promise<void> {
    const { exitCode, stderr } = await this.process;
    if (exitCode !== 0) throw new Error(`it failed: ${stderr}`);
  }
}
