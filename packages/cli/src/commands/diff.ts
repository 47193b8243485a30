import { type Kickstart, type Position, flatten } from '@phyllome/flattener';
import {
  type Change,
  type CommandChange,
  type KickstartDiff,
  type ScriptChange,
  diffKickstarts,
  isSame,
} from '@phyllome/flattener/diff';
import { leafPath, requireLeaf, type Workspace } from '@phyllome/pipeline';
import {
  type KickstartFlags,
  addKickstartOptions,
  isPath,
  kickstartOptions,
  kickstartPath,
} from '../options/kickstart.ts';
import { say } from '../render.ts';
import { printJson } from '../print.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatOption, jsonOption } from '../options/format.ts';

export const examples: readonly Example[] = [
  ['phyllome diff ldhi ldha', 'how the Intel and the AMD edition differ'],
  ['phyllome diff --exit-code old.ks new.ks', 'fail when two kickstarts differ in meaning'],
];

interface DiffFlags extends KickstartFlags {
  exitCode: boolean;
  format: 'human' | 'json';
}

export function define(command: Command, context: Context): void {
  addKickstartOptions(
    command
      .argument('<a>', 'a leaf, as dhi, or the path of a kickstart')
      .argument('<b>', 'another')
      .option('--exit-code', 'exit with 1 when they differ', false),
  )
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action((a: string, b: string, options: DiffFlags) => {
      const differs = diffCommand(context.openFor([a, b], options.include), a, b, options);
      if (differs && options.exitCode) context.exitWith(exitCodes.no);
    });
}

/**
 * `phyllome diff A B`: how two leaves, or any two kickstarts, differ in meaning.
 *
 * @returns whether they differ
 * @throws {KickstartError} when one cannot be flattened.
 */
export function diffCommand(
  workspace: Workspace,
  one: string,
  other: string,
  { format, ...flags }: KickstartFlags & { format: 'human' | 'json' },
): boolean {
  const [a, b] = [read(workspace, one, flags), read(workspace, other, flags)];
  const diff = diffKickstarts(a.kickstart, b.kickstart);
  if (format === 'json') printJson({ version: 1, a: a.path, b: b.path, ...diff }, 2);
  else say(isSame(diff) ? `${a.path} and ${b.path} mean the same` : renderKickstartDiff(diff, a.path, b.path));
  return !isSame(diff);
}

function read(workspace: Workspace, name: string, flags: KickstartFlags): { path: string; kickstart: Kickstart } {
  const path = isPath(name) ? kickstartPath(workspace, name) : leafPath(requireLeaf(workspace, name));
  const blocks = workspace.leaves.some((leaf) => leafPath(leaf) === path);
  const options = { ...workspace, ...kickstartOptions(workspace, flags), blocks };
  return { path, kickstart: flatten(path, options).kickstart };
}

/** For people: what differs, by kind, with the line that each stands in. */
export function renderKickstartDiff(diff: KickstartDiff, a: string, b: string): string {
  const parts: [string, string[]][] = [
    ['commands', diff.commands.flatMap(renderCommand)],
    ['repositories', diff.repos.flatMap(renderCommand)],
    ['services', diff.services.map(renderChange)],
    ['kernel arguments', diff.kernelArguments.map(renderChange)],
    ['packages', diff.packages.map(renderChange)],
    ['scripts', diff.scripts.flatMap(renderScript)],
    ['sections', diff.sections.map(renderChange)],
  ];
  const shown = parts.filter(([, lines]) => lines.length > 0).map(([title, lines]) => [title, ...lines].join('\n'));
  return [`--- ${a}\n+++ ${b}`, ...shown].join('\n\n');
}

const place = (at: Position | undefined): string => (at === undefined ? '' : `   ${at.path}:${at.line}`);

function renderChange({ what, a, b, merged }: Change): string {
  const [first, ...rest] = what.split('\n');
  const mark = a === undefined ? '+' : '-';
  const also =
    merged.length === 0 ? '' : `, merged with ${merged.map(({ path, line }) => `${path}:${line}`).join(', ')}`;
  return [`  ${mark} ${first}${place(a ?? b)}${also}`, ...rest.map((line) => `      ${line}`)].join('\n');
}

const valueOf = (text: string | undefined): string => (text === undefined ? 'absent' : text === '' ? 'given' : text);

function renderCommand({ name, key, a, b, changes }: CommandChange): string[] {
  if (a === undefined || b === undefined) {
    const side = a ?? b;
    return [`  ${a ? '-' : '+'} ${side?.text ?? name}${place(side?.at)}`];
  }
  const details = changes.map(({ option, a: before, b: after }) => {
    return `      ${option || 'argument'}: ${valueOf(before)} -> ${valueOf(after)}`;
  });
  return [`  ~ ${name}${key === '' ? '' : ` ${key}`}${place(a.at)}${place(b.at)}`, ...details];
}

function renderScript({ type, a, b, options, lines, length }: ScriptChange): string[] {
  if (a === undefined || b === undefined) return [`  ${a ? '-' : '+'} %${type}, ${length} lines${place(a ?? b)}`];
  return [`  ~ %${type} ${options.join(' ')}${place(a)}${place(b)}`, ...lines.map((line) => `      ${line}`)];
}
