import { connectEngine, type PreflightCheck, preflight } from '@phyllome/iso-builder';
import { probeHost } from '@phyllome/vm-tester';
import { chooseBuilder } from '../builders.ts';
import { codeOf } from '../exit-codes.ts';
import { say } from '../render.ts';
import type { Workspace } from '../workspace.ts';

/** A check of the machine as it is shown; those of iso-builder have the same shape. */
interface Line extends Omit<PreflightCheck, 'id'> {
  id: string;
}

/**
 * `phyllome doctor`: whether this machine can build and test editions, check by check, those named that the chosen
 * builder does not need. Builds nothing. False when a check failed.
 */
export async function doctorCommand(
  workspace: Workspace,
  { format, env, signal }: { format: 'human' | 'json'; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<boolean> {
  const builder = chooseBuilder(workspace.root, 'draft', env);
  const lines: Line[] = [
    ...(await attempt('engine', 'it runs the builder', async () => {
      await using engine = await connectEngine({ env, signal });
      const found = `${engine.kind} ${engine.version} at ${engine.endpoint}`;
      return [ok('engine', found, 'it runs the builder'), ...(await preflight(engine, builder))];
    })),
    ...(await attempt('qemu', 'it boots the ISO for test-vm', async () => {
      const { qemu, accelerator, reason } = await probeHost({ env, signal });
      return [ok('qemu', `QEMU ${qemu.version}, ${accelerator}: ${reason}`, 'it boots the ISO for test-vm')];
    })),
  ];
  const good = lines.every(({ status }) => status !== 'failed');
  if (format === 'json') {
    say(JSON.stringify({ version: 1, builder: builder.name, good, checks: lines }, null, 2));
    return good;
  }
  say(`For the ${builder.name} builder:`);
  for (const { id, status, found, why, fix } of lines) {
    say(`${words[status]}  ${id.padEnd(14)}  ${found}`);
    if (status === 'failed' || status === 'unknown') say(`        why: ${why}\n        fix: ${fix}`);
  }
  return good;
}

const words: Record<Line['status'], string> = {
  ok: 'ok    ',
  failed: 'FAILED',
  unknown: 'unsure',
  'not-applicable': '-     ',
};

const ok = (id: string, found: string, why: string): Line => ({ id, status: 'ok', found, why, fix: '' });

/** What stops the others of its kind from being made is a check that failed itself. */
async function attempt(id: string, why: string, work: () => Promise<Line[]>): Promise<Line[]> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) === undefined || !(error instanceof Error)) throw error;
    const fix = 'hint' in error && typeof error.hint === 'string' ? error.hint : '';
    return [{ id, status: 'failed', found: `${codeOf(error)}: ${error.message}`, why, fix }];
  }
}
