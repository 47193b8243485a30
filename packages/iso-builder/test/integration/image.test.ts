import { expect, test } from 'vitest';
import { type Builder, type BuildEventBody, type ContextFile, ensureImage, IsoBuildError } from '../../src/index.ts';
import { withEachEngine } from './fixture.ts';

/** A builder whose image differs from every other run's. */
const builderOf = (containerfile: string, more: ContextFile[] = []): Builder => ({
  name: 'puppet',
  contextDigest: `sha256:${crypto.randomUUID()}`,
  privileges: { capDrop: [], capAdd: [], loopDevices: false, hostDev: false, unconfined: false },
  context: () => Promise.resolve([{ path: 'Containerfile', content: containerfile }, ...more]),
});

await withEachEngine('ensureImage', (at) => {
  const failureOf = async (builder: Builder): Promise<IsoBuildError> => {
    const outcome: unknown = await ensureImage(at.engine, builder).catch((error: unknown) => error);
    if (outcome instanceof IsoBuildError) return outcome;
    throw new Error('it should have failed with an IsoBuildError', { cause: outcome });
  };

  test('builds an image once, and finds it by the key of its context', async () => {
    const builder = builderOf('FROM scratch\nCOPY greeting /\n', [{ path: 'greeting', content: 'hello' }]);
    const events: BuildEventBody[] = [];
    const first = await ensureImage(at.engine, builder, { onEvent: (event) => events.push(event) });
    at.resources.defer(async () => {
      await at.engine.docker.getImage(first.id).remove({ force: true });
    });
    expect(first).toMatchObject({ digest: builder.contextDigest, built: true });
    expect(events).toContainEqual({
      type: 'log',
      source: 'image',
      line: containing('greeting'),
    });
    const context = (): Promise<never> => Promise.reject(new Error(`the context of ${first.id} was asked for`));
    expect(await ensureImage(at.engine, { ...builder, context })).toEqual({ ...first, built: false });
  });

  test('names a registry that cannot be reached, and says how to do without', async () => {
    // Names under .invalid never resolve (RFC 2606): the same failure as on a machine without a network.
    const error = await failureOf(builderOf('FROM registry.invalid/fedora:44\n'));
    expect(error).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: containing('cannot reach the image registry registry.invalid,'),
      hint: containing('PHYLLOME_BUILDER=rehearsal'),
    });
  });

  test('tells any other failure in the words of the at.engine, with the last lines', async () => {
    const error = await failureOf(builderOf('FROM scratch\nCOPY nothing /\n'));
    expect(error).toMatchObject({
      code: 'IMAGE_BUILD_FAILED',
      message: containing('nothing'),
    });
    expect(error.evidence.lastLines?.join('\n')).toMatch(/COPY nothing/u);
  });

  test('a file of the context that cannot be read fails the build', async () => {
    const builder = builderOf('FROM scratch\nCOPY gone /\n', [{ path: 'gone', file: '/nonexistent/gone' }]);
    expect((await failureOf(builder)).message).toContain('ENOENT');
  });

  test('abort while the context goes up: no image', async () => {
    const builder = builderOf('FROM scratch\nCOPY zeros /\n', [{ path: 'zeros', content: new Uint8Array(50_000_000) }]);
    const abort = new AbortController();
    const building = ensureImage(at.engine, builder, {
      signal: abort.signal,
      onEvent: () => abort.abort(new Error('Ctrl-C')),
    });
    await expect(building).rejects.toThrow('Ctrl-C');
    const filters = { label: [`org.phyllome.context=${builder.contextDigest}`] };
    expect(await at.engine.docker.listImages({ filters })).toEqual([]);
  });
});

/** Typed, unlike what it wraps. */
const containing = (part: string): unknown => expect.stringContaining(part);
