import type { Diagnostic } from '@phyllome/flattener';
import { renderDiagnostic } from '@phyllome/flattener';
import type { BuildEvent } from '@phyllome/iso-builder';
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
    const seconds = `${((event.time - start) / 1000).toFixed(0)}s`.padStart(6);
    switch (event.type) {
      case 'phase':
        tenth = -1;
        say(`${seconds}  ${event.phase}`);
        break;
      case 'progress': {
        const now = event.total > 0 ? Math.floor((event.done / event.total) * 10) : 0;
        if (now > tenth) say(`${seconds}  ${event.phase}: ${event.done}/${event.total} ${event.unit}`);
        tenth = Math.max(tenth, now);
        break;
      }
      case 'warning':
        say(`${seconds}  warning: ${event.message}`);
        break;
      case 'installer-error':
        say(`${seconds}  the installer says: ${event.message}`);
        break;
      case 'log':
      case 'done':
      case 'failed':
      case 'aborted':
        break;
    }
  }
}

/** One phase or milestone of a booting machine. */
export function showMachineEvent(event: MachineEvent): void {
  const seconds = `${(event.atMs / 1000).toFixed(0)}s`.padStart(6);
  if (event.type === 'phase') say(`${seconds}  ${event.phase}`);
}

/** An error for people: what happened, its diagnostics with their places, and what to do next. */
export function explain(error: unknown, workspace: Workspace | undefined): string {
  if (error instanceof Interrupted) return `phyllome: ${error.message}; nothing was left behind`;
  const code = codeOf(error);
  if (!(error instanceof Error) || code === undefined) {
    return `phyllome: unexpected error, please report it\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  const lines = [`error[${code}] ${error.message}`];
  if (error instanceof KickstartError && workspace) {
    lines.unshift(...error.diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, workspace.readFile)));
  }
  if ('hint' in error) lines.push(`  hint: ${String(error.hint)}`);
  return lines.join('\n');
}
