import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { validateWorkflow } from '@action-validator/core';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { forgejoWorkflow, isForForgejo } from '../forgejo-workflow.ts';
import { testWorkspace } from '../workspace.ts';

const root = resolve(import.meta.dirname, '../../../..');
const directory = join(root, '.github/workflows');
const forgejo = join(root, '.forgejo/workflows');
const names = await readdir(directory);
const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8');

const permissions = z.record(z.string(), z.string());
const Workflow = z.object({
  permissions,
  jobs: z.record(
    z.string(),
    z.object({
      'timeout-minutes': z.number(),
      permissions: permissions.optional(),
      steps: z.array(z.object({ run: z.string().optional(), uses: z.string().optional() })),
    }),
  ),
});

describe.each(names)('%s', (name) => {
  test('is a workflow', async () => {
    expect(validateWorkflow(await read(name)).errors).toEqual([]);
  });

  test('every job has a limit, and none may write to the repository', async () => {
    const workflow = Workflow.parse(parse(await read(name)));
    expect(workflow.permissions).toEqual({ contents: 'read' });
    const more = Object.entries(workflow.jobs).flatMap(([job, one]) =>
      one.permissions === undefined ? [] : [[job, one.permissions]],
    );
    // What is built for a release is signed by the identity of its job, where that is asked for; packages always are.
    const identified = { 'release.yml': 'build', 'packages.yml': 'publish' }[name];
    expect(more).toEqual(identified === undefined ? [] : [[identified, { contents: 'read', 'id-token': 'write' }]]);
  });

  test.skipIf(!isForForgejo(name))(
    'has its counterpart for Forgejo, which differs in what Forgejo has of its own',
    async () => {
      const made = forgejoWorkflow(name, await read(name));
      expect(await readFile(join(forgejo, name), 'utf8'), 'pnpm docs:workflows').toBe(made);
      // The kept linter knows GitHub's words.
      expect(validateWorkflow(made.replaceAll(/^ *enable-openid-connect: true\n/gmu, '')).errors).toEqual([]);
      const { jobs } = Workflow.omit({ permissions: true }).parse(parse(made));
      const actions = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ uses = [] }) => uses));
      expect(actions.filter((one) => one.includes('artifact')).every((one) => one.startsWith('https://'))).toBe(true);
      expect(made).not.toMatch(/permissions|id-token/u);
      expect(made.includes('\n    enable-openid-connect: true\n')).toBe(name === 'release.yml');
    },
  );

  // What publishes packages builds no image.
  test.runIf(name !== 'packages.yml')('judges what it has built, and no other profile of it', async () => {
    const { jobs } = Workflow.parse(parse(await read(name)));
    const lines = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run = '' }) => run.split('\n')));
    const words = (target: string): string[] =>
      lines
        .filter((line) => line.startsWith(`pnpm nx ${target} `))
        .map((line) => line.slice(`pnpm nx ${target} `.length));
    // Nx builds what is to be judged: without the configuration, a draft in the place of the release.
    expect(words('test-vm')).toEqual(words('build'));
    expect(words('build')).toHaveLength(1);
  });

  test('runs commands that exist, with options that they have', async () => {
    const { jobs } = Workflow.parse(parse(await read(name)));
    const scripts = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run = [] }) => run));
    const lines = scripts.join('\n').matchAll(/phyllome ([a-z-]+)([^\n]*)/g);
    await using workspace = await testWorkspace();
    for (const [, command = '', rest = ''] of lines) {
      const { stdout, exitCode } = await workspace.phyllome([command, '--help']);
      expect(exitCode, command).toBe(0);
      for (const [option] of rest.matchAll(/--[a-z-]+/g)) expect(stdout, `${command} ${option}`).toContain(option);
    }
  });
});

test('Forgejo has no workflow of its own', async () => {
  expect(await readdir(forgejo)).toEqual(names.filter(isForForgejo));
});

test('a workflow with a job that runs nowhere is none', async () => {
  const text = (await read('release.yml')).replaceAll(/^ {4}runs-on: .*\n/gm, '');
  expect(validateWorkflow(text).errors).not.toEqual([]);
});

test("a stranger's pull request gets no secret and no network for its leaves", async () => {
  const text = await read('pull-request.yml');
  expect(text).not.toContain('secrets.');
  expect(text).toContain('PHYLLOME_NETWORK: none');
  expect(text).toContain('PHYLLOME_REMOTE_STORE_MODE: read');
});
