import { type VmEvent, summarize } from '@phyllome/vm-tester';
import { say, seconds } from './render.ts';

/** What a machine goes through, with the seconds since it was switched on. */
export function showMachineEvent(event: VmEvent): void {
  switch (event.type) {
    case 'queued':
      say(
        `        waiting for ${event.cpus} CPUs and ${event.memoryMiB} MiB, which other machines have: ${event.holders}`,
      );
      break;
    case 'host':
      say(`        QEMU ${event.qemuVersion}, ${event.accelerator}: ${event.reason}`);
      for (const warning of event.warnings) say(`        warning: ${warning}`);
      break;
    case 'phase':
      say(`${seconds(event.atMs)}  ${event.phase}`);
      break;
    case 'instrument':
      if (event.instrument !== 'credential') say(`${seconds(event.atMs)}  reached by ${event.instrument}`);
      break;
    case 'finding':
      say(`${seconds(event.evidence.atMs)}  ${event.severity}: ${event.cause}: ${event.evidence.line}`);
      break;
    case 'uninstrumented': {
      const { status, why } = summarize(event);
      say(`${seconds(event.atMs)}  without the tester's instruments: ${status}${why === undefined ? '' : `: ${why}`}`);
      break;
    }
    case 'again':
      say(`${seconds(event.atMs)}  ${event.verdict.status}, ${event.reason}`);
      break;
    case 'start':
    case 'check':
    case 'screenshot':
    case 'verdict':
      break;
  }
}
