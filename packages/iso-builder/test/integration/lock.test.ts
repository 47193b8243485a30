import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { ownerLabel } from '../../src/container/labels.ts';
import { tarOf } from '../../src/container/tar.ts';
import { type Builder, type BuildEventBody, ensureImage, reapLeftovers } from '../../src/index.ts';
import { engineEnv } from './engines.ts';
import { withEachEngine } from './fixture.ts';

await withEachEngine('two processes at the same,', (at) => {
  beforeAll(async () => {
    await ensureImage(at.engine, at.builder);
  });

  /** A build that goes on when it is told to, in a process of its own. */
  const start = (): Child => new Child(spawn({ ...engineEnv(at.kind), PUPPET_FOLDER: at.folder }));
  const tell = async (): Promise<void> => {
    const [running] = await at.engine.docker.listContainers({
      filters: { label: [ownerLabel, 'org.phyllome.builder=puppet'] },
    });
    await at.engine.docker
      .getContainer(running?.Id ?? '')
      .putArchive(tarOf([{ path: 'go', content: '' }]), { path: '/phyllome/tmp' });
  };
  const hidden = async (): Promise<string[]> => (await readdir(at.folder)).filter((name) => name.startsWith('.'));

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
      JSON.parse(await readFile(join(at.folder, 'killed', 'manifest.json'), 'utf8')).iso.sha256,
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
    await reapLeftovers(at.engine);
  });

  test('an image is built once', async () => {
    const asked = Promise.withResolvers<undefined>();
    const goOn = Promise.withResolvers<undefined>();
    const fresh: Builder = {
      ...at.builder,
      contextDigest: `sha256:${crypto.randomUUID().replaceAll('-', '').repeat(2)}`,
      context: async (options) => {
        asked.resolve(undefined);
        await goOn.promise;
        return at.builder.context(options);
      },
    };
    const first = ensureImage(at.engine, fresh);
    await asked.promise;
    const waiting = Promise.withResolvers<BuildEventBody>();
    const second = ensureImage(at.engine, fresh, { onEvent: waiting.resolve });
    expect(await waiting.promise).toMatchObject({ type: 'waiting', what: 'image' });
    goOn.resolve(undefined);
    const [one, two] = await Promise.all([first, second]);
    expect([one.built, two.built]).toEqual([true, false]);
    expect(two.id).toBe(one.id);
    await at.engine.docker.getImage(one.id).remove();
  });
});

const spawn = (env: NodeJS.ProcessEnv) =>
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
