import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suggest } from '@phyllome/flattener';
import { messageOf } from '@phyllome/host/errors';
import { lstatSync, readFileSync } from '@phyllome/host/fs';
import { parseJson } from '@phyllome/host/json';
import type * as z from 'zod';
import { PipelineError } from '../errors.ts';
import type { Workspace } from '../workspace.ts';
import { type Config, configSchema } from './schema.ts';

/**
 * Reads what a project decides for itself. A configuration in TypeScript or JavaScript is code of the workspace, and is run
 * like its Nx plugin; one in JSON is data. Both are checked by the same schema. Nothing that only flattens loads it.
 */

/** Its name, in the order in which documents name them; a workspace has one of them. */
export const configNames = ['phyllome.config.ts', 'phyllome.config.mjs', 'phyllome.config.json'] as const;

/** Bytes of one at most. */
const largestConfig = 2 ** 20;

/** Of a workspace that says nothing of itself. */
const nothingSaid = { title: 'Linux' };

/** By path, and by what stood there. */
const known = new Map<string, { digest: string; config: Config }>();

/** The paths where a change may change {@link configOf}: also those at which there is nothing. Absolute. */
export const configPlaces = (root: string): string[] => configNames.map((name) => join(root, name));

/**
 * What the project of a workspace decides for itself. A workspace without a configuration has that of the checkout that this
 * program is run from, if it is: a copy of its leaves is the same project.
 *
 * @throws {PipelineError} CONFIG_INVALID with the file and each key that cannot be
 */
export function configOf({ root }: Pick<Workspace, 'root'>): Config {
  const path = configIn(root) ?? (ownCheckout === undefined ? undefined : configIn(ownCheckout));
  if (path === undefined) return configSchema.parse(nothingSaid);
  const text = readFileSync(path, 'utf8');
  const digest = hash('sha256', text);
  const before = known.get(path);
  if (before?.digest === digest) return before.config;
  const config = parse(path, text, evaluate(path, text, before !== undefined));
  known.set(path, { digest, config });
  return config;
}

/** The root of the checkout whose source this file is; undefined of an installed package. */
const ownCheckout = /[/\\]packages[/\\]pipeline[/\\]src[/\\]config[/\\]load\.ts$/u.test(import.meta.filename)
  ? resolve(import.meta.dirname, '../../../..')
  : undefined;

function configIn(root: string): string | undefined {
  const found = configPlaces(root).filter((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
  const [path, second] = found;
  if (path === undefined) return undefined;
  if (second !== undefined) throw invalid(second, ['there is another configuration beside it'], 'keep one of the two');
  const there = lstatSync(path);
  if (!there.isFile()) throw invalid(path, ['is not a regular file'], 'replace it by a file');
  if (there.size > largestConfig) throw invalid(path, ['has more than 1 MiB'], 'it names a project and its editions');
  return path;
}

const require = createRequire(import.meta.url);

/** What the file says. `again`: it is another text than this process has run. */
function evaluate(path: string, text: string, again: boolean): unknown {
  try {
    if (path.endsWith('.json')) return parseJson(text);
    const module: unknown = again ? evaluateElsewhere(path) : require(path);
    if (typeof module === 'object' && module !== null && 'default' in module) return module.default;
  } catch (error) {
    const [line = ''] = messageOf(error).split('\n');
    const hint = line.includes('Cannot find package') ? 'pnpm install' : 'fix it; see docs/any-remix.md';
    throw invalid(path, [`cannot be ${path.endsWith('.json') ? 'read' : 'run'}: ${line}`], hint, error);
  }
  throw invalid(path, ['exports no default'], 'export default defineConfig({ title: … })');
}

/**
 * Node keeps what it made of a module as long as it runs: where a file has changed in the life of a process, as of Nx's
 * daemon, another one looks.
 */
function evaluateElsewhere(path: string): unknown {
  const print = 'process.stdout.write(JSON.stringify((await import(process.argv[1])).default ?? null))';
  const argv = ['--input-type=module', '--eval', print, pathToFileURL(path).href];
  const { status, stdout, stderr, error } = spawnSync(process.execPath, argv, {
    encoding: 'utf8',
    timeout: longestMs,
    maxBuffer: largestConfig,
  });
  if (error !== undefined) throw error;
  // Node prints where, an empty line, and then what.
  if (status !== 0) throw new Error(/^\w*Error.*$/mu.exec(stderr)?.[0] ?? `exit code ${status}`);
  return { default: parseJson(stdout) };
}

/** A configuration is a few lines: one that takes so long never ends. */
const longestMs = 30_000;

function parse(path: string, text: string, value: unknown): Config {
  const { data, error } = configSchema.safeParse(value);
  if (data !== undefined) return data;
  const problems = error.issues.slice(0, shownProblems).map((issue) => describeIssue(issue, text));
  throw invalid(path, problems, 'docs/any-remix.md lists the keys; phyllome config --schema prints the schema');
}

const shownProblems = 10;

/** `:4: letters.dd: must be one small letter …` */
function describeIssue({ path, message, ...issue }: z.core.$ZodIssue, text: string): string {
  const keys = path.map(String);
  const [unknown] = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const all = unknown === undefined ? keys : [...keys, unknown];
  const line = lineOf(text, all);
  const where = `${line === undefined ? '' : `:${line}`}: ${all.length === 0 ? '' : `${all.join('.')}: `}`;
  if (unknown === undefined) return `${where}${issueText(issue, message)}`;
  const meant = suggest(unknown, Object.keys(configSchema.in.shape));
  return `${where}is not a key of a configuration${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

/** Of a key that cannot be, zod keeps why to itself, one level down. */
function issueText(issue: Omit<z.core.$ZodIssue, 'path' | 'message'>, message: string): string {
  const inner = 'issues' in issue && Array.isArray(issue.issues) ? issue.issues[0] : undefined;
  const text: unknown = typeof inner === 'object' && inner !== null && 'message' in inner ? inner.message : message;
  return String(text);
}

/** Where the last of these keys stands, as far as the text shows it: each after the one before. From 1. */
function lineOf(text: string, keys: readonly string[]): number | undefined {
  let at = 0;
  let found = false;
  for (const key of keys) {
    const name = key.replaceAll(/[$()*+.?[\\\]^{|}]/gu, String.raw`\$&`);
    const next = new RegExp(`(?<![\\w$])["']?${name}["']?\\s*:`, 'u').exec(text.slice(at));
    if (next === null) continue;
    at += next.index;
    found = true;
  }
  return found ? text.slice(0, at).split('\n').length : undefined;
}

function invalid(path: string, problems: readonly string[], hint: string, cause?: unknown): PipelineError {
  const lines = problems.map((problem) => `${basename(path)}${problem.startsWith(':') ? problem : `: ${problem}`}`);
  return new PipelineError('CONFIG_INVALID', lines.join('\n'), { hint, cause });
}
