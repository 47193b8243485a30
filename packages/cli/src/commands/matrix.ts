import { join } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import { editionOf, isLive, requireNoConfiguration, requireReadableFiles } from '@phyllome/pipeline';
import type { Workspace } from '@phyllome/pipeline';
import type { Command } from 'commander';
import { execa } from 'execa';
import * as z from 'zod';
import type { Context, Example } from '../command.ts';
import { CliError } from '../errors.ts';
import { jsonOption, formatOption } from '../options/format.ts';
import { printJson } from '../print.ts';
import { say } from '../render.ts';

export const examples: readonly Example[] = [
  ['phyllome matrix --json', 'every edition, as the matrix of a workflow'],
  ['phyllome matrix --affected origin/main', 'the editions that this branch changes'],
];

interface Flags {
  affected?: string;
  format: 'human' | 'json';
}

export function define(command: Command, context: Context): void {
  command
    .option('--affected <base>', 'only editions whose ISO a change since this commit can change')
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action((flags: Flags) => matrixCommand(context.open(), flags, context.signal));
}

/**
 * `phyllome matrix`: the editions as a workflow's `strategy.matrix`, one a job.
 *
 * @throws {CliError} UNKNOWN_COMMIT
 */
async function matrixCommand(workspace: Workspace, { affected, format }: Flags, signal: AbortSignal): Promise<void> {
  const editions = workspace.leaves.filter(isLive).map(editionOf);
  const reached = affected === undefined ? undefined : await affectedProjects(workspace, affected, signal);
  const include = editions
    .map((edition) => ({ edition, project: `iso-${edition}` }))
    .filter(({ project }) => reached?.has(project) ?? true);
  if (format === 'json') printJson({ include });
  else say(include.map(({ edition }) => edition).join('\n') || 'no edition is affected');
}

/**
 * Nx knows: it has the inputs of every project.
 *
 * @throws {PipelineError} FILE_MISPLACED, FILE_ENDLESS; {CliError} UNKNOWN_COMMIT
 */
async function affectedProjects(workspace: Workspace, base: string, signal: AbortSignal): Promise<Set<string>> {
  requireNoConfiguration(workspace.root);
  requireReadableFiles(workspace.root);
  // The base is a word of its own, and never an option.
  const nx = await execa(
    join(workspace.root, 'node_modules/.bin/nx'),
    ['show', 'projects', '--affected', `--base=${base}`, '--json'],
    {
      cwd: workspace.root,
      reject: false,
      cancelSignal: signal,
      env: { NX_DAEMON: 'false', NX_TUI: 'false' },
    },
  );
  signal.throwIfAborted();
  const projects = z.array(z.string()).safeParse(parsed(nx.stdout));
  if (!nx.failed && projects.success) return new Set(projects.data);
  throw new CliError(
    'UNKNOWN_COMMIT',
    `Nx cannot compare with ${base}: ${(nx.stderr || nx.stdout).trim().split('\n')[0] ?? ''}`,
    {
      hint: 'name a commit that this clone has; a shallow clone may lack it (fetch-depth: 0)',
    },
  );
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
