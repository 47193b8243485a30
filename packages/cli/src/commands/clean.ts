import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from '@phyllome/host';
import { removeMachineImages } from '@phyllome/builder-vm';
import { openEngine, reapLeftovers, reapPartialResults, removeCaches } from '@phyllome/iso-builder';
import { distOf, editionOf, installerOf, isLive, type Workspace } from '@phyllome/pipeline';
import { emptyStore, type ImageStore, removeUnfinished } from '@phyllome/pipeline/store';
import { say } from '../render.ts';
import { type Command, Option } from 'commander';
import type { Context, Example } from '../command.ts';
import { wholeNumber } from '../options/number.ts';
import { openStore } from '@phyllome/pipeline/store';

export const examples: readonly Example[] = [
  ['phyllome clean', 'remove the leftovers of killed builds'],
  ['phyllome clean --dry-run', 'print what that would be'],
  ['phyllome clean --images', 'empty the image store and the caches as well'],
];

export function define(command: Command, context: Context): void {
  command
    .option('--images', "also empty the image store and drop the builders' downloads", false)
    .addOption(new Option('--after <pid>', 'wait for a process to end first').argParser(wholeNumber).hideHelp())
    .option('--dry-run', 'remove nothing; print what would be removed', false)
    .option('--force', 'also locks and unfinished results of other machines, which may still be at work', false)
    .action(async (options: { images: boolean; force: boolean; dryRun: boolean; after?: number }) => {
      const workspace = context.open();
      const { env, signal } = context;
      await cleanCommand(workspace, { after: undefined, ...options, store: openStore(env), env, signal });
    });
}

export interface CleanOptions {
  /** Also empty the image store and drop the builders' downloads. */
  images: boolean;
  /** Also remove locks and unfinished results of other machines and containers, whether they live or not. */
  force: boolean;
  /** Remove nothing, and print the names of what would be removed. */
  dryRun: boolean;
  /** Wait for the process of this id to end first. */
  after: number | undefined;
  store: ImageStore;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** `phyllome clean`: removes what killed builds left on the engine and in `dist/`. */
export async function cleanCommand(workspace: Workspace, options: CleanOptions): Promise<void> {
  const { store, env, signal, dryRun, force } = options;
  if (options.after !== undefined) await ended(options.after, signal);
  const removed = dryRun ? 'would be removed' : 'removed';
  const named = (names: readonly string[]): void => {
    if (dryRun) for (const name of names) say(`  ${name}`);
  };
  const editions = workspace.leaves.map((leaf) => (isLive(leaf) ? editionOf(leaf) : installerOf(leaf)));
  const partial = await Promise.all(
    editions.map((edition) => reapPartialResults(distOf(workspace, edition), { force, dryRun })),
  );
  say(`dist/: ${partial.flat().length} unfinished results ${removed}`);
  named(partial.flat());
  say(`${store.root}: ${await removeUnfinished(store, { dryRun })} unfinished files ${removed}`);

  if (options.images) {
    const machines = await removeMachineImages(env, { dryRun });
    say(`machines: ${machines.length} exported images ${removed}`);
    named(machines);
  }
  await using engine = await openEngine({ env, signal });
  const reaped = await reapLeftovers(engine, { dryRun });
  say(`${engine.kind}: ${reaped.length} leftover ${engine.kind === 'host' ? 'directories' : 'containers'} ${removed}`);
  named(reaped);
  if (options.images) {
    if (!dryRun) await emptyStore(store);
    say(`${store.root}: ${dryRun ? 'would be emptied' : 'emptied'}`);
    const caches = engine.kind === 'host' ? [] : await removeCaches(engine, undefined, { dryRun });
    if (caches.length > 0) say(`${engine.kind}: ${dryRun ? 'would remove' : 'removed'} the cache ${caches.join(', ')}`);
  }
}

/** Resolves when the process is gone, or a zombie. */
async function ended(pid: number, signal: AbortSignal): Promise<void> {
  while (isRunning(pid)) await sleep(100, undefined, { signal });
}
