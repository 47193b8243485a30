import { basename, join, relative, sep } from 'node:path';
import { releasePath } from '@phyllome/pipeline';
import { configPlaces } from '@phyllome/pipeline/config/load';
import { watch } from 'chokidar';

/** An editor writes a file in several steps, or several files at once: what comes within this time is one change. Milliseconds. */
const SETTLED = 50;

/**
 * The changes of everything that decides what leaves flatten to, as the paths of one save, relative to the checkout.
 * Files may come, go, be renamed over others and be broken; so may folders, `leaves/` itself included.
 *
 * It ends when the signal fires.
 */
export async function* leafChanges(root: string, signal: AbortSignal): AsyncGenerator<readonly string[]> {
  const leaves = join(root, 'leaves');
  const watcher = watch(root, {
    ignored: (path) =>
      path !== root &&
      path !== join(root, releasePath) &&
      !configPlaces(root).includes(path) &&
      path !== leaves &&
      !path.startsWith(leaves + sep),
  });
  const [changed, known] = [new Set<string>(), new Set<string>()];
  let isReady = false;
  let wake = Promise.withResolvers<void>();
  const stop = (): void => wake.resolve();
  signal.addEventListener('abort', stop);
  watcher.on('all', (_, path) => {
    if (!isReady) known.add(path);
    if (!isReady || (!known.has(path) && !isKickstart(path))) return;
    changed.add(relative(root, path));
    setTimeout(() => wake.resolve(), SETTLED);
  });
  // A folder that cannot be read: what can be is watched on.
  watcher.on('error', stop);
  try {
    await new Promise<void>((resolve) => {
      watcher.once('ready', resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    isReady = true;
    // Whatever was saved until now is reported as one change.
    yield [];
    for (;;) {
      await wake.promise;
      if (signal.aborted) return;
      wake = Promise.withResolvers();
      const paths = [...changed];
      changed.clear();
      if (paths.length > 0) yield paths;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    await watcher.close();
  }
}

/**
 * Whether a file that appears is one that leaves may be made of, by its name: editors put others beside what they save.
 * vim writes `4913` and `.nano.cfg.swp`, Emacs `.#nano.cfg` and `#nano.cfg#`, sed `sedXb1Zk2`, many `nano.cfg~`.
 */
function isKickstart(path: string): boolean {
  const name = basename(path);
  return /\.(?:cfg|ks|json)$/u.test(name) && !/^[.#]/u.test(name);
}
