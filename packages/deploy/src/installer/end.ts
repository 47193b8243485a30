import type { QmpEvent } from '@phyllome/vm-tester/qemu';
import type { InstallFailure } from './monitor.ts';
import type { InstallPhase } from '@phyllome/installer';

/** How a machine ends: by its guest, by what we saw of it, or because QEMU did. */
export type End = 'powered-off' | 'rebooted' | 'failed' | 'stalled' | { exited: number | string };

/** Firmware resets the machine for its own reasons; a guest that does it starts the installer again, for ever. */
export function endOf({ event, data }: QmpEvent, phase: InstallPhase): End | undefined {
  if (data?.['guest'] !== true) return undefined;
  if (event === 'SHUTDOWN') return 'powered-off';
  return event === 'RESET' && phase !== 'firmware' ? 'rebooted' : undefined;
}

/** A machine that is gone without its nonce has installed nothing, however clean its end was. */
export function endedEarly(phase: InstallPhase, ended: End, stderr: string): InstallFailure {
  const what = `the machine ended in the phase ${phase}, and never said that everything was installed`;
  if (typeof ended === 'object') {
    return {
      cause: 'ended-early',
      hint: 'check the free memory of this machine, and the console log',
      lines: [what, `QEMU ended with ${ended.exited}: ${stderr || 'no message'}`],
      kickstartLine: undefined,
    };
  }
  const hint = `the installer gave up and ${ended === 'rebooted' ? 'rebooted' : 'powered off'}: its log says why`;
  return { cause: 'ended-early', hint, lines: [what], kickstartLine: undefined };
}
