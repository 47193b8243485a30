import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { VmTesterError } from '../errors.ts';

const Jobs = z.array(z.object({ id: z.string(), status: z.string(), error: z.string().optional() }));

const POLL_EVERY_MS = 10;

export type Execute = (command: string, args?: Record<string, unknown>) => Promise<unknown>;

/**
 * Runs a QMP command that starts a job, and waits until the job has ended (QEMU's qapi/job.json), or `signal` fires.
 * @throws {VmTesterError} QMP_COMMAND when the command or the job fails, QMP_CLOSED
 */
export async function runJob(
  execute: Execute,
  command: string,
  args: Record<string, unknown>,
  signal: AbortSignal,
): Promise<void> {
  const id = `job-${command}`;
  await execute(command, { 'job-id': id, ...args });
  for (;;) {
    const job = Jobs.parse(await execute('query-jobs')).find((one) => one.id === id);
    if (!job) return;
    if (job.status === 'concluded') {
      await execute('job-dismiss', { id });
      if (job.error === undefined) return;
      throw new VmTesterError('QMP_COMMAND', `QEMU's ${command} failed: ${job.error}`, {
        hint: 'qmp.jsonl in the artifacts has the conversation; check the free space in the temporary directory',
      });
    }
    signal.throwIfAborted();
    await sleep(POLL_EVERY_MS);
  }
}
