import { AsyncLocalStorage } from 'node:async_hooks';
import type { DeployEvent } from '@phyllome/deploy';
import type { Diagnostic } from '@phyllome/flattener';
import { type VmEvent, toldOf } from '@phyllome/vm-tester';
import type { Workspace } from '@phyllome/pipeline';
import { renderDiagnostics } from './explain.ts';
import { printNote, printText } from './print.ts';

const label = new AsyncLocalStorage<string>();

/** Puts a label before every line that the work says: what runs beside it says lines too. */
export function labelled<T>(text: string, work: () => T): T {
  return label.run(`${text}: `, work);
}

/** What {@link labelled} puts before lines here; nothing when nothing runs beside it. */
export const currentLabel = (): string => label.getStore() ?? '';

/** One message for the person who runs the command. */
export function say(text: string): void {
  printText(text.replaceAll(/^/gm, currentLabel()));
}

/** Diagnostics go to stderr, each with its place, its include chain and what to do. */
export function printDiagnostics(diagnostics: readonly Diagnostic[], workspace: Workspace): void {
  for (const text of renderDiagnostics(diagnostics, workspace.readFile)) printNote(text);
}

/** Progress is printed at most this often: a phase may go from nothing to all of it within a second. */
export const progressEveryMs = 5000;

/** How far something is, in words. Without `total`, nobody knows how much there will be. */
export const progressText = ({
  done,
  total,
  unit,
}: {
  done: number;
  total?: number;
  unit: 'percent' | 'packages' | 'bytes';
}): string => {
  if (total === undefined) return unit === 'bytes' ? `${mebibytes(done)} MiB` : `${done} ${unit}`;
  return {
    percent: `${done} %`,
    packages: `${done} of ${total} packages`,
    bytes: `${mebibytes(done)} of ${mebibytes(total)} MiB`,
  }[unit];
};

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

/** What a machine goes through, with the seconds since it was switched on. */
export function showMachineEvent(event: VmEvent): void {
  switch (event.type) {
    case 'queued':
      say(`        waiting for ${event.cpus} CPUs and ${event.memoryMiB} MiB: other machines are under test`);
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
      const { status, why } = toldOf(event);
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

const seconds = (ms: number): string => `${(ms / 1000).toFixed(0)}s`.padStart(6);
