import { basename, relative, resolve, sep } from 'node:path';
import { stat } from 'node:fs/promises';
import { messageOf } from '@phyllome/host/errors';
import { type Command, Option } from 'commander';
import type { Context, Example } from '../command.ts';
import { CliError } from '../errors.ts';
import { analyseTree } from '../import/analyse.ts';
import { importedFiles, targetOf } from '../import/import.ts';
import { renderAnalysis } from '../import/render.ts';
import { scanTree } from '../import/scan.ts';
import { makeWorkspace } from '../init/init.ts';
import { namesOf } from '../init/names.ts';
import { type Target, targetName } from '@phyllome/pipeline';
import { fedoraRelease, targetOption } from '../init/release-option.ts';
import { formatOption, jsonOption } from '../options/format.ts';
import { printJson } from '../print.ts';
import { say } from '../render.ts';

export const examples: readonly Example[] = [
  ['phyllome import ~/src/kickstarts --dry-run', 'print what a tree of kickstarts has, and write nothing'],
  ['phyllome import ~/src/kickstarts my-remix', 'make a workspace of it in a new directory'],
];

interface Flags {
  dryRun: boolean;
  name?: string;
  title?: string;
  release?: Target;
  target?: Target;
  link?: string;
  format: 'human' | 'json';
}

export function define(command: Command, context: Context): void {
  command
    .argument('<tree>', 'a directory with kickstarts, which stays as it is')
    .argument('[directory]', 'where the workspace comes: one that is not there, or is empty')
    .option('--dry-run', 'write nothing; print what was found', false)
    .option('--name <name>', 'of its package (default: that of the directory)')
    .option('--title <title>', "the product's name, for people (default: made of the name)")
    .option(
      '--target <target>',
      'what it is for: fedora:44, almalinux:10, rocky:10, centos:10 (default: as most kickstarts)',
      targetOption,
    )
    .addOption(
      new Option('--release <release>', 'the same of Fedora: its release, as F44')
        .argParser(fedoraRelease)
        .conflicts('target'),
    )
    .option('--link <checkout>', 'take the tools from a checkout of them instead of the registry')
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action((tree: string, directory: string | undefined, flags: Flags) =>
      importCommand(tree, directory, flags, context.signal),
    );
}

/**
 * `phyllome import TREE [DIRECTORY]`: what an existing tree of kickstarts has, and a workspace of it.
 *
 * @throws {CliError} NO_KICKSTARTS, NOT_EMPTY, BAD_ARGUMENTS, BAD_OPTION
 */
async function importCommand(
  source: string,
  directory: string | undefined,
  flags: Flags,
  signal: AbortSignal,
): Promise<void> {
  const workspace = destinationOf(source, directory, flags);
  const tree = await scanTree(await requireDirectory(source), signal);
  if (tree.kickstarts.size === 0) {
    throw new CliError('NO_KICKSTARTS', `${source} has no kickstart among ${tree.files} files`, {
      hint: 'name a directory with .ks or .cfg files',
    });
  }
  const analysis = await analyseTree(tree, signal);
  if (workspace === undefined) {
    report(flags, tree, analysis, {});
    return;
  }
  const names = namesOf({ name: flags.name ?? basename(workspace).toLowerCase(), title: flags.title });
  const { files, left, leaves } = importedFiles(tree, analysis, names);
  const target = flags.target ?? flags.release ?? targetOf(analysis);
  const {
    target: made,
    flattened,
    broken,
  } = await makeWorkspace({
    directory: workspace,
    names,
    target,
    link: flags.link,
    leaves: () => ({}),
    files,
    now: new Date(),
  });
  const failing = [...broken].map(([leaf, error]) => ({
    leaf,
    path: leaves.get(leaf)?.path,
    message: messageOf(error),
  }));
  report(flags, tree, analysis, { workspace, target: made, flattened, failing, left });
}

/** @throws {CliError} BAD_ARGUMENTS, BAD_OPTION */
function destinationOf(source: string, directory: string | undefined, { dryRun }: Flags): string | undefined {
  if (directory === undefined && !dryRun) {
    throw new CliError('BAD_ARGUMENTS', 'where the workspace comes is missing', {
      hint: 'name a directory that is not there; or only look, with --dry-run',
    });
  }
  if (directory === undefined || dryRun) return undefined;
  const [from, to] = [resolve(source), resolve(directory)];
  if (to !== from && !to.startsWith(from + sep)) return to;
  throw new CliError('BAD_ARGUMENTS', `${directory} is in ${source}, which stays as it is`, {
    hint: 'name a directory beside it',
  });
}

async function requireDirectory(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return path;
  throw new CliError('BAD_ARGUMENTS', `${path} is not a directory`, { hint: 'name one that has kickstarts in it' });
}

interface Written {
  workspace?: string;
  target?: Target;
  flattened?: readonly string[];
  failing?: readonly { leaf: string; path: string | undefined; message: string }[];
  left?: readonly { path: string; why: string }[];
}

function report(
  { format }: Pick<Flags, 'format'>,
  tree: Awaited<ReturnType<typeof scanTree>>,
  analysis: Awaited<ReturnType<typeof analyseTree>>,
  { workspace, target, flattened = [], failing = [], left = [] }: Written,
): void {
  if (format === 'json') {
    const { files, skipped, kickstarts } = tree;
    printJson(
      {
        version: 1,
        tree: tree.root,
        files,
        kickstarts: [...kickstarts.keys()],
        skipped,
        ...analysis,
        workspace: workspace ?? null,
        target: target ?? null,
        flattened,
        failing,
        left,
      },
      2,
    );
    return;
  }
  say(renderAnalysis(tree, analysis));
  if (workspace === undefined) return;
  const there = relative(process.cwd(), workspace) || workspace;
  say(
    [
      '',
      `${there}: a workspace with ${flattened.length} leaves that flatten${failing.length > 0 ? `, and ${failing.length} that do not yet` : ''}${target === undefined ? '' : `, for ${targetName(target)}`}`,
      ...failing.map(({ leaf, path, message }) => `  ${leaf}, of ${path ?? '?'}: ${message.split('\n', 1)[0]}`),
      ...left.map(({ path, why }) => `  ${path} was left out: ${why}`),
      `next: cd ${there} && pnpm install && pnpm phyllome lint`,
    ].join('\n'),
  );
}
