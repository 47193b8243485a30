import { Readable } from 'node:stream';
import * as z from 'zod';
import { ownOwner } from '@phyllome/host';
import type { Engine } from '../engine/engine.ts';
import { builderLabel, ownerLabel } from './labels.ts';
import { removeContainer } from './remove.ts';
import { request } from './requests.ts';

const inspectSchema = z.object({ Config: z.object({ Env: z.array(z.string()).nullish() }) });

/**
 * Hands out an image's file system as one tar stream, all layers of it in one, and the environment that it gives its
 * programs. A container is made of it for that, which never starts and goes afterwards: engines export nothing else flat.
 *
 * @param use must read the stream to its end before it settles
 * @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST
 */
export async function exportImage<T>(
  engine: Engine,
  { imageId, builder, signal }: { imageId: string; builder: string; signal?: AbortSignal | undefined },
  use: (image: { tar: Readable; environment: string[] }) => Promise<T>,
): Promise<T> {
  const name = `phyllome-export-${crypto.randomUUID().slice(0, 13)}`;
  await using resources = new AsyncDisposableStack();
  // By name and before the request: a request that breaks off may still have made the container.
  resources.defer(() => removeContainer(engine, name));
  return await request(
    engine,
    'export an image',
    async () => {
      const { Config } = inspectSchema.parse(await engine.docker.getImage(imageId).inspect());
      const container = await engine.docker.createContainer({
        name,
        Image: imageId,
        Entrypoint: [],
        Cmd: ['true'],
        Labels: { [ownerLabel]: ownOwner, [builderLabel]: builder },
      });
      signal?.throwIfAborted();
      const tar = Readable.from(await container.export());
      signal?.addEventListener('abort', () => tar.destroy(), { once: true });
      return await use({ tar, environment: Config.Env ?? [] });
    },
    { answerMs: 10 * 60_000, silenceMs: 10 * 60_000 },
  );
}
