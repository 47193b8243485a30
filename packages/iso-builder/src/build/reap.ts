import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { removeContainer } from '../container/remove.ts';
import { ownerLabel } from '../container/labels.ts';
import { request } from '../container/requests.ts';
import { codeOf, isAlive, isHere, parseOwner, reapLock } from '@phyllome/host';
import { destinationLock } from './lock.ts';
import type { BuildEngine, Engine } from '../engine/engine.ts';
import { reapWorkDirectories } from '../executor/work-directory.ts';

/**
 * Removes the containers of builds whose process on this host is gone: it was killed, or the machine went down. Those
 * of living processes, other hosts and other namespaces of process ids are left alone.
 *
 * @param dryRun removes nothing
 * @returns the names of what was removed, or would be
 * @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST
 */
export async function reapContainers(engine: Engine, { dryRun = false } = {}): Promise<string[]> {
  const containers = await request(engine, 'list its containers', () =>
    engine.docker.listContainers({ all: true, filters: { label: [ownerLabel] } }),
  );
  const removed: string[] = [];
  for (const { Id, Names, Labels } of containers) {
    const owner = parseOwner(Labels[ownerLabel] ?? '');
    if (owner === undefined || isAlive(owner)) continue;
    if (!dryRun) await removeContainer(engine, Id);
    removed.push(Names[0]?.replace(/^\//u, '') ?? Id);
  }
  return removed;
}

/** The same on any engine: containers, or what builds on this machine itself left. */
export function reapLeftovers(engine: BuildEngine, options: { dryRun?: boolean } = {}): Promise<string[]> {
  // A machine's work directory goes with its process.
  if (engine.kind === 'vm') return Promise.resolve([]);
  return engine.kind === 'host' ? reapWorkDirectories(options) : reapContainers(engine, options);
}

/** Start of the names of the directories in which results for this destination are assembled. */
export const partialPrefix = (destination: string): string => `.${basename(destination)}.partial~`;

/**
 * Removes the half-assembled results, and the locks, held or waited for, that killed builds left beside the destination.
 *
 * @param force also those of other machines and containers, which cannot be checked
 * @param dryRun removes nothing
 * @returns the names of what was removed, or would be
 */
export async function reapPartialResults(
  destination: string,
  { force = false, dryRun = false } = {},
): Promise<string[]> {
  const lock = destinationLock(destination);
  const prefixes = [partialPrefix(destination), `${basename(lock)}~`];
  const removed: string[] = [];
  // A destination that is a link to a directory has them inside.
  const inside = await entriesOf(destination).catch(() => []);
  for (const [parent, names] of [
    [dirname(destination), await entriesOf(dirname(destination))],
    [destination, inside],
  ] as const)
    for (const name of names) {
      const prefix = prefixes.find((one) => name.startsWith(one));
      const owner = prefix === undefined ? undefined : parseOwner(name.slice(prefix.length));
      if (owner === undefined || (isAlive(owner) && (isHere(owner) || !force))) continue;
      if (!dryRun) await rm(join(parent, name), { recursive: true, force: true });
      removed.push(name);
    }
  if (await reapLock(lock, { force, dryRun })) removed.push(basename(lock));
  return removed;
}

/** Names in a directory; none when there is no such directory. */
export async function entriesOf(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
