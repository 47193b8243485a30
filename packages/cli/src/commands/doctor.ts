import { type HostFacts, gatherHostFacts, judgeHostFacts } from '@phyllome/deploy';
import { ExplainedError } from '@phyllome/host';
import { isolationOf, preflight } from '@phyllome/iso-builder';
import { adviseIsolation } from '../advise-isolation.ts';
import { isolationFor, openBuildEngine } from '../build-engine.ts';
import { probeHost } from '@phyllome/vm-tester';
import type { Workspace } from '@phyllome/pipeline';
import { chooseBuilder } from '@phyllome/pipeline/image';
import { say } from '../render.ts';
import { printJson } from '../print.ts';
import { Argument, type Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatOption, jsonOption } from '../options/format.ts';

export const examples: readonly Example[] = [
  ['phyllome doctor', 'check this machine, and print what to do'],
  ['phyllome doctor virtualization', 'check whether it can run editions as guests'],
];

export function define(command: Command, context: Context): void {
  command
    .addArgument(
      new Argument('[purpose...]', 'what it is wanted for (default: all are shown, the first two decide)').choices([
        'build',
        'test',
        'virtualization',
      ]),
    )
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(async (named: Purpose[], { format }: { format: 'human' | 'json' }) => {
      // First, since it also reads which builder this machine has.
      const workspace = context.open();
      const { env, signal } = context;
      const good = await doctorCommand(workspace, { purposes: named, format, env, signal });
      if (!good) context.exitWith(exitCodes.environment);
    });
}

/** What a machine may be wanted for. */
export type Purpose = 'build' | 'test' | 'virtualization';
export const purposes: readonly Purpose[] = ['build', 'test', 'virtualization'];

/** A check of the machine as it is shown; those of the packages have the same shape. */
interface Line {
  id: string;
  status: 'ok' | 'failed' | 'advice' | 'unknown' | 'not-applicable';
  found: string;
  why: string;
  fix: string;
}

interface Group {
  id: Purpose;
  /** For people. */
  title: string;
  /** Nothing failed. */
  good: boolean;
  checks: Line[];
}

export interface DoctorOptions {
  /** Which groups decide; none named: build and test do, and all are shown. */
  purposes: readonly Purpose[];
  format: 'human' | 'json';
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/**
 * `phyllome doctor [purpose…]`: whether this machine can build and test editions, and whether they can be deployed on
 * it, check by check, with what to do. Changes nothing. False when a check failed that decides.
 */
export async function doctorCommand(workspace: Workspace, options: DoctorOptions): Promise<boolean> {
  const { format, env, signal } = options;
  const builder = chooseBuilder(workspace, 'draft', env).name;
  const wanted = options.purposes.length > 0 ? options.purposes : purposes;
  const deciding = options.purposes.length > 0 ? options.purposes : (['build', 'test'] as const);
  const groups: Group[] = [];
  let facts: HostFacts | undefined;
  for (const id of purposes.filter((purpose) => wanted.includes(purpose))) {
    if (id === 'build')
      groups.push(group(id, `to build, with the ${builder} builder`, await buildChecks(workspace, env, signal)));
    if (id === 'test') groups.push(group(id, 'to test', await testChecks(env, signal)));
    if (id === 'virtualization') {
      facts = await gatherHostFacts({ env, signal });
      groups.push(group(id, 'to deploy, and to run guests', judgeHostFacts(facts)));
    }
  }
  const good = groups.every((one) => one.good || !deciding.some((purpose) => purpose === one.id));
  if (format === 'json') printJson({ version: 1, builder, good, groups, facts }, 2);
  else show(groups);
  return good;
}

const group = (id: Purpose, title: string, checks: Line[]): Group => ({
  id,
  title,
  good: checks.every(({ status }) => status !== 'failed'),
  checks,
});

function buildChecks(workspace: Workspace, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Line[]> {
  return attempt('engine', 'it runs the builder', async () => {
    const builder = chooseBuilder(workspace, 'draft', env);
    await using engine = await openBuildEngine({ env, signal, builder, profile: 'draft' });
    const found = `${engine.kind} ${engine.version} at ${engine.endpoint}`;
    return [
      ok('engine', found, 'it runs the builder'),
      ...(await preflight(engine, builder)),
      ...adviseIsolation({
        isolation: isolationOf(env),
        releases: await isolationFor({ env, builder, profile: 'release' }),
        hasMachine: builder.machine !== undefined,
        accelerator: builder.machine === undefined ? undefined : await acceleratorOf(env, signal),
      }),
    ];
  });
}

/** What would run a machine; undefined where nothing does. */
async function acceleratorOf(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<'kvm' | 'tcg' | undefined> {
  try {
    return (await probeHost({ env, signal })).accelerator;
  } catch (error) {
    if (error instanceof ExplainedError) return undefined;
    throw error;
  }
}

function testChecks(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Line[]> {
  return attempt('qemu', 'it boots the ISO for test-vm', async () => {
    const { qemu, accelerator, reason } = await probeHost({ env, signal });
    return [ok('qemu', `QEMU ${qemu.version}, ${accelerator}: ${reason}`, 'it boots the ISO for test-vm')];
  });
}

function show(groups: readonly Group[]): void {
  const width = Math.max(...groups.flatMap(({ checks }) => checks.map(({ id }) => id.length)));
  for (const { title, checks } of groups) {
    say(`${title}:`);
    for (const { id, status, found, why, fix } of checks) {
      say(`  ${words[status]}  ${id.padEnd(width)}  ${found}`);
      if (status === 'ok' || status === 'not-applicable') continue;
      say(`          why: ${why}`);
      say(`          fix: ${fix}`);
    }
  }
  say('');
  for (const { title, good, checks } of groups) {
    const bad = checks.filter(({ status }) => status === 'failed').map(({ id }) => id);
    say(`${title}: ${good ? 'ready' : `not ready (${bad.join(', ')})`}`);
  }
}

const words: Record<Line['status'], string> = {
  ok: 'ok    ',
  failed: 'FAILED',
  advice: 'advice',
  unknown: 'unsure',
  'not-applicable': '-     ',
};

const ok = (id: string, found: string, why: string): Line => ({ id, status: 'ok', found, why, fix: '' });

/** What stops the others of its kind from being made is a check that failed itself. */
async function attempt(id: string, why: string, work: () => Promise<Line[]>): Promise<Line[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ExplainedError)) throw error;
    return [{ id, status: 'failed', found: `${error.code}: ${error.message}`, why, fix: error.hint }];
  }
}
