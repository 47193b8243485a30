import { requireNoConfiguration, requireReadableFiles } from '@phyllome/pipeline';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { unreachableCacheServer } from '../nx-cache-server.ts';
import { printNote, printText } from '../print.ts';

export const examples: readonly Example[] = [
  ['phyllome check-files', 'report the first files that Nx might read for ever, or take for tasks of its own'],
  ['phyllome check-files --env', 'what pnpm nx runs before Nx, and adds to its environment'],
];

/**
 * `phyllome check-files`: what `pnpm nx` runs before Nx, which reads all files, and makes tasks of some, before it asks
 * anybody. With `--env` it prints what Nx is to have in its environment: that it skips a remote cache which is down.
 */
export function define(command: Command, context: Context): void {
  command
    .option('--env', 'print variables for Nx: to skip a remote cache whose server cannot be reached', false)
    .action(async ({ env }: { env: boolean }) => {
      const { root } = context.open();
      requireNoConfiguration(root);
      requireReadableFiles(root);
      if (!env) return;
      const problem = await unreachableCacheServer(context.env, context.signal);
      if (problem === undefined) return;
      printNote(`warning[${problem.code}] ${problem.message}\n  hint: ${problem.hint}`);
      printText('NX_SKIP_REMOTE_CACHE=true');
    });
}
