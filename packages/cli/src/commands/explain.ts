import { existsSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import {
  type Flattened,
  type Origin,
  type Position,
  type Relation,
  flatten,
  linesFrom,
  originAt,
  readSourceMap,
  splitLines,
} from '@phyllome/flattener';
import { flatPath, leafPath, place, requireFresh, type Workspace } from '@phyllome/pipeline';
import { isFaultOfLeaf } from '../broken-leaves.ts';
import { CliError } from '../errors.ts';
import { notAFile } from '../options/kickstart.ts';
import { say } from '../render.ts';
import { printJson, printNote } from '../print.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { formatOption, jsonOption } from '../options/format.ts';

export const examples: readonly Example[] = [
  ['phyllome explain flat/flat-ldhi.cfg:42', 'the leaf line that a flat line comes from'],
  ['phyllome explain leaves/blocks/network.cfg:2', 'the flat lines that a leaf line becomes'],
  ['phyllome explain FLAT_STALE', 'what the code of an error means'],
];

export function define(command: Command, context: Context): void {
  command
    .argument('<file:line|code>', 'as flat/flat-l.cfg:12, leaves/blocks/network.cfg:2 or FLAT_STALE')
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(async (at: string, options: ExplainOptions) => {
      const code = /^[A-Z][A-Z\d_]+$/u.test(at) ? (await import('../error-codes.ts')).findCode(at) : undefined;
      if (code === undefined) explainCommand(context.openFor([at.replace(/(?::\d+){1,2}$/u, '')]), at, options);
      else if (options.format === 'json') printJson({ version: 1, ...code }, 2);
      else say(`${code.code}: ${code.meaning} Exit code ${code.exitCode}.`);
    });
}

export interface ExplainOptions {
  format: 'human' | 'json';
}

/**
 * `phyllome explain FILE:LINE`: where a line of a flat kickstart comes from, or what a line of a leaf becomes.
 *
 * A flat kickstart is explained by its leaf as it is now, and only while it is fresh; any other file by the source map
 * beside it, and only if that map was made for this very text.
 *
 * @throws {CliError} BAD_PLACE when there is no such line, FLAT_STALE when the flat file is not what its leaf gives.
 * @throws {KickstartError} MAP_STALE, MAP_INVALID.
 */
export function explainCommand(workspace: Workspace, argument: string, { format }: ExplainOptions): void {
  const { path, line, text } = readLineReference(workspace, argument);
  const leaf = workspace.leaves.find((name) => flatPath(name) === path);
  const mapFile = `${path}.map.json`;
  if (leaf !== undefined) {
    const flat = requireFresh(workspace, leaf);
    showOrigin({ path, line, column: 1 }, text, flat.origins[line - 1], workspace, format);
  } else if (existsSync(join(workspace.root, mapFile))) {
    const map = readSourceMap(workspace.readFile(mapFile) ?? '', workspace.readFile(path) ?? '');
    showOrigin({ path, line, column: 1 }, text, originAt(map, line), workspace, format);
  } else {
    showUses({ path, line, column: 1 }, text, usesOf(workspace, { path, line }), format);
  }
}

interface LineReference {
  path: string;
  line: number;
  text: string;
}

const bad = (message: string, hint: string): CliError => new CliError('BAD_PLACE', message, { hint });

/** `flat/flat-l.cfg:12` or `…:12:3`, relative to the working directory or else to the workspace. */
function readLineReference(workspace: Workspace, argument: string): LineReference {
  const match = /^(.+?):(\d+)(?::\d+)?$/.exec(argument);
  const [, file, number] = match ?? [];
  if (file === undefined || number === undefined) {
    throw bad(
      `"${argument}" names no line of a file`,
      'write FILE:LINE, as flat/flat-l.cfg:12, or the code of an error as it was printed',
    );
  }
  const absolute = [resolve(file), resolve(workspace.root, file)].find((path) => existsSync(path));
  if (absolute === undefined) throw bad(`no such file: ${file}`, 'name a flat kickstart, a leaf or a block');
  const found = statSync(absolute);
  if (!found.isFile()) throw bad(notAFile(file, found), 'name a flat kickstart, a leaf or a block');
  const path = relative(workspace.root, absolute);
  const lines = splitLines(workspace.readFile(path) ?? '');
  const line = Number(number);
  const text = lines[line - 1]?.text;
  if (text === undefined)
    throw bad(`${path} has no line ${number}`, lines.length === 0 ? 'it is empty' : `its last line is ${lines.length}`);
  return { path, line, text };
}

function showOrigin(
  at: Position,
  text: string,
  origin: Origin | undefined,
  workspace: Workspace,
  format: ExplainOptions['format'],
): void {
  if (format === 'json') {
    printJson({ version: 1, path: at.path, line: at.line, text, origin: origin ?? null }, 2);
    return;
  }
  say(`${at.path}:${at.line} | ${text}`);
  if (origin === undefined) {
    say('  is generated: no leaf has this line');
    return;
  }
  const source = (from: Position): string =>
    `${place(from)} | ${splitLines(workspace.readFile(from.path) ?? '')[from.line - 1]?.text.trim() ?? ''}`;
  say(`  comes from ${source(origin)}`);
  for (const from of origin.includedFrom) say(`  included from ${place(from)}`);
  for (const from of origin.earlier) say(`  together with ${source(from)}`);
}

interface Use {
  leaf: string;
  flat: string;
  lines: { line: number; relation: Relation; text: string }[];
}

/** What a line of a leaf becomes in every edition that reads its file; leaves that cannot be flattened are left out. */
function usesOf(workspace: Workspace, { path, line }: Pick<Position, 'path' | 'line'>): Use[] {
  const uses: Use[] = [];
  for (const leaf of workspace.leaves) {
    const flat = flattenOrNothing(workspace, leaf);
    if (!flat?.files.includes(path)) continue;
    const lines = splitLines(flat.text);
    const found = linesFrom(flat.origins, { path, line });
    uses.push({
      leaf,
      flat: flatPath(leaf),
      lines: found.map((use) => ({ ...use, text: lines[use.line - 1]?.text ?? '' })),
    });
  }
  if (uses.length > 0) return uses;
  if (workspace.leaves.length === 0) {
    const hint = 'name a flat kickstart that was written with its map: phyllome flatten my.ks -o flat.ks';
    throw new CliError('BAD_PLACE', `there is no source map ${path}.map.json, and no checkout around it`, { hint });
  }
  const hint = 'name a line of flat/, of a leaf, of a block, or of a file with a source map';
  throw new CliError('BAD_PLACE', `no leaf reads ${path}`, { hint });
}

function flattenOrNothing(workspace: Workspace, leaf: string): Flattened | undefined {
  try {
    return flatten(leafPath(leaf), { ...workspace, blocks: true });
  } catch (error) {
    if (!isFaultOfLeaf(error)) throw error;
    printNote(`warning: ${leafPath(leaf)} is left out: ${error.message}`);
    return undefined;
  }
}

const RELATIONS: Record<Relation, string> = {
  source: 'becomes',
  merged: 'is merged into',
  include: 'brings',
};

function showUses(at: Position, text: string, uses: readonly Use[], format: ExplainOptions['format']): void {
  if (format === 'json') {
    printJson({ version: 1, path: at.path, line: at.line, text, uses }, 2);
    return;
  }
  say(`${at.path}:${at.line} | ${text}`);
  if (uses.every(({ lines }) => lines.length === 0)) {
    say(`  becomes no line of ${uses.length === 1 ? uses[0]?.flat : `any of ${uses.length} flat kickstarts`}`);
    say(`  ${whyNothing(text)}`);
    return;
  }
  for (const { flat, lines } of uses) {
    if (lines.length === 0) say(`  becomes no line of ${flat}`);
    const brought = lines.filter(({ relation }) => relation === 'include');
    if (brought.length > 0) say(`  ${RELATIONS.include} ${brought.length} lines of ${flat}: ${ranges(brought)}`);
    for (const { line, relation, text: became } of lines) {
      if (relation !== 'include') say(`  ${RELATIONS[relation]} ${flat}:${line} | ${became}`);
    }
  }
}

function whyNothing(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.startsWith('#')) return 'blank lines and comments stay in the leaves';
  if (trimmed.startsWith('%end')) return 'the section it ends is merged with a later one, whose %end is printed';
  return 'a later line says otherwise or says it again: phyllome flatten warns of what is lost';
}

/** `3-5, 9` of the lines 3, 4, 5 and 9. */
function ranges(lines: readonly { line: number }[]): string {
  const out: [number, number][] = [];
  for (const { line } of lines) {
    const last = out.at(-1);
    if (last !== undefined && last[1] === line - 1) last[1] = line;
    else out.push([line, line]);
  }
  return out.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}
