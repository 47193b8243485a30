import { KickstartError, renderDiagnostic } from '@phyllome/flattener';
import { codeOf } from './exit-codes.ts';
import { Interrupted } from './interrupt.ts';
import type { Workspace } from './workspace.ts';

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
  const logs = logsOf(error);
  if (logs !== undefined) lines.push(`  logs: ${logs}`);
  if ('hint' in error) lines.push(`  hint: ${error.hint}`);
  return lines.join('\n');
}

/** Where a failed build kept its logs. */
function logsOf(error: Error): string | undefined {
  if (!('evidence' in error) || typeof error.evidence !== 'object' || error.evidence === null) return undefined;
  const { directory } = error.evidence as { directory?: string };
  return directory;
}
