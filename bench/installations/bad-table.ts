import * as z from 'zod';
import { readJsonLines } from './json-lines.ts';

const badRunSchema = z.object({
  name: z.string(),
  edition: z.string(),
  day: z.string(),
  cpus: z.number(),
  /** Of the machine when it began: the average of a minute. */
  load: z.number(),
  seconds: z.number(),
  /** How many were tried in one machine; the seconds are those of all. */
  together: z.number().optional(),
  /** What was going on when it failed; undefined: no machine had been started. */
  phase: z.string().optional(),
  cause: z.string(),
  /** The line of the kickstart that was named. */
  line: z.string().optional(),
  /** What was said. */
  said: z.string(),
  /** What is wrong with how it ended. */
  problem: z.string().optional(),
});

/** How one bad installation ended. */
export type BadRun = z.infer<typeof badRunSchema>;

/** One run a line. */
export const readBadRuns = (lines: string): BadRun[] => readJsonLines(badRunSchema, lines);

/** What {@link readBadRuns} reads: those before, and these in the place of others of the same name. In the order of `names`. */
export function mergeBadRuns(before: readonly BadRun[], runs: readonly BadRun[], names: readonly string[]): BadRun[] {
  const now = new Set(runs.map(({ name }) => name));
  return [...before.filter(({ name }) => !now.has(name)), ...runs]
    .filter(({ name }) => names.includes(name))
    .toSorted((one, other) => names.indexOf(one.name) - names.indexOf(other.name));
}

/** Within a cell of a table. */
const cell = (text: string): string =>
  text
    .replaceAll('|', String.raw`\|`)
    .replaceAll('\n', ' ')
    .trim();
const code = (text: string): string => (text === '' ? '' : `\`${cell(text)}\``);
const shortened = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/**
 * `docs/bad-installations.md`: what came of each bad installation. Pure.
 *
 * @param names of all, in their order
 */
export function renderBadTable(runs: readonly BadRun[], names: readonly string[]): string {
  const missing = names.filter((name) => !runs.some((run) => run.name === name));
  const wrong = runs.filter(({ problem }) => problem !== undefined);
  const rows = runs.map(({ name, phase, cause, line = '', said, seconds, together, problem }) =>
    [
      cell(name),
      phase ?? 'before a machine is started',
      problem === undefined ? code(cause) : `**${cell(problem)}**`,
      code(shortened(line, 60)),
      cell(shortened(said, 140)),
      together === undefined ? String(seconds) : `${seconds} for ${together}`,
    ].join(' | '),
  );
  const days = [...new Set(runs.map(({ day }) => day))].toSorted().map((day) => {
    const those = runs.filter((run) => run.day === day);
    const loads = those.map(({ load }) => load);
    return `${day}, at a load of ${Math.min(...loads)} to ${Math.max(...loads)} on ${those[0]?.cpus} CPUs`;
  });
  return `${[
    '# Bad installations',
    [
      'Written by `pnpm bench:bad-installations`, after each. Every one has to fail, with its cause and, where one line of the',
      "kickstart is to blame, that line; to leave no disk; and none may end by a time-out. They are done with the rehearsal's",
      'installer media. Those that are refused before the disk is touched are tried in one machine.',
    ].join('\n'),
    missing.length === 0
      ? `All ${names.length} were done.`
      : `Not done yet, of ${names.length}: ${missing.join('; ')}.`,
    wrong.length === 0 ? 'Each of these failed as it has to.' : `**${wrong.length} did not fail as they have to.**`,
    [
      'bad installation | failed while | cause | line of the kickstart | what is said | s',
      '--- | --- | --- | --- | --- | ---',
      ...rows,
    ]
      .map((row) => `| ${row} |`)
      .join('\n'),
    `Seconds are those of machines whose processors were emulated: ${days.join('; ') || 'none yet'}.`,
  ].join('\n\n')}\n`;
}
