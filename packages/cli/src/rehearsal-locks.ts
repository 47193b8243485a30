import { join } from 'node:path';
import { flatPath, isLive, requireFresh, type Workspace, writeIfChanged } from '@phyllome/pipeline';
import { buildDatePath, buildDateText } from '@phyllome/pipeline/image';
import { type LockChange, lockChanges, type Locks, type Offered, offeredPackages } from '@phyllome/rehearsal';
import { say } from './render.ts';

/** Changes of a lock file that are listed one by one. */
const shown = 40;

/**
 * The Debian packages that the live editions, in their order, come to today, and the lock files of that.
 *
 * @throws {RehearsalError} when the mirror does not answer.
 */
export async function offeredToday(
  workspace: Workspace,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Offered> {
  const live = workspace.leaves.filter(isLive);
  for (const leaf of live) requireFresh(workspace, leaf);
  return await offeredPackages(
    {
      containersDir: join(workspace.root, 'containers'),
      kickstarts: live.map((leaf) => join(workspace.root, flatPath(leaf))),
    },
    { env, signal },
  );
}

/**
 * Writes the lock files, unless they are only to be checked, and prints what that changes; ISOs then bear today's date.
 *
 * @param options `quiet` prints nothing
 * @returns how many packages are otherwise
 */
export async function putLocks(
  workspace: Workspace,
  locks: Locks,
  { check, quiet = false }: { check: boolean; quiet?: boolean },
): Promise<number> {
  const print = (line: string): void => {
    if (!quiet) say(line);
  };
  let changed = 0;
  for (const [name, text] of Object.entries(locks)) {
    const path = `containers/rehearsal/${name}`;
    const before = workspace.readFile(path) ?? '';
    const changes = lockChanges(before, text);
    changed += changes.length;
    if (!check) await writeIfChanged(workspace, path, text);
    print(`${path}: ${before === text ? 'fresh' : `${check ? 'stale' : 'written'}, ${changes.length} changes`}`);
    for (const change of changes.slice(0, shown)) print(`  ${describe(change)}`);
    if (changes.length > shown) print(`  and ${changes.length - shown} more: git diff has them`);
  }
  if (!check && changed > 0) {
    await writeIfChanged(workspace, buildDatePath, buildDateText(new Date()));
    print(`${buildDatePath}: today, so that ISOs keep the dates of newer packages`);
  }
  return changed;
}

function describe({ name, from, to }: LockChange): string {
  if (from === undefined) return `${name}: new, ${to}`;
  return to === undefined ? `${name}: no longer needed` : `${name}: ${from} → ${to}`;
}
