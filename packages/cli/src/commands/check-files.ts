import { requireNoConfiguration, requireReadableFiles } from '@phyllome/pipeline';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';

export const examples: readonly Example[] = [
  ['phyllome check-files', 'report the first files that Nx might read for ever, or take for tasks of its own'],
  ['phyllome check-files', 'what pnpm nx runs before Nx'],
];

/**
 * `phyllome check-files`: what `pnpm nx` runs before Nx, which reads all files, and makes tasks of some, before it asks
 * anybody.
 */
export function define(command: Command, context: Context): void {
  command.action(() => {
    const { root } = context.open();
    requireNoConfiguration(root);
    requireReadableFiles(root);
  });
}
