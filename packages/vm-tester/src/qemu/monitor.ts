import { setTimeout as sleep } from 'node:timers/promises';
import { VmTesterError } from '../errors.ts';
import { QmpClient } from '../qmp/client.ts';
import type { QmpOptions } from '../qmp/client.ts';
import type { QemuProcess } from './process.ts';

const GREETING_MS = 30_000;

/**
 * QEMU's monitor, once QEMU has started. `hint`: what to do when it does not.
 * @throws {VmTesterError} QEMU_FAILED with QEMU's own words
 */
export async function connectMonitor(qemu: QemuProcess, hint: string, options?: QmpOptions): Promise<QmpClient> {
  const silence = sleep(GREETING_MS, undefined, { ref: false }).then(() =>
    Promise.reject(new Error('no QMP greeting')),
  );
  try {
    return await Promise.race([QmpClient.connect(qemu.links.qmp, options), silence]);
  } catch (cause) {
    // The connection ends before the process does: its status and its words come a moment later.
    qemu.kill();
    const status = await qemu.exited;
    const message = `QEMU ended with ${status} before it started: ${qemu.stderr || 'no message'}`;
    throw new VmTesterError('QEMU_FAILED', message, { hint, cause });
  }
}
