import type { DeployEvent } from '@phyllome/deploy';
import { mebibytes, progressEveryMs, progressText, say, seconds } from './render.ts';

/** An installation as plain lines: each phase, how far it is, and what went wrong. */
export function showDeployEvent(event: DeployEvent): void {
  switch (event.type) {
    case 'download':
      if (!dueNow(`download ${event.file}`, event.done === event.total)) break;
      say(
        `        ${event.file}: ${mebibytes(event.done)}${event.total === undefined ? '' : ` of ${mebibytes(event.total)}`} MiB`,
      );
      break;
    case 'source':
      say(`        installer: ${event.name}; /${event.kickstart} is in its initramfs`);
      break;
    case 'start':
      say(`        QEMU ${event.qemuVersion}, ${event.accelerator}: ${event.reason}`);
      break;
    case 'phase':
      say(`${seconds(event.atMs)}  ${event.phase}`);
      break;
    case 'progress':
      if (dueNow(event.phase, false)) say(`${seconds(event.atMs)}  ${event.phase}: ${progressText(event.progress)}`);
      break;
    case 'installed':
      say(`${event.disk}: installed`);
      break;
    case 'failure':
      break;
  }
}

const shownAt = new Map<string, number>();

function dueNow(what: string, last: boolean): boolean {
  const now = performance.now();
  if (!last && now - (shownAt.get(what) ?? -Infinity) < progressEveryMs) return false;
  shownAt.set(what, now);
  return true;
}
