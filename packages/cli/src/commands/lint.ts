import { renderDiagnostic } from '@phyllome/flattener';
import {
  CATALOGUE,
  type LintFinding,
  type LintLeaf,
  type LintOptions,
  applyFixes,
  lint,
  toSarif,
} from '@phyllome/flattener/lint';
import { lintConfigs, lintLeaf } from '@phyllome/language-server/lint-leaves';
import {
  leafPath,
  requireLeaf,
  kickstartRelease,
  readRelease,
  releasePath,
  tagOf,
  targetName,
  type Workspace,
  writeIfChanged,
} from '@phyllome/pipeline';
import { CliError } from '../errors.ts';
import {
  type KickstartFlags,
  addKickstartOptions,
  isPath,
  kickstartOptions,
  kickstartPath,
} from '../options/kickstart.ts';
import { say } from '../render.ts';
import { type ShellChecker, findShellcheck } from '../shellcheck.ts';
import { printJson, printNote } from '../print.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { formatOption, jsonOption } from '../options/format.ts';

export const examples: readonly Example[] = [
  ['phyllome lint', 'check every leaf'],
  ['phyllome lint --fix my.ks', 'fix what can be fixed safely in any kickstart'],
  ['phyllome lint --format sarif >lint.sarif', 'report to a code host'],
];

interface LintFlags extends KickstartFlags {
  fix: boolean;
  live: boolean;
  strict: boolean;
  rules: boolean;
  format: 'human' | 'json' | 'sarif';
}

export function define(command: Command, context: Context): void {
  addKickstartOptions(
    command
      .argument('[leaf...]', 'leaves, as ldhi, or paths of kickstarts; all leaves when none is named')
      .option('--fix', 'fix what can be fixed without changing what a kickstart does', false)
      .option('--live', 'with the rules for live media, also for kickstarts named by a path', false)
      .option('--strict', 'warnings count as errors', false)
      .option('--rules', 'list the rules, and why they are there', false),
  )
    .addOption(formatOption(['human', 'json', 'sarif']))
    .addOption(jsonOption())
    .action(async (leaves: string[], options: LintFlags) => {
      const { env, signal } = context;
      if (options.rules) listRules(options.format);
      else await lintCommand(context.openFor(leaves, options.include), leaves, { ...options, env, signal });
    });
}

export interface LintCommandOptions extends KickstartFlags {
  format: 'human' | 'json' | 'sarif';
  fix: boolean;
  /** Every kickstart is checked as one that livemedia-creator makes a live medium of. */
  live: boolean;
  /** Warnings count as errors. */
  strict: boolean;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/**
 * `phyllome lint [leaf…]`: what is wrong with leaves, or with any kickstarts that are named by their paths, and how to
 * fix it. With `fix`, what can be fixed safely is fixed first.
 *
 * @throws {CliError} LINT_FAILED when an error is left.
 */
export async function lintCommand(workspace: Workspace, names: string[], options: LintCommandOptions): Promise<void> {
  const checker = await findShellcheck(options.env, options.signal);
  const run = async (): Promise<LintFinding[]> => [
    ...(await lint(await lintOptions(workspace, names, checker, options))),
    ...otherBase(workspace, names),
  ];
  let findings = await run();
  const fixed = options.fix ? await applyAllFixes(workspace, findings, run) : undefined;
  if (fixed) findings = fixed.findings;
  const notes = checker.check ? [] : [checker.reason];
  for (const path of fixed?.paths ?? []) notes.push(`fixed ${path}`);
  if (fixed?.paths.some((path) => path.startsWith('leaves/')))
    notes.push('the flat kickstarts may be stale now: phyllome flatten');
  if (options.format === 'json') printJson({ version: 1, notes, findings }, 2);
  if (options.format === 'sarif') printJson(toSarif(findings, workspace.readFile, notes), 2);
  if (options.format === 'human') {
    printFindings(findings, workspace, say);
    for (const note of notes) printNote(`note: ${note}`);
  }
  requireSound(findings, { ...options, quiet: options.format !== 'human' });
}

/**
 * The lint errors of leaves, for `phyllome validate`. Without shellcheck: what is valid must not depend on what is
 * installed.
 *
 * @throws {CliError} LINT_FAILED when there is one.
 */
export async function lintErrors(workspace: Workspace, names: string[]): Promise<void> {
  const errors = await findLintErrors(workspace, names);
  printFindings(errors, workspace, printNote);
  requireSound(errors, { strict: false, quiet: true });
}

/** The same, as findings. */
export async function findLintErrors(workspace: Workspace, names: string[]): Promise<LintFinding[]> {
  const findings = await lint(await lintOptions(workspace, names, undefined, { live: false }));
  return findings.filter(({ severity }) => severity === 'error');
}

/** `phyllome lint --rules`: every rule, what it wants and why. */
export function listRules(format: LintCommandOptions['format']): void {
  const rules = [...CATALOGUE.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (format === 'json') printJson(rules, 2);
  else for (const { id, severity, doc, reason } of rules) say(`${id} (${severity})\n  ${doc}\n  why: ${reason}`);
}

async function lintOptions(
  workspace: Workspace,
  names: string[],
  checker: ShellChecker | undefined,
  flags: KickstartFlags & Pick<LintCommandOptions, 'live'>,
): Promise<LintOptions> {
  const configOf = lintConfigs(workspace);
  const leaves = await Promise.all(
    names.length > 0
      ? names.map((name) => leafOf(workspace, name))
      : workspace.leaves.map((leaf) => lintLeaf(workspace, leaf)),
  );
  return {
    ...kickstartOptions(workspace, { ...flags, ...releaseOf(workspace, names, flags) }),
    readFile: workspace.readFile,
    readDirectory: workspace.readDirectory,
    leaves: leaves.map((leaf) => ({ ...leaf, live: leaf.live || flags.live, config: configOf(leaf.path) })),
    complete: names.length === 0,
    checkShell: checker?.check,
  };
}

/** Leaves are for the release of this checkout; a kickstart that is named by its path, for whichever is asked for. */
function releaseOf(workspace: Workspace, names: string[], { release }: KickstartFlags): { release?: string } {
  if (release !== undefined) return { release };
  const isLeaf = workspace.leaves.length > 0 && !names.some(isPath);
  return isLeaf ? { release: kickstartRelease(readRelease(workspace)) } : {};
}

/** A base that `release.json` no longer asks for: what lint finds in the leaves is only half of a move. */
function otherBase(workspace: Workspace, names: string[]): LintFinding[] {
  if (names.length > 0 || workspace.leaves.length === 0) return [];
  const release = readRelease(workspace);
  const { base } = release;
  if (base === undefined || base.tag === tagOf(release)) return [];
  const lines = (workspace.readFile(releasePath) ?? '').split('\n');
  const line = lines.findIndex((text) => text.includes('"tag"'));
  const text = lines[line]?.trim() ?? '';
  return [
    {
      code: 'KSL_OTHER_RELEASE',
      severity: 'error',
      message: `the builder's base is ${base.image}:${base.tag}, and the leaves are for ${targetName(release)}`,
      hint: 'phyllome builder pin',
      at: { path: releasePath, line: line + 1, column: (lines[line]?.indexOf(text) ?? 0) + 1 },
      length: text.length,
      includedFrom: [],
      leaves: [],
    },
  ];
}

async function leafOf(workspace: Workspace, name: string): Promise<LintLeaf> {
  if (!isPath(name)) return lintLeaf(workspace, requireLeaf(workspace, name));
  const path = kickstartPath(workspace, name);
  const leaf = workspace.leaves.find((known) => leafPath(known) === path);
  return leaf === undefined ? { path, live: false } : lintLeaf(workspace, leaf);
}

/** One fix can bring another finding to light: again until nothing changes. */
async function applyAllFixes(
  workspace: Workspace,
  first: LintFinding[],
  run: () => Promise<LintFinding[]>,
): Promise<{ findings: LintFinding[]; paths: string[] }> {
  const paths = new Set<string>();
  let findings = first;
  for (let round = 0; round < 10; round += 1) {
    const changes = applyFixes(findings, workspace.readFile);
    if (changes.size === 0) break;
    for (const [path, text] of changes) {
      await writeIfChanged(workspace, path, text);
      paths.add(path);
    }
    findings = await run();
  }
  return { findings, paths: [...paths] };
}

function printFindings(findings: readonly LintFinding[], workspace: Workspace, print: (text: string) => void): void {
  for (const finding of findings) {
    const more = finding.leaves.length - 1;
    const also = more > 0 ? `\n  and in ${more} more ${more === 1 ? 'leaf' : 'leaves'}` : '';
    print(renderDiagnostic(finding, workspace.readFile) + also);
  }
}

function requireSound(findings: readonly LintFinding[], { strict, quiet }: { strict: boolean; quiet: boolean }): void {
  const number = (severity: LintFinding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const [errors, warnings, infos] = [number('error'), number('warning'), number('info')];
  const fixable = findings.filter(({ fix }) => fix).length;
  const summary = `${count(errors, 'error')}, ${count(warnings, 'warning')}${infos > 0 ? `, ${infos} info` : ''}`;
  if (errors > 0 || (strict && warnings > 0)) {
    const hint =
      fixable > 0 ? `phyllome lint --fix fixes ${fixable} of them` : 'fix them, or write # lint-ignore RULE: reason';
    throw new CliError('LINT_FAILED', summary, { hint });
  }
  if (!quiet) say(findings.length === 0 ? 'no problems found' : summary);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
