import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { validateWorkflow } from '@action-validator/core';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { testWorkspace } from '../workspace.ts';

const directory = resolve(import.meta.dirname, '../../../../.github/workflows');
const names = await readdir(directory);
const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8');

const Workflow = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      'timeout-minutes': z.number(),
      steps: z.array(z.object({ run: z.string().optional(), uses: z.string().optional() })),
    }),
  ),
});

describe.each(names)('%s', (name) => {
  test('is a workflow', async () => {
    expect(validateWorkflow(await read(name)).errors).toEqual([]);
  });

  test('every job has a limit, and none may write to the repository', async () => {
    const { permissions, jobs } = Workflow.parse(parse(await read(name)));
    expect(permissions).toEqual({ contents: 'read' });
    expect(Object.keys(jobs).length).toBeGreaterThan(0);
  });

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
