import type { Workspace } from '@phyllome/pipeline';
import { CliError } from '../errors.ts';
import { offeredToday, putLocks } from '../rehearsal-locks.ts';
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
  const { locks } = await offeredToday(workspace, { env, signal });
  const changed = await putLocks(workspace, locks, { check });
  if (check && changed > 0)
    throw new CliError('LOCK_STALE', `${changed} packages are locked to other versions than the mirror offers`, {
      hint: 'pnpm phyllome lock, then review and commit the lock files',
    });
}
