import { constants } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, matchesGlob } from 'node:path';
import { execa } from 'execa';
import { parse } from 'yaml';
import * as z from 'zod';
import { evaluate, holds, render, type Scope, type Value } from './workflow-expression.ts';

// Runs a workflow file as a runner of Forgejo, Gitea or GitHub does: each job in a clone of its own, with a home directory of
// its own, and nothing from other jobs but their outputs and the artifacts. Jobs run one after the other. It knows what our
// files use; anything else that a file has is an error, and never passed over.

const variables = z.record(z.string(), z.string());
const Step = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  run: z.string().optional(),
  env: variables.default({}),
});
const Job = z.strictObject({
  needs: z.string().optional(),
  // What a token may do that is not here.
  permissions: variables.optional(),
  if: z.string().optional(),
  // Every job runs here.
  'runs-on': z.string(),
  'timeout-minutes': z.number(),
  'enable-openid-connect': z.boolean().optional(),
  strategy: z.strictObject({ 'fail-fast': z.literal(false), matrix: z.string() }).optional(),
  outputs: variables.default({}),
  env: variables.default({}),
  steps: z.array(Step),
});
const Workflow = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: variables.optional(),
  // One run at a time is all that there is here.
  concurrency: z.unknown().optional(),
  env: variables.default({}),
  jobs: z.record(z.string(), Job),
});
const Matrix = z.strictObject({ include: z.array(variables).min(1) });
const Push = z.strictObject({ tags: z.array(z.string()) });

type Job = z.infer<typeof Job>;
type Step = z.infer<typeof Step>;

/** What happened in the repository. */
export interface WorkflowEvent {
  name: 'push' | 'pull_request' | 'schedule' | 'workflow_dispatch';
  /** What is checked out: `refs/tags/44.1`, `refs/pull/1/merge`. */
  ref: string;
  /** `github.event`. */
  payload: Value;
}

/** What runs the jobs, and what the repository's owner has set. */
export interface Runner {
  /** A bare repository. */
  origin: string;
  vars?: Record<string, string>;
  secrets?: Record<string, string>;
  /** Of every step: where programs, the container engine and the network are. No HOME. */
  machine: Record<string, string>;
  /** Which entries of a matrix are run; all when it is missing. */
  picks?: (entry: Record<string, string>) => boolean;
  /** Takes a line for each step that ended. */
  log?: (line: string) => void;
}

export interface StepRun {
  name: string;
  result: 'success' | 'failure' | 'skipped';
  /** What it printed, or why it failed. */
  output: string;
}

export interface JobRun {
  /** `build (l)`. */
  name: string;
  result: 'success' | 'failure' | 'skipped';
  steps: StepRun[];
  outputs: Record<string, string>;
}

export interface WorkflowRun extends AsyncDisposable {
  /** By the job's name in the file; one for each entry of its matrix that was run. */
  jobs: Record<string, JobRun[]>;
  /** A directory for each artifact. */
  artifacts: string;
}

/**
 * Runs all jobs of a workflow file.
 *
 * @param text the file
 * @throws {Error} when the event does not start it, and on whatever it has that is not known here
 */
export async function runWorkflow(text: string, event: WorkflowEvent, runner: Runner): Promise<WorkflowRun> {
  const workflow = Workflow.parse(parse(text));
  requireTrigger(workflow.on, event);
  const root = await mkdtemp(join(tmpdir(), 'workflow-'));
  const artifacts = join(root, 'artifacts');
  await mkdir(artifacts);
  const github = {
    workflow: workflow.name,
    event_name: event.name,
    ref: event.ref,
    ref_name: basename(event.ref),
    event: event.payload,
  };
  const owner = { vars: runner.vars ?? {}, secrets: runner.secrets ?? {} };
  const shared = rendered(workflow.env, { contexts: { github, ...owner } });
  const jobs: Record<string, JobRun[]> = {};
  try {
    for (const [id, job] of inOrder(workflow.jobs)) {
      const before = job.needs === undefined ? undefined : (jobs[job.needs] ?? []);
      const needs =
        job.needs === undefined ? {} : { needs: { [job.needs]: { outputs: before?.at(-1)?.outputs ?? {} } } };
      const failed = before?.some(({ result }) => result !== 'success') ?? false;
      const place = { github, ...needs, vars: owner.vars };
      if (!holds(job.if, { contexts: place, failed })) {
        runner.log?.(`${workflow.name} / ${id}: skipped`);
        jobs[id] = [{ name: id, result: 'skipped', steps: [], outputs: {} }];
        continue;
      }
      render(job['runs-on'], { contexts: place });
      const entries = job.strategy === undefined ? [undefined] : entriesOf(job.strategy.matrix, { contexts: place });
      jobs[id] = [];
      for (const matrix of entries) {
        const name = matrix === undefined ? id : `${id} (${Object.values(matrix)[0] ?? ''})`;
        if (matrix !== undefined && runner.picks?.(matrix) === false) {
          runner.log?.(`${workflow.name} / ${name}: left out, as other entries were picked`);
          continue;
        }
        const contexts = { github, ...needs, ...(matrix && { matrix }), ...owner };
        const log = (line: string): void => runner.log?.(`${workflow.name} / ${name} / ${line}`);
        jobs[id].push(await runJob(job, { name, root, artifacts, contexts, shared, event, runner, log }));
      }
    }
  } catch (error) {
    await rm(root, { recursive: true, force: true });
    throw error;
  }
  return { jobs, artifacts, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

function requireTrigger(on: Record<string, unknown>, { name, ref }: WorkflowEvent): void {
  const isStarted =
    name === 'push'
      ? Push.parse(on[name]).tags.some((pattern) => matchesGlob(ref, `refs/tags/${pattern}`))
      : name in on && (on[name] === null || name === 'schedule');
  if (!isStarted) throw new Error(`a ${name} of ${ref} does not start this workflow`);
}

/** A job after those that it needs. */
function inOrder(jobs: Record<string, Job>): [string, Job][] {
  const left = new Map(Object.entries(jobs));
  const order: [string, Job][] = [];
  while (left.size > 0) {
    const next = [...left].find(([, { needs }]) => needs === undefined || order.some(([id]) => id === needs));
    if (next === undefined)
      throw new Error(`${[...left.keys()].join(', ')} need each other, or a job that is not there`);
    left.delete(next[0]);
    order.push(next);
  }
  return order;
}

function entriesOf(matrix: string, scope: Scope): Record<string, string>[] {
  const [, expression] = /^\s*\$\{\{(.*)\}\}\s*$/su.exec(matrix) ?? [];
  if (expression === undefined) throw new Error(`the matrix ${matrix} is not one expression`);
  return Matrix.parse(evaluate(expression, scope)).include;
}

const rendered = (env: Record<string, string>, scope: Scope): Record<string, string> =>
  Object.fromEntries(Object.entries(env).map(([name, text]) => [name, render(text, scope)]));

/** A job's own directories, and what its steps left for the next ones. */
interface JobState {
  workspace: string;
  temp: string;
  /** As the runner sets it, for every step. */
  base: Record<string, string>;
  /** The `env:` of workflow and job, and what steps wrote to `GITHUB_ENV`. */
  env: Record<string, string>;
  /** By `id`. */
  steps: Record<string, { outputs: Record<string, string> }>;
  failed: boolean;
  /** When the job's time is over. */
  deadline: number;
}

interface JobPlace {
  name: string;
  root: string;
  artifacts: string;
  contexts: Record<string, Value>;
  /** The workflow's `env:`. */
  shared: Record<string, string>;
  event: WorkflowEvent;
  runner: Runner;
  log: (line: string) => void;
}

async function runJob(job: Job, place: JobPlace): Promise<JobRun> {
  const { name, root, contexts, runner, event } = place;
  const own = await mkdtemp(join(root, 'job-'));
  const at = (directory: string): string => join(own, directory);
  for (const directory of ['home', 'temp', 'runtime', 'workspace']) await mkdir(at(directory), { mode: 0o700 });
  const tracking = { RUNNER_TRACKING_ID: basename(own) };
  const state: JobState = {
    workspace: at('workspace'),
    temp: at('temp'),
    base: {
      ...runner.machine,
      ...tracking,
      HOME: at('home'),
      XDG_RUNTIME_DIR: at('runtime'),
      RUNNER_TEMP: at('temp'),
      GITHUB_WORKSPACE: at('workspace'),
      GITHUB_REF: event.ref,
      CI: 'true',
    },
    env: { ...place.shared, ...rendered(job.env, { contexts }) },
    steps: {},
    failed: false,
    deadline: Date.now() + job['timeout-minutes'] * 60_000,
  };
  const steps: StepRun[] = [];
  const seen = (): Record<string, Value> => ({
    ...contexts,
    runner: { environment: 'self-hosted', temp: state.temp },
    env: state.env,
    steps: state.steps,
  });
  try {
    for (const step of job.steps) {
      const title = step.name ?? step.uses ?? step.run ?? '';
      const { secrets: _, ...withoutSecrets } = seen();
      const begun = Date.now();
      const ended = holds(step.if, { contexts: withoutSecrets, failed: state.failed })
        ? await runStep(step, seen(), state, place)
        : ({ result: 'skipped', output: '' } as const);
      if (ended.result === 'failure') state.failed = true;
      place.log(`${title}: ${ended.result}, ${Math.round((Date.now() - begun) / 1000)} s`);
      steps.push({ name: title, ...ended });
    }
    const result = state.failed ? 'failure' : 'success';
    const outputs = state.failed ? {} : rendered(job.outputs, { contexts: seen() });
    return { name, result, steps, outputs };
  } finally {
    // What a job leaves running ends with it: gpg's agent, for one.
    await endProcesses(`RUNNER_TRACKING_ID=${tracking.RUNNER_TRACKING_ID}`);
    await rm(own, { recursive: true, force: true, maxRetries: 3 });
  }
}

type Ended = Pick<StepRun, 'output'> & { result: 'success' | 'failure' };

async function runStep(
  step: Step,
  contexts: Record<string, Value>,
  state: JobState,
  { artifacts, event, runner }: JobPlace,
): Promise<Ended> {
  const env = rendered(step.env, { contexts });
  const scope = { contexts: { ...contexts, env: { ...state.env, ...env } } };
  if (step.uses !== undefined) {
    // Forgejo's own are patched versions of the same.
    const action = actions[step.uses.replace('https://code.forgejo.org/forgejo/', 'actions/')];
    if (action === undefined || step.run !== undefined) throw new Error(`the action ${step.uses} is not known here`);
    const inputs = Object.fromEntries(
      Object.entries(step.with).map(([name, value]) => [name, render(String(value), scope)]),
    );
    return await action(inputs, { workspace: state.workspace, artifacts, origin: runner.origin, ref: event.ref });
  }
  if (step.run === undefined) throw new Error('a step has neither run: nor uses:');
  const files = { GITHUB_OUTPUT: join(state.temp, 'step-output'), GITHUB_ENV: join(state.temp, 'step-env') };
  for (const file of Object.values(files)) await writeFile(file, '');
  const script = join(state.temp, 'step.sh');
  await writeFile(script, render(step.run, scope));
  const { exitCode, all, timedOut } = await execa('bash', ['-e', script], {
    cwd: state.workspace,
    env: stepEnvironment(state.base, state.env, env, files),
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
    timeout: Math.max(1, state.deadline - Date.now()),
  });
  const outputs = commandFile(await readFile(files.GITHUB_OUTPUT, 'utf8'));
  if (step.id !== undefined) state.steps[step.id] = { outputs };
  Object.assign(state.env, commandFile(await readFile(files.GITHUB_ENV, 'utf8')));
  const output = timedOut ? `${all}\nthe job's time is over` : all;
  return { result: exitCode === 0 ? 'success' : 'failure', output };
}

/**
 * The environment of a step: the narrower place wins, and nothing takes the place of the runner's own files. Pure.
 *
 * @param base the runner's
 * @param job of workflow, job, and earlier steps
 */
export function stepEnvironment(
  base: Record<string, string>,
  job: Record<string, string>,
  step: Record<string, string>,
  files: Record<string, string>,
): Record<string, string> {
  return { ...base, ...job, ...step, ...files };
}

/** What a step wrote to `GITHUB_OUTPUT` or `GITHUB_ENV`: a `name=value` each line. Pure. */
export function commandFile(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/u.exec(line) ?? [];
        if (name === undefined || value === undefined) throw new Error(`${line} is not name=value`);
        return [name, value];
      }),
  );
}

/**
 * The environment that a machine gives to its jobs: where programs, the container engine and the network are. Pure.
 *
 * @param env of this process; the programs that this workspace itself depends on are not the machine's
 */
export function machineEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const names =
    /^(?:PATH|LANG|DOCKER_HOST|SSL_CERT_(?:FILE|DIR)|NODE_EXTRA_CA_CERTS|CURL_CA_BUNDLE|(?:https?|no)_proxy)$/iu;
  const kept = Object.entries(env).flatMap(([name, value = '']) => (names.test(name) ? [[name, value] as const] : []));
  const path = (env['PATH'] ?? '').split(':').filter((directory) => !directory.includes('/node_modules/'));
  return { ...Object.fromEntries(kept), PATH: path.join(':') };
}

/** Of Linux: ends every process that was started with this in its environment. */
async function endProcesses(variable: string): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/u.test(name))) {
    // It may end before it is read, and those of others cannot be read.
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (!environment.split('\0').includes(variable)) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

interface ActionPlace {
  workspace: string;
  artifacts: string;
  origin: string;
  ref: string;
}

/** Does what the action of that name does. */
type Action = (inputs: Record<string, string>, place: ActionPlace) => Promise<Ended>;

const done = (output = ''): Ended => ({ result: 'success', output });
const failed = (output: string): Ended => ({ result: 'failure', output });

const actions: Record<string, Action> = {
  async 'actions/checkout@v4'(inputs, { workspace, origin, ref }) {
    const { 'fetch-depth': depth } = z.strictObject({ 'fetch-depth': z.enum(['0', '1']).default('1') }).parse(inputs);
    const git = (...args: string[]) => execa('git', args, { cwd: workspace, stdin: 'ignore' });
    await git('init', '--quiet');
    // By its address, and not its path: git would share objects, and ignore the depth.
    await git('remote', 'add', 'origin', `file://${origin}`);
    const all = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];
    await git(
      'fetch',
      '--quiet',
      '--no-tags',
      ...(depth === '0' ? [] : ['--depth=1']),
      'origin',
      ref,
      ...(depth === '0' ? all : []),
    );
    await git('checkout', '--quiet', '--detach', 'FETCH_HEAD');
    return done();
  },

  // The machine's Node starts the tools; the project brings its own.
  async 'actions/setup-node@v4'(inputs) {
    z.strictObject({ 'node-version': z.string() }).parse(inputs);
    return done();
  },

  // As the service keeps it: without hidden files, modes and empty directories, links followed.
  async 'actions/upload-artifact@v4'(inputs, { workspace, artifacts }) {
    const {
      name,
      path,
      'if-no-files-found': without,
    } = z
      .strictObject({
        name: z.string().regex(/^[^"<>|*?:\\/\r\n]+$/u),
        path: z.string().regex(/^[^*?!\n]+$/u),
        'if-no-files-found': z.enum(['warn', 'ignore']).default('warn'),
        'compression-level': z.literal('0').optional(),
      })
      .parse(inputs);
    const source = join(workspace, path);
    const found = await stat(source).catch(() => undefined);
    if (found === undefined) return done(without === 'warn' ? `warning: there is no ${path}` : '');
    const target = join(artifacts, name);
    if ((await stat(target).catch(() => undefined)) !== undefined)
      return failed(`there is an artifact ${name} already`);
    await mkdir(target);
    const to = found.isDirectory() ? target : join(target, basename(path));
    await cp(source, to, {
      recursive: true,
      dereference: true,
      mode: constants.COPYFILE_FICLONE,
      filter: (from) => from === source || !basename(from).startsWith('.'),
    });
    await asUnpacked(target);
    return done();
  },

  async 'actions/download-artifact@v4'(inputs, { workspace, artifacts }) {
    const { name, pattern, path } = z
      .strictObject({ name: z.string().optional(), pattern: z.string().optional(), path: z.string().default('.') })
      .refine((one) => (one.name === undefined) !== (one.pattern === undefined))
      .parse(inputs);
    const names = (await readdir(artifacts)).filter(
      (one) => one === name || (pattern !== undefined && matchesGlob(one, pattern)),
    );
    if (name !== undefined && names.length === 0) return failed(`there is no artifact ${name}`);
    for (const one of names) {
      // Those of a pattern have a directory each.
      const to = name === undefined ? join(workspace, path, one) : join(workspace, path);
      await cp(join(artifacts, one), to, { recursive: true, mode: constants.COPYFILE_FICLONE });
    }
    return done();
  },
};

async function asUnpacked(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    await chmod(path, entry.isDirectory() ? 0o755 : 0o644);
    if (entry.isDirectory()) await asUnpacked(path);
  }
}
