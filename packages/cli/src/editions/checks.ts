import { type CatalogueEntry, applicable } from '../judging/acceptance.ts';
import type { EditionRow } from './matrix.ts';
import { textTable } from './text-table.ts';

/** What became of one check in one edition: the worst of its boots. */
export interface Cell {
  status: 'accepted' | 'rejected' | 'not judged' | 'not made' | 'does not apply';
  /** Why it was rejected or not judged, each reason once. */
  reasons: string[];
}

const marks: Record<Cell['status'], string> = {
  accepted: 'ok',
  rejected: 'NO',
  'not judged': '?',
  'not made': '-',
  'does not apply': '',
};

/** Worst first: a check that one firmware could not judge and the other accepts holds only as far as that. */
const order = ['rejected', 'not judged', 'accepted'] as const;

/** The cell of an edition and a check. Pure. */
export function cellOf(row: EditionRow, entry: CatalogueEntry): Cell {
  if (!applicable([entry], row.traits).length) return { status: 'does not apply', reasons: [] };
  const outcomes = row.verdicts.flatMap(({ checks = [] }) => checks.filter(({ id }) => id === entry.id));
  const status = order.find((one) => outcomes.some((outcome) => outcome.status === one)) ?? 'not made';
  const reasons = new Set(outcomes.filter((outcome) => outcome.status === status).map(({ reason }) => reason));
  return { status, reasons: [...reasons].filter((reason) => reason !== undefined) };
}

/** Edition × check for a terminal: the table, then every reason for what is not accepted. */
export function renderChecks(rows: readonly EditionRow[], catalogue: readonly CatalogueEntry[]): string {
  const cells = catalogue.map((entry) => ({ entry, row: rows.map((row) => cellOf(row, entry)) }));
  const table = textTable([
    ['CHECK', ...rows.map(({ leaf }) => leaf), 'WHAT MUST HOLD'],
    ...cells.map(({ entry, row }) => [entry.id, ...row.map(({ status }) => marks[status]), entry.title]),
  ]);
  const reasons = cells.flatMap(({ entry, row }) => {
    const byReason = new Map<string, string[]>();
    row.forEach(({ status, reasons: all }, column) => {
      for (const reason of all) {
        const key = `${status}: ${reason.split('\n', 1)[0]}`;
        byReason.set(key, [...(byReason.get(key) ?? []), rows[column]?.leaf ?? '']);
      }
    });
    return [...byReason].map(([reason, leaves]) => [entry.id, leaves.join(' '), reason]);
  });
  const legend =
    'ok accepted, NO rejected, ? not judged, - not made: not booted as far as that; empty: does not apply.';
  return [table, legend, ...(reasons.length > 0 ? [textTable(reasons)] : [])].join('\n\n');
}
