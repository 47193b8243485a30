/**
 * What Nx knows of the workspace: a project of every leaf and one of the builders' images, with their targets and exactly
 * what decides the output of each. Computes inputs and names commands; runs nothing but `phyllome flatten`, once for many
 * leaves.
 */
import { basename } from 'node:path';
import type { CreateNodes, ProjectConfiguration } from '@nx/devkit';
import { configOf } from '@phyllome/pipeline/config/load';
import { type LeafFiles, leafFinder } from '@phyllome/pipeline/leaf-files';
import { isLive, leafNameProblem, type NameWords } from '@phyllome/pipeline/leaves';
import { areSourcesOf, withInstalledTools } from './installed.ts';
import { builderTargets, installProject, liveProject, misnamedProject } from './projects.ts';

/**
 * Makes an Nx project of every leaf directly under `leaves/` (blocks, below it, are included and are not projects), and
 * gives `containers/`, the project `builder`, its target.
 *
 * A live leaf (`l.cfg`, `l<edition>.cfg`) becomes `iso-<edition>`, any other `install-<edition>`. Nx keys projects
 * by folder, so each gets a virtual root that need not exist; therefore every target states all of its inputs.
 * A leaf that cannot be read still becomes a project: its own targets then fail with the flattener's message,
 * while a throw here would fail every nx command of the workspace. So does one whose name is not allowed.
 */
export const createNodes: CreateNodes = [
  '{leaves/*.cfg,containers/project.json}',
  (files, _options, { workspaceRoot }) => {
    const find = leafFinder(workspaceRoot);
    const words = wordsOf(workspaceRoot);
    const own = areSourcesOf(workspaceRoot);
    return files.map((file) => {
      const project = file.startsWith('leaves/') ? projectOf(file, { find, words }) : BUILDER;
      return [file, { projects: { [project.root]: own ? project : withInstalledTools(project) } }];
    });
  },
];

const BUILDER = { root: 'containers', targets: builderTargets() };

type FindFiles = (leaf: string) => LeafFiles;

function projectOf(leaf: string, { find, words }: { find: FindFiles; words: NameWords }): ProjectConfiguration {
  const name = basename(leaf, '.cfg');
  if (leafNameProblem(name) !== undefined) return misnamedProject(name);
  const facts = { ...readTolerantly(leaf, find), words };
  return isLive(name) ? liveProject(name, facts) : installProject(name, facts);
}

/** Of a configuration that cannot be, none: the targets that it decides something of say what is wrong. */
function wordsOf(root: string): NameWords {
  try {
    return configOf({ root });
  } catch {
    return { letters: {}, editions: {} };
  }
}

/** A file that is not text, or that the system refuses: its own targets say so. */
function readTolerantly(leaf: string, find: FindFiles): LeafFiles {
  try {
    return find(leaf);
  } catch {
    return { files: [leaf], inputs: [leaf] };
  }
}
