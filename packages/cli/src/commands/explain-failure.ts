import { basename, join, relative, resolve } from 'node:path';
import { safeLine } from '@phyllome/host';
import { type Explanation, type LogDirectory, explainDirectory, logDirectoriesBelow } from '@phyllome/installer';
import type { Workspace } from '@phyllome/pipeline';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { CliError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { type LeafLine, leafLineOf } from '../leaf-of-line.ts';
import { formatOption, jsonOption } from '../options/format.ts';
import { printJson } from '../print.ts';
import { say } from '../render.ts';
import { isSystemError, systemRefusal } from '../system-error.ts';

export const examples: readonly Example[] = [
  ['phyllome explain-failure dist/iso-l.failed', 'explain the build that failed last'],
  ['phyllome explain-failure /var/log/anaconda --json', 'explain an installation elsewhere, for a program'],
];

export function define(command: Command, context: Context): void {
  command
    .argument('<directory>', 'with the logs of lorax or anaconda; of several runs it prints a table')
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(async (directory: string, { format }: { format: 'human' | 'json' }) => {
      // Logs can be anywhere; leaves are looked for around the working directory.
      const workspace = context.openFor([resolve(directory)]);
      if (!(await explainFailureCommand(workspace, directory, format))) context.exitWith(exitCodes.no);
    });
}

/** One explained run, as `--json` prints it. */
interface Explained {
  directory: string;
  outcome: Explanation['outcome'];
  /** Null where nothing failed. */
  cause: string | null;
  what: string;
  /** The line that decided, and where it stands. */
  headline: string;
  at: { file: string; line: number } | null;
  hint: string;
  subject: Explanation['subject'] | null;
  /** The line of the kickstart that the installer got. */
  kickstart: { file: string; line: number; text: string } | null;
  /** The same in the leaves. */
  leaf: LeafLine | null;
  /** Where the logs leave it open: lines of which it is one. */
  candidates: { line: number; text: string; leaf: LeafLine | null }[];
  details: readonly string[];
  /** Logs that were read, and how many bytes in their midst were not. */
  read: readonly string[];
  skipped: Readonly<Record<string, number>>;
}

/** Lines of what else belongs to it that are printed; `--json` has them all. */
const MAX_DETAILS = 5;

/**
 * `phyllome explain-failure DIR`: why the run of lorax or anaconda failed whose logs are there. A directory with the logs
 * of several runs gives a table.
 *
 * @returns whether each was explained, or succeeded
 * @throws {CliError} BAD_PLACE when there is no such directory, or no log in it.
 */
export async function explainFailureCommand(
  workspace: Workspace,
  directory: string,
  format: 'human' | 'json',
): Promise<boolean> {
  const runs = await runsBelow(directory);
  const explained: Explained[] = [];
  for (const run of runs) {
    const path = run === '.' ? directory : join(directory, run);
    const found = await explainDirectory(path);
    if (found !== undefined) explained.push(describe(workspace, path, found));
  }
  if (format === 'json') {
    const [only] = explained;
    printJson({ version: 1, ...(explained.length === 1 ? only : { runs: explained }) }, 2);
  } else if (explained.length === 1 && explained[0] !== undefined) printOne(explained[0]);
  else printTable(explained, directory);
  return explained.every(({ outcome, cause }) => outcome === 'succeeded' || (cause !== null && cause !== 'unknown'));
}

async function runsBelow(directory: string): Promise<string[]> {
  const runs = await logDirectoriesBelow(directory).catch((cause: unknown) => {
    const missing = isSystemError(cause) && cause.code === 'ENOENT';
    const reason = missing ? 'no such directory' : systemRefusal(cause)?.reason;
    if (reason === undefined) throw cause;
    throw new CliError('BAD_PLACE', `cannot read ${directory}: ${reason}`, { hint: HINT, cause });
  });
  if (runs.length > 0) return runs;
  throw new CliError('BAD_PLACE', `there are no logs of lorax or anaconda in ${directory}`, { hint: HINT });
}

const HINT = 'name a directory with livemedia.log, anaconda.log or a saved console, as dist/iso-l.failed';

function describe(
  workspace: Workspace,
  directory: string,
  { explanation, logs }: { explanation: Explanation; logs: LogDirectory },
): Explained {
  const { outcome, cause, what, headline, at, hint, subject, kickstartLine, candidates, details } = explanation;
  const text = logs.kickstart?.text ?? '';
  const lines = text.split(/\r?\n/u);
  const leafOf = (line: number): LeafLine | null => leafLineOf(workspace, text, line, subject) ?? null;
  const known = kickstartLine !== undefined && logs.kickstart !== undefined ? kickstartLine : undefined;
  return {
    directory,
    outcome,
    cause: outcome === 'failed' ? cause : null,
    what,
    headline,
    at: at ?? null,
    hint,
    subject: subject ?? null,
    kickstart:
      kickstartLine === undefined
        ? null
        : {
            file: logs.kickstart?.name ?? 'the kickstart',
            line: kickstartLine,
            text: lines[kickstartLine - 1]?.trim() ?? '',
          },
    leaf: known === undefined ? null : leafOf(known),
    candidates: candidates.map((line) => ({ line, text: lines[line - 1]?.trim() ?? '', leaf: leafOf(line) })),
    details,
    read: logs.files,
    skipped: logs.skipped,
  };
}

/** Logs are input. */
const print = (text: string): void => say(safeLine(text, 400));

function printOne(run: Explained): void {
  const { outcome, cause, what, headline, at, hint, kickstart, leaf, candidates, details, skipped } = run;
  if (outcome === 'succeeded') return say(`${run.directory}: the build succeeded`);
  print(cause === null ? what : `${cause}: ${what}`);
  if (headline !== '') print(`  ${headline}`);
  if (at !== null) print(`  in ${join(run.directory, at.file)}:${at.line}`);
  if (kickstart !== null) print(`  ${kickstart.file}:${kickstart.line} | ${kickstart.text}`);
  if (leaf !== null) print(`  comes from ${placeOf(leaf)}`);
  if (candidates.length > 0) say('  the logs do not say which of these it is:');
  for (const { line, text, leaf: from } of candidates)
    print(`    line ${line} | ${text}${from === null ? '' : ` (${placeOf(from)})`}`);
  if (details.length > 0) say('  with it:');
  for (const detail of details.slice(0, MAX_DETAILS)) print(`    ${detail}`);
  if (details.length > MAX_DETAILS) say(`    and ${details.length - MAX_DETAILS} more lines`);
  for (const [file, bytes] of Object.entries(skipped)) print(`  ${bytes} bytes in the midst of ${file} were not read`);
  print(`  hint: ${hint}`);
}

const placeOf = ({ path, line, exact }: LeafLine): string =>
  `${path}:${line}${exact ? '' : ', as the leaf is now: it has changed since'}`;

/** A run a row: what failed, the line that decided, and the line to look at. */
function printTable(runs: readonly Explained[], directory: string): void {
  const rows = runs.map((run) => [
    relative(resolve(directory), resolve(run.directory)) || basename(run.directory),
    run.cause ?? run.outcome,
    linesOf(run),
    run.headline,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    const cells = row.map((cell, column) => (column < 3 ? cell.padEnd(widths[column] ?? 0) : cell));
    say(safeLine(cells.join('  ').trimEnd(), 400));
  }
}

function linesOf({ kickstart, leaf, candidates }: Explained): string {
  if (leaf !== null) return `${leaf.path}:${leaf.line}`;
  if (kickstart !== null) return `${kickstart.file}:${kickstart.line}`;
  const places = candidates.map((one) =>
    one.leaf === null ? `line ${one.line}` : `${one.leaf.path}:${one.leaf.line}`,
  );
  return places.join(' or ') || '-';
}
