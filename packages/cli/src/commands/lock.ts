import { join } from 'node:path';
import { flatPath, isLive, requireFresh, type Workspace, writeIfChanged } from '@phyllome/pipeline';
import { type LockChange, currentLocks, lockChanges } from '@phyllome/rehearsal';
import { buildDatePath, buildDateText } from '@phyllome/pipeline/image';
import { CliError } from '../errors.ts';
import { say } from '../render.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';

export const examples: readonly Example[] = [
  ['phyllome lock', 'lock the packages that the mirror offers'],
  ['phyllome lock --check', 'fail when newer ones are on offer'],
];

export function define(command: Command, context: Context): void {
  command
    .option('--check', 'write nothing; fail when other versions are on offer', false)
    .action(async (options: { check: boolean }) => {
      const workspace = context.open();
      await lockCommand(workspace, { ...options, env: context.env, signal: context.signal });
    });
}

/** Changes of a lock file that are listed one by one. */
const shown = 40;

/**
 * `phyllome lock`: pins the Debian packages of rehearsals to the versions that the mirror offers today, in
 * `containers/rehearsal/*.lock`, and says what that changes; ISOs then bear today's date. With `check` it writes nothing.
 *
 * @throws {CliError} LOCK_STALE with `check`, when there are newer versions, or packages that are not locked.
 * @throws {RehearsalError} when the mirror does not answer.
 */
export async function lockCommand(
  workspace: Workspace,
  { check, env, signal }: { check: boolean; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<void> {
  const live = workspace.leaves.filter(isLive);
  for (const leaf of live) requireFresh(workspace, leaf);
  const locks = await currentLocks(
    {
      containersDir: join(workspace.root, 'containers'),
      kickstarts: live.map((leaf) => join(workspace.root, flatPath(leaf))),
    },
    { env, signal },
  );
  let changed = 0;
  for (const [name, text] of Object.entries(locks)) {
    const path = `containers/rehearsal/${name}`;
    const before = workspace.readFile(path) ?? '';
    const changes = lockChanges(before, text);
    changed += changes.length;
    if (!check) await writeIfChanged(workspace, path, text);
    say(`${path}: ${before === text ? 'fresh' : `${check ? 'stale' : 'written'}, ${changes.length} changes`}`);
    for (const change of changes.slice(0, shown)) say(`  ${describe(change)}`);
    if (changes.length > shown) say(`  and ${changes.length - shown} more: git diff has them`);
  }
  if (!check && changed > 0) {
    await writeIfChanged(workspace, buildDatePath, buildDateText(new Date()));
    say(`${buildDatePath}: today, so that ISOs keep the dates of newer packages`);
  }
  if (check && changed > 0)
    throw new CliError('LOCK_STALE', `${changed} packages are locked to other versions than the mirror offers`, {
      hint: 'pnpm phyllome lock, then review and commit the lock files',
    });
}

function describe({ name, from, to }: LockChange): string {
  if (from === undefined) return `${name}: new, ${to}`;
  return to === undefined ? `${name}: no longer needed` : `${name}: ${from} → ${to}`;
}
