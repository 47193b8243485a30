import { basename, join } from 'node:path';
import { readFileSync } from 'node:fs';
import type { CreateNodes, ProjectConfiguration } from '@nx/devkit';
import { closure } from '@phyllome/flattener';
import { isLive } from '@phyllome/pipeline/leaves';
import { installProject, liveProject } from './projects.ts';

/**
 * Makes an Nx project of every leaf directly under `leaves/` (blocks, below it, are included and are no projects).
 *
 * A live leaf (`l.cfg`, `l<edition>.cfg`) becomes `iso-<edition>`, any other `install-<edition>`. Nx keys projects
 * by folder, so each gets a virtual root that need not exist; therefore every target states all of its inputs.
 * A leaf that cannot be read still becomes a project: its own targets then fail with the flattener's message,
 * while a throw here would fail every nx command of the workspace.
 */
export const createNodes: CreateNodes = [
  'leaves/*.cfg',
  (leaves, _options, { workspaceRoot }) =>
    leaves.map((leaf) => {
      const project = projectOf(leaf, workspaceRoot);
      return [leaf, { projects: { [project.root]: project } }];
    }),
];

function projectOf(leaf: string, workspaceRoot: string): ProjectConfiguration {
  const name = basename(leaf, '.cfg');
  const files = closure(leaf, { readFile: (path) => readIfThere(join(workspaceRoot, path)) });
  return isLive(name) ? liveProject(name, files) : installProject(name, files);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
