import { CliError } from './errors.ts';
import { explainAll } from './explain.ts';
import type { Workspace } from '@phyllome/pipeline';

/** What several leaves that cannot be flattened amount to. */
export const broken = (failed: number, all: number): CliError =>
  new CliError('FLAT_BROKEN', `${failed} of ${all} leaves cannot be flattened`, {
    hint: 'mend what the diagnostics above point at',
  });

/** Throws the one failure; of several, tells them all and throws what they amount to. None: nothing happens. */
export function throwAll(workspace: Workspace, failures: readonly Error[], amount: () => CliError): void {
  const [first, ...more] = failures;
  if (first === undefined) return;
  if (more.length === 0) throw first;
  process.stderr.write(`${explainAll(failures, workspace)}\n`);
  throw amount();
}
