import { spawn } from 'node:child_process';
import { join } from 'node:path';

/**
 * When this process is interrupted, starts another that waits for its end and then runs `phyllome clean`.
 *
 * An interrupted build cleans up after itself within seconds. But Nx kills what it interrupted after five, and an
 * engine on a busy machine can take longer than that to remove a container. The shell in between ends at once, so that
 * the cleaner is not a child of ours any more, and what kills our process tree does not find it.
 */
export function cleanUpAfterExit(signal: AbortSignal): void {
  signal.addEventListener('abort', leaveCleaner, { once: true });
}

function leaveCleaner(): void {
  const command = [
    process.execPath,
    join(import.meta.dirname, '../bin/phyllome.js'),
    'clean',
    '--after',
    String(process.pid),
  ];
  spawn('sh', ['-c', '"$0" "$@" &', ...command], { detached: true, stdio: 'ignore' }).unref();
}
