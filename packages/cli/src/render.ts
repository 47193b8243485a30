import type { Diagnostic } from '@phyllome/flattener';
import { renderDiagnostic } from '@phyllome/flattener';
import type { BuildEvent } from '@phyllome/iso-builder';
import type { VmEvent } from '@phyllome/vm-tester';
import type { Workspace } from './workspace.ts';

/** One message for the person who runs the command. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Diagnostics go to stderr, each with its place, its include chain and what to do. */
export function printDiagnostics(diagnostics: readonly Diagnostic[], workspace: Workspace): void {
  for (const diagnostic of diagnostics) process.stderr.write(`${renderDiagnostic(diagnostic, workspace.readFile)}\n`);
}

/**
 * Shows a build as plain lines with the seconds since it began: each phase, each tenth of its progress, and whatever
 * is wrong. What the builder itself says is in `logs/`.
 */
export async function showEvents(events: AsyncIterable<BuildEvent>): Promise<void> {
  let start: number | undefined;
  let tenth = -1;
  for await (const event of events) {
    start ??= event.time;
    const at = seconds(event.time - start);
    switch (event.type) {
      case 'phase':
        tenth = -1;
        say(`${at}  ${event.phase}`);
        break;
      case 'progress': {
        const now = event.total > 0 ? Math.floor((event.done / event.total) * 10) : 0;
        if (now > tenth) say(`${at}  ${event.phase}: ${event.done}/${event.total} ${event.unit}`);
        tenth = Math.max(tenth, now);
        break;
      }
      case 'warning':
        say(`${at}  warning: ${event.message}`);
        break;
      case 'installer-error':
        say(`${at}  the installer says: ${event.message}`);
        break;
      case 'log':
      case 'done':
      case 'failed':
      case 'aborted':
        break;
    }
  }
}

/** What a machine goes through, with the seconds since it was switched on. */
export function showMachineEvent(event: VmEvent): void {
  switch (event.type) {
    case 'host':
      say(`        QEMU ${event.qemuVersion}, ${event.accelerator}: ${event.reason}`);
      for (const warning of event.warnings) say(`        warning: ${warning}`);
      break;
    case 'phase':
      say(`${seconds(event.atMs)}  ${event.phase}`);
      break;
    case 'finding':
      say(`${seconds(event.evidence.atMs)}  ${event.severity}: ${event.cause}: ${event.evidence.line}`);
      break;
    case 'start':
    case 'verdict':
      break;
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(0)}s`.padStart(6);
