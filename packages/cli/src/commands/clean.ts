import { connectEngine, reapLeftovers, removeCaches } from '@phyllome/iso-builder';
import { say } from '../render.ts';
import { type ImageStore, emptyStore } from '../store.ts';

/**
 * `phyllome clean`: removes what a killed build left on the engine; with `images`, also every ISO in the store and the
 * builders' downloads.
 */
export async function cleanCommand(options: {
  images: boolean;
  store: ImageStore;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}): Promise<void> {
  await using engine = await connectEngine({ env: options.env, signal: options.signal });
  const reaped = await reapLeftovers(engine);
  say(`${engine.kind}: ${reaped.length} leftover containers removed`);
  if (options.images) {
    await emptyStore(options.store);
    say(`${options.store.root}: emptied`);
    const caches = await removeCaches(engine);
    if (caches.length > 0) say(`${engine.kind}: removed the cache ${caches.join(', ')}`);
  }
}
