import { type Diagnostic, KickstartError, renderDiagnostic } from '@phyllome/flattener';
import { ExplainedError } from '@phyllome/host/errors';
import { CliError } from './errors.ts';
import { Interrupted, leftovers } from './interrupt.ts';
import { systemRefusal } from './system-error.ts';
import type { Workspace } from '@phyllome/pipeline';

/** An error for people: what happened, its diagnostics with their places, and what to do next. */
export function explain(error: unknown, workspace: Workspace | undefined): string {
  if (error instanceof Interrupted) return `phyllome: ${error.message}; ${leftovers()}`;
  const refusal = systemRefusal(error);
  if (refusal !== undefined) return `error[${refusal.code}] ${refusal.message}\n  hint: ${refusal.hint}`;
  if (!(error instanceof ExplainedError)) {
    return `phyllome: unexpected error, please report it\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  if (error instanceof KickstartError && workspace) return explainKickstart(error, workspace);
  const failures = error instanceof CliError && workspace ? error.failures : [];
  const lines = [
    ...(failures.length > 0 && workspace ? [explainAll(failures, workspace)] : []),
    `error[${error.code}] ${error.message}`,
  ];
  const logs = logsOf(error);
  if (logs !== undefined) lines.push(`  logs: ${logs}`);
  lines.push(`  hint: ${error.hint}`);
  return lines.join('\n');
}

/**
 * The errors of several leaves. They share blocks: the same problem in the same place is reported once, with how many more
 * leaves have it.
 */
export function explainAll(errors: readonly Error[], workspace: Workspace): string {
  const reports = new Map<string, { text: string; leaves: number }>();
  const add = (key: string, text: string): void => {
    const before = reports.get(key);
    if (before === undefined) reports.set(key, { text, leaves: 1 });
    else before.leaves += 1;
  };
  for (const error of errors) {
    const diagnostics = error instanceof KickstartError ? error.diagnostics : [];
    for (const diagnostic of diagnostics.slice(0, shownDiagnostics)) {
      const { code, at, message } = diagnostic;
      add(`${code} ${at.path}:${at.line}:${at.column} ${message}`, renderDiagnostic(diagnostic, workspace.readFile));
    }
    if (diagnostics.length === 0) add(error.message, explain(error, workspace));
  }
  return [...reports.values()]
    .map(
      ({ text, leaves }) =>
        text + (leaves > 1 ? `\n  and in ${leaves - 1} more ${leaves > 2 ? 'leaves' : 'leaf'}` : ''),
    )
    .join('\n');
}

/** Of one file; a thousand more of the same are of no use. */
const shownDiagnostics = 100;

/** As people read them, the first hundred. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], readFile: Workspace['readFile']): string[] {
  const more = diagnostics.length - shownDiagnostics;
  return [
    ...diagnostics.slice(0, shownDiagnostics).map((diagnostic) => renderDiagnostic(diagnostic, readFile)),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

/** Its diagnostics; below them the error itself, where it says more than the one diagnostic that it was made of. */
function explainKickstart(error: KickstartError, { readFile }: Workspace): string {
  const { code, message, hint, diagnostics } = error;
  const lines = renderDiagnostics(diagnostics, readFile);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (!errors.some((one) => one.code === code)) lines.push(`error[${code}] ${message}\n  hint: ${hint}`);
  else if (errors.length > 1) lines.push(`${errors.length} errors`);
  return lines.join('\n');
}

/** Where a failed build kept its logs. */
function logsOf(error: Error): string | undefined {
  if (!('evidence' in error) || typeof error.evidence !== 'object' || error.evidence === null) return undefined;
  const { directory } = error.evidence as { directory?: string };
  return directory;
}
