import * as z from 'zod';
import { jsonLines, readJsonLines } from './json-lines.ts';

export type Firmware = 'bios' | 'uefi';

const checkSchema = z.object({
  id: z.string(),
  status: z.enum(['accepted', 'rejected', 'not judged']),
  reason: z.string().optional(),
});

/** What a check came to in one boot. */
export type Check = z.infer<typeof checkSchema>;

const runSchema = z.object({
  leaf: z.string(),
  firmware: z.enum(['bios', 'uefi']),
  day: z.string(),
  cpus: z.number(),
  /** Of the machine when it began: the average of a minute. */
  load: z.number(),
  /** Undefined: the disk was installed before. */
  mediumSeconds: z.number().optional(),
  installSeconds: z.number().optional(),
  judgeSeconds: z.number().optional(),
  exitCode: z.number().optional(),
  /** The verdict's, or `not installed`, `not booted`. */
  status: z.string(),
  cause: z.string().optional(),
  checks: z.array(checkSchema),
});

/** One installation, and what the installed disk was judged to be. */
export type Run = z.infer<typeof runSchema>;

/** One run a line. */
export const readRuns = (lines: string): Run[] => readJsonLines(runSchema, lines);

/** What `readRuns` reads, in an order that does not depend on when each was made. */
export const writeRuns = (runs: readonly Run[]): string =>
  jsonLines(runs.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1)));

const nameOf = ({ leaf, firmware }: Run): string => `\`${leaf}\` ${firmware}`;

const marks: Record<Check['status'], string> = { accepted: 'ok', rejected: '**NO**', 'not judged': '?' };

const rowOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [rowOf(head), rowOf(head.map(() => '---')), ...rows.map(rowOf)].join('\n');

/**
 * `docs/installations.md`: which editions were installed, what each check came to, and which were not. Pure.
 *
 * @param leaves all that could be installed @param checks ids in the order of the catalogue
 */
export function renderTable(
  runs: readonly Run[],
  { leaves, checks }: { leaves: readonly string[]; checks: readonly string[] },
): string {
  const sorted = runs.toSorted(
    (one, other) => leaves.indexOf(one.leaf) - leaves.indexOf(other.leaf) || (one.firmware < other.firmware ? 1 : -1),
  );
  const made = checks.filter((id) => sorted.some((run) => run.checks.some((check) => check.id === id)));
  const missing = leaves.filter((leaf) => !runs.some((run) => run.leaf === leaf && run.firmware === 'uefi'));
  const reasons = new Map<string, string[]>();
  for (const run of sorted)
    for (const { id, status, reason = 'without a reason' } of run.checks) {
      if (status === 'accepted') continue;
      const key = `\`${id}\` ${status}: ${reason.split('\n', 1)[0]}`;
      reasons.set(key, [...(reasons.get(key) ?? []), nameOf(run)]);
    }
  const count = (run: Run, status: Check['status']): string =>
    String(run.checks.filter((check) => check.status === status).length);
  return `${[
    '# Installations',
    [
      'Written by `pnpm bench:installations`, after each installation. Each column is an empty disk of 10 GiB that the',
      "rehearsal's installer medium of an edition was started on, without a network for the installer; then the disk was",
      'booted alone, and judged by [acceptance](../acceptance/README.md). At its first boot a console is answered as a',
      "person would, or the pages of GNOME's assistant are, and a user logs in; then it boots a second time.",
      "These are rehearsals, of Debian's packages: that Fedora's installer does the same, they do not show.",
    ].join('\n'),
    missing.length === 0
      ? `All ${leaves.length} leaves were installed by UEFI.`
      : `Not installed yet, of ${leaves.length}: ${missing.map((leaf) => `\`${leaf}\``).join(', ')}.`,
    '## What each came to',
    tableOf(
      [
        'installed',
        'verdict',
        'accepted',
        'rejected',
        'not judged',
        'medium s',
        'installed s',
        'judged s',
        'day, load of CPUs',
      ],
      sorted.map((run) => [
        nameOf(run),
        run.cause === undefined ? run.status : `${run.status}: ${run.cause}`,
        count(run, 'accepted'),
        count(run, 'rejected'),
        count(run, 'not judged'),
        String(run.mediumSeconds ?? '-'),
        String(run.installSeconds ?? '-'),
        String(run.judgeSeconds ?? '-'),
        `${run.day}, ${run.load} of ${run.cpus}`,
      ]),
    ),
    'Seconds are those of a machine whose processors were emulated, and that did other things besides; a medium that was\nthere already takes the time of looking.',
    '## Edition × check',
    `ok accepted, **NO** rejected, ? not judged; empty: the check is not about that edition, was not reached, or was not there yet when it was judged.`,
    tableOf(
      ['check', ...sorted.map(nameOf)],
      made.map((id) => [
        `\`${id}\``,
        ...sorted.map((run) => {
          const status = run.checks.find((check) => check.id === id)?.status;
          return status === undefined ? '' : marks[status];
        }),
      ]),
    ),
    '## What is not accepted, and why',
    [...reasons]
      .map(([reason, where]) => `- ${reason} (${where.length === sorted.length ? 'all' : where.join(', ')})`)
      .join('\n') || 'Nothing.',
  ].join('\n\n')}\n`;
}
