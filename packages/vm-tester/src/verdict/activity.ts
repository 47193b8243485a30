import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { cpuTimeMs } from '@phyllome/host';
import type { Cause } from './verdict.ts';

const BlockStats = z.array(z.object({ stats: z.object({ rd_operations: z.number(), wr_operations: z.number() }) }));

export interface Activity {
  cause: Extract<Cause, 'stalled' | 'spinning' | 'waiting'>;
  text: string;
}

const SAMPLE_MS = 2_000;
/** Below this share of one CPU a guest idles. */
const IDLE_SHARE = 0.1;

/** What a machine without progress does: nothing, computing, or reading its disks. */
export async function sampleActivity(pid: number, qmp: (command: string) => Promise<unknown>): Promise<Activity> {
  const [cpuBefore, ioBefore] = [cpuTimeMs(pid) ?? 0, await diskOperations(qmp)];
  await sleep(SAMPLE_MS);
  const [cpuAfter, ioAfter] = [cpuTimeMs(pid) ?? 0, await diskOperations(qmp)];
  return judgeActivity((cpuAfter - cpuBefore) / SAMPLE_MS, ioAfter - ioBefore);
}

/** `share`: of one CPU, over the sample. `operations`: disk reads and writes in it. */
function judgeActivity(share: number, operationCount: number): Activity {
  const text = `QEMU used ${Math.round(share * 100)} % of a CPU, the guest did ${operationCount} disk operations in 2 s`;
  if (operationCount > 0) return { cause: 'waiting', text };
  return { cause: share > IDLE_SHARE ? 'spinning' : 'stalled', text };
}

/** How often all disks of a machine have been read and written so far. */
export async function diskOperations(qmp: (command: string) => Promise<unknown>): Promise<number> {
  const answer = await qmp('query-blockstats').catch(() => []);
  const devices = BlockStats.safeParse(answer).data ?? [];
  return devices.reduce((sum, { stats }) => sum + stats.rd_operations + stats.wr_operations, 0);
}
