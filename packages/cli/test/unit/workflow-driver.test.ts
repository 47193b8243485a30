import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { temporaryDirectory } from '@phyllome/host';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import {
  commandFile,
  type JobRun,
  machineEnvironment,
  type Runner,
  runWorkflow,
  stepEnvironment,
  type WorkflowEvent,
} from '../workflow-driver.ts';
import { evaluate, holds, render } from '../workflow-expression.ts';

describe('an expression', () => {
  const contexts = {
    vars: { SET: 'yes' },
    secrets: {},
    needs: { first: { outputs: { any: 'true', list: '{"include":[{"edition":"l"}]}' } } },
    matrix: { edition: 'l' },
  };

  test.each([
    ["'it''s'", "it's"],
    ['vars.SET', 'yes'],
    ['vars.UNSET', ''],
    ["vars.UNSET || 'default'", 'default'],
    ["vars.SET == 'YES' && 'draft' || 'release'", 'draft'],
    ["vars.UNSET == 'yes' && 'draft' || 'release'", 'release'],
    ["!(vars.SET != 'yes')", true],
    // The right side does not count, and is not looked at.
    ["'a' || needs.none", 'a'],
    ['vars.UNSET && needs.none', ''],
    ['fromJSON(needs.first.outputs.list)', { include: [{ edition: 'l' }] }],
  ])('%s is %j', (expression, value) => {
    expect(evaluate(expression, { contexts })).toEqual(value);
  });

  test.each([
    ['matrix.editoin', 'matrix.editoin, which is not there'],
    ['steps.one.outputs.a', 'steps, which is no context here'],
    ['needs.first.outputs.any.more', 'which is not there'],
    ['hashFiles(vars.SET)', 'calls hashFiles'],
    ['success()', 'calls success'],
    ["vars.SET == fromJSON('1')", 'compares'],
    ['fromJSON(matrix)', 'not a string'],
    ['vars.SET vars.SET', 'has vars where'],
    ['vars.SET < vars.SET', 'has < vars.SET'],
    ["vars['SET']", "has ['SET']"],
    ['(vars.SET', 'has its end where )'],
    ['vars.', 'has its end where a name'],
    ['', 'has its end where a name'],
    ['matrix.constructor', 'which is not there'],
  ])('%s is refused', (expression, why) => {
    expect(() => evaluate(expression, { contexts })).toThrow(why);
  });

  test('stands in a text', () => {
    expect(render('iso-${{ matrix.edition }}-${{vars.SET}}', { contexts })).toBe('iso-l-yes');
    expect(() => render('${{ matrix }}', { contexts })).toThrow('matrix is not a text');
  });

  test.each([
    [undefined, true, false],
    ['always()', true, true],
    ['failure()', false, true],
    ["vars.SET == 'yes'", true, false],
    ["${{ vars.SET == 'no' }}", false, false],
    ["always() && vars.SET == 'yes'", true, true],
  ])('if: %s', (condition, afterSuccess, afterFailure) => {
    const decide = (failed: boolean) => (): boolean => holds(condition, { contexts, failed });
    expect([decide(false)(), decide(true)()]).toEqual([afterSuccess, afterFailure]);
  });

  test('in if: is not looked at once something failed: what it names may never have come', () => {
    const condition = "needs.none.outputs.any == 'true'";
    expect(holds(condition, { contexts, failed: true })).toBe(false);
    expect(() => holds(condition, { contexts, failed: false })).toThrow('not there');
  });
});

test('the narrower environment wins, and nothing takes the place of the files of the runner', () => {
  const env = stepEnvironment(
    { A: 'base', HOME: '/h' },
    { A: 'job', B: 'job' },
    { B: 'step', OUT: 'x' },
    { OUT: 'file' },
  );
  expect(env).toEqual({ A: 'job', HOME: '/h', B: 'step', OUT: 'file' });
});

test('a step leaves a name and a value a line', () => {
  expect(commandFile('a=1\nlist={"x":"a=b"}\nempty=\n')).toEqual({ a: '1', list: '{"x":"a=b"}', empty: '' });
  expect(() => commandFile('a<<EOF\n1\nEOF\n')).toThrow('a<<EOF is not name=value');
  expect(() => commandFile('only words\n')).toThrow('is not name=value');
});

test('a machine gives its jobs neither a home, nor secrets, nor the programs of this workspace', () => {
  const env = {
    PATH: '/w/node_modules/.bin:/usr/bin:/bin',
    HOME: '/root',
    TOKEN: 'x',
    https_proxy: 'p',
    NX_DAEMON: 'true',
  };
  expect(machineEnvironment(env)).toEqual({ PATH: '/usr/bin:/bin', https_proxy: 'p' });
});

const results = (jobs: Record<string, JobRun[]>): unknown =>
  Object.fromEntries(Object.entries(jobs).map(([id, runs]) => [id, runs.map(({ result }) => result)]));

const file = (jobs: object, more: object = {}): string =>
  stringify({ name: 'test', on: { push: { tags: ['[0-9]*'] } }, permissions: {}, jobs, ...more });
const job = (steps: object[], more: object = {}): object => ({
  'runs-on': 'here',
  'timeout-minutes': 1,
  steps: [{ uses: 'actions/checkout@v4' }, ...steps],
  ...more,
});

describe('a workflow', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let runner: Runner;
  const event: WorkflowEvent = {
    name: 'push',
    ref: 'refs/tags/1.0',
    payload: { pull_request: { base: { sha: 'main' } } },
  };
  beforeAll(async () => {
    directory = await temporaryDirectory('workflow-test-');
    const work = join(directory.path, 'work');
    const origin = join(directory.path, 'origin.git');
    const git = (...args: string[]) => execa('git', ['-C', work, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
    await execa('git', ['init', '--quiet', '--initial-branch=main', work]);
    for (const content of ['first', 'second']) {
      await writeFile(join(work, 'file'), `${content}\n`);
      await git('add', '--all');
      await git('commit', '--quiet', '--message', content);
    }
    await git('tag', '1.0');
    await git('tag', 'v1.0');
    await writeFile(join(work, 'file'), 'third');
    await git('commit', '--quiet', '--all', '--message', 'third');
    await execa('git', ['clone', '--quiet', '--bare', work, origin]);
    runner = { origin, machine: machineEnvironment(process.env) };
  });
  afterAll(() => directory[Symbol.asyncDispose]());

  async function run(text: string, more: Partial<Runner> = {}) {
    const ended = await runWorkflow(text, event, { ...runner, ...more });
    onTestFinished(() => ended[Symbol.asyncDispose]());
    return ended;
  }

  test('hands on outputs and artifacts, and nothing else', async () => {
    const make = `
      cp file secret-file && echo 1 >>"$HOME/trace" && mkdir -p out/.hidden && echo kept >out/kept && touch out/.hidden/x
      ln -s ../file out/link
      echo 'matrix={"include":[{"edition":"l"},{"edition":"dhi"}]}' >>"$GITHUB_OUTPUT"
      echo ADDED=later >>"$GITHUB_ENV"`;
    const text = file(
      {
        // Written after it, and run before.
        use: job(
          [
            { uses: 'actions/download-artifact@v4', with: { pattern: 'made-*', path: 'in' } },
            {
              run: 'ls -A "$HOME" in in/* . && cat in/made-1/link && echo "$EDITION $SHARED"',
              env: { SHARED: 'step' },
            },
          ],
          {
            needs: 'make',
            strategy: { 'fail-fast': false, matrix: '${{ fromJSON(needs.make.outputs.matrix) }}' },
            env: { EDITION: '${{ matrix.edition }}' },
          },
        ),
        make: job(
          [
            { id: 'it', run: make },
            { run: 'echo "$ADDED ${{ env.ADDED }} $SHARED"; git rev-list --count HEAD' },
            { uses: 'actions/upload-artifact@v4', with: { name: 'made-1', path: 'out' } },
          ],
          { outputs: { matrix: '${{ steps.it.outputs.matrix }}' } },
        ),
      },
      { env: { SHARED: 'workflow' } },
    );
    const { jobs } = await run(text, { picks: ({ edition }) => edition === 'l' });
    expect(jobs['make']?.[0]?.steps[2]?.output).toBe('later later workflow\n1');
    expect(jobs['use']?.map(({ name, result }) => [name, result])).toEqual([['use (l)', 'success']]);
    // Of its own: the clone, what it downloaded, and an empty home directory.
    const output = jobs['use']?.[0]?.steps[2]?.output.replace(/\S+home:/u, 'home:') ?? '';
    expect(output.split(/\s+/u)).toEqual(
      '.: .git file in home: in: made-1 in/made-1: kept link second l step'.split(' '),
    );
  });

  test('ends a job whose step exits with 1, and runs none that needs it', async () => {
    const text = file({
      broken: job([
        { run: 'echo before\nfalse\necho after' },
        { run: 'echo next' },
        { if: 'always()', run: 'echo last' },
      ]),
      dependent: job([{ run: 'true' }], { needs: 'broken', if: "needs.broken.outputs.any == 'true'" }),
      further: job([{ run: 'true' }], { needs: 'dependent' }),
      other: job([{ run: 'true' }]),
    });
    const { jobs } = await run(text);
    expect(results(jobs)).toEqual({
      broken: ['failure'],
      dependent: ['skipped'],
      further: ['skipped'],
      other: ['success'],
    });
    expect(jobs['broken']?.[0]?.steps.map(({ result, output }) => [result, output])).toEqual([
      ['success', ''],
      ['failure', 'before'],
      ['skipped', ''],
      ['success', 'last'],
    ]);
  });

  test('leaves no process behind', async () => {
    const { jobs } = await run(file({ one: job([{ run: 'sleep 1000 >/dev/null 2>&1 & echo $!' }]) }));
    const pid = Number(jobs['one']?.[0]?.steps[1]?.output);
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone');
    // Killed, and perhaps not yet collected by the first process.
    expect(state).toMatch(/^gone$|\) [ZX] /u);
  });

  test.each([
    ['an action', { one: job([{ uses: 'somebody/something@v1' }]) }, 'somebody/something@v1'],
    [
      'an input of an action',
      { one: job([{ uses: 'actions/checkout@v4', with: { submodules: 'true' } }]) },
      'submodules',
    ],
    ['a key of a step', { one: job([{ run: 'true', shell: 'sh' }]) }, 'shell'],
    ['a key of a job', { one: job([], { container: 'debian' }) }, 'container'],
    ['a secret in if:', { one: job([{ if: "secrets.A == ''", run: 'true' }]) }, 'secrets, which is no context here'],
    ['a job that is not there', { one: job([], { needs: 'none' }) }, 'need each other'],
  ])('with %s that is not known is refused', async (_, jobs, why) => {
    await expect(run(file(jobs))).rejects.toThrow(why);
  });

  test('is not started by what it does not wait for', async () => {
    const text = file({ one: job([]) });
    await expect(runWorkflow(text, { ...event, ref: 'refs/tags/v1' }, runner)).rejects.toThrow('does not start');
    await expect(runWorkflow(text, { ...event, name: 'pull_request' }, runner)).rejects.toThrow('does not start');
  });

  // What their steps do is for the nightly tests; here each script is only read by bash, and leaves what the next jobs need.
  const checkedIn = resolve(import.meta.dirname, '../../../../.github/workflows');
  test.each([
    ['pull-request.yml', 'pull_request', ['kickstarts', 'affected', 'rehearse']],
    ['release.yml', 'push', ['editions', 'build', 'publish']],
    ['weekly.yml', 'schedule', ['refresh', 'build']],
    ['packages.yml', 'push', ['publish'], 'refs/tags/v1.0'],
  ] as const)(
    '%s has nothing that is not known, and its jobs fit together',
    async (name, start, expected, ref: string = event.ref) => {
      const leaves = `
cd "$GITHUB_WORKSPACE" && mkdir -p dist/iso-l/test-vm dist/packages release && touch dist/packages/x lint.sarif refresh.patch dist/iso-l/test-vm/x release/x
echo 'matrix={"include":[{"edition":"l","project":"iso-l"}]}' >>"$GITHUB_OUTPUT"
echo any=true >>"$GITHUB_OUTPUT"`;
      const workflow = parse(await readFile(join(checkedIn, name), 'utf8'));
      for (const { steps } of Object.values<{ steps: { run?: string }[] }>(workflow.jobs))
        for (const step of steps)
          if (step.run !== undefined) step.run = `bash -n <<'SCRIPT'\n${step.run}\nSCRIPT\n${leaves}`;
      const ended = await runWorkflow(stringify(workflow), { ...event, ref, name: start }, runner);
      onTestFinished(() => ended[Symbol.asyncDispose]());
      for (const { steps } of Object.values(ended.jobs).flat())
        for (const step of steps) expect([step.name, step.output]).toEqual([step.name, '']);
      expect(results(ended.jobs)).toEqual(Object.fromEntries(expected.map((id) => [id, ['success']])));
    },
  );

  test('of every file is among those', async () => {
    expect(await readdir(checkedIn)).toEqual(['packages.yml', 'pull-request.yml', 'release.yml', 'weekly.yml']);
  });
});
