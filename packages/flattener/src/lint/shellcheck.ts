import type { Finding } from './rule.ts';
import type { LintLeaf, RuleContext } from './rule-context.ts';

/** One comment of shellcheck, as in its `json1` format. */
export interface ShellComment {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly level: 'error' | 'warning' | 'info' | 'style';
  /** The number of `SC2086`. */
  readonly code: number;
  readonly message: string;
}

/** Runs shellcheck on the text of one script; `unchecked` is why it did not finish. */
export type CheckShell = (script: string) => Promise<readonly ShellComment[] | { readonly unchecked: string }>;

type ShellFinding = Finding & { readonly leaf: LintLeaf; readonly level: ShellComment['level'] };

/** What shellcheck finds in the scripts, at the place of each line. A script that several leaves share is checked once. */
export async function checkScripts(subjects: readonly RuleContext[], check: CheckShell): Promise<ShellFinding[]> {
  const all = subjects.flatMap((context) =>
    context.scripts.filter(({ isShell }) => isShell).map((written) => ({ ...written, leaf: context })),
  );
  const bodies = [...new Set(all.map(({ script }) => script.body))];
  const results = new Map(await Promise.all(bodies.map(async (body) => [body, await check(body)] as const)));
  return all.flatMap(({ script, header, leaf }): ShellFinding[] => {
    const result = results.get(script.body) ?? [];
    if ('unchecked' in result) {
      const message = `shellcheck did not check this script: ${result.unchecked}`;
      const hint = 'run shellcheck on the script alone, or split the script';
      return [{ message, hint, where: script, length: header.trim().length, leaf, level: 'warning' }];
    }
    return result.flatMap((comment): ShellFinding[] => {
      const line = script.bodyAt[comment.line - 1];
      if (line === undefined) return [];
      const where = { ...line, at: { ...line.at, column: comment.column } };
      const length = comment.endLine === comment.line ? Math.max(1, comment.endColumn - comment.column) : 1;
      const message = `SC${comment.code}: ${comment.message}`;
      const hint = `fix it, or write # shellcheck disable=SC${comment.code} above it`;
      return [{ message, hint, where, length, leaf, level: comment.level }];
    });
  });
}
