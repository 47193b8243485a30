import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createNodes } from './index.ts';

function workspace(leaves: readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'phyllome-misnamed-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'leaves'));
  for (const leaf of leaves) writeFileSync(join(root, leaf), '');
  return root;
}

/** As Nx calls the plugin. */
async function projectsOf(root: string, leaves: string[]) {
  const [, create] = createNodes;
  const nodes = await create(leaves, undefined, { workspaceRoot: root, nxJsonConfiguration: {} });
  return nodes.flatMap(([, { projects = {} }]) => Object.values(projects));
}

const misnamed = [
  'l$(id>PWNED)',
  'x;touch PWNED;#',
  'a\nb',
  'a\'b"c',
  '--help',
  '-rf',
  'a b',
  '`id`',
  'a|b&c',
  'll',
  'l-x',
  'l--help',
  'l.x',
  'ä',
  'x'.repeat(250),
];

test.each(misnamed)(
  'a leaf called %j is a project whose every target fails, and no part of a command',
  async (name) => {
    const root = workspace([`leaves/${name}.cfg`]);
    const [project] = await projectsOf(root, [`leaves/${name}.cfg`]);
    expect(project?.name).toMatch(/^misnamed-[0-9a-f]{12}$/u);
    expect(Object.keys(project?.targets ?? {})).toEqual(['flatten', 'validate', 'image', 'build', 'test-vm']);
    for (const target of Object.values(project?.targets ?? {})) {
      expect(target.command).toMatch(/^phyllome refuse-leaf [0-9a-f]+$/u);
      expect(target.cache).toBe(false);
    }
  },
);

test('other leaves keep their projects beside it', async () => {
  const root = workspace(['leaves/l.cfg', 'leaves/x;y.cfg']);
  const projects = await projectsOf(root, ['leaves/l.cfg', 'leaves/x;y.cfg']);
  expect(projects.map((project) => project.name)).toEqual(['iso-l', expect.stringMatching(/^misnamed-/u)]);
});
