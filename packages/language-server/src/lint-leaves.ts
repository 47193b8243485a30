import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type LintConfig, type LintLeaf, readLintConfig } from '@phyllome/flattener/lint';
import { type Workspace, editionOf, isLive, leafPath, readRelease, requireLeafName, volidOf } from '@phyllome/pipeline';

/** How lint is run on the leaves of a checkout: by `phyllome lint`, and in an editor. */

/** The name of a configuration: the severity of rules, by their ids. */
export const CONFIG_NAME = 'lint.json';

/**
 * Finds the configuration of a kickstart: the nearest `lint.json` in its folder and those above it, up to the top of the
 * git checkout it is in. Each is read once.
 *
 * @returns for a path, relative to the workspace, the configuration; `undefined` when there is none
 * @throws {KickstartError} LINT_CONFIG_INVALID, when asked, for one that cannot be read.
 */
export function lintConfigs(workspace: Workspace): (path: string) => LintConfig | undefined {
  const known = new Map<string, LintConfig | undefined>();
  const find = (directory: string): LintConfig | undefined => {
    if (known.has(directory)) return known.get(directory);
    const path = relative(workspace.root, join(directory, CONFIG_NAME));
    const text = workspace.readFile(path);
    const isTop = dirname(directory) === directory || existsSync(join(directory, '.git'));
    const above = text === undefined && !isTop ? find(dirname(directory)) : undefined;
    const config = text === undefined ? above : readLintConfig(path, text);
    known.set(directory, config);
    return config;
  };
  return (path) => find(dirname(resolve(workspace.root, path)));
}

/**
 * A leaf of the checkout, as lint takes it: whether it becomes a live medium, and with what volume id.
 *
 * @throws {PipelineError} LEAF_NAME_INVALID, RELEASE_INVALID, CONFIG_INVALID
 */
export async function lintLeaf(workspace: Workspace, leaf: string): Promise<LintLeaf> {
  requireLeafName(leaf);
  const path = leafPath(leaf);
  if (!isLive(leaf)) return { path, live: false, blocks: true };
  // Loaded here: an editor opens kickstarts of which there is no image, too.
  const { configOf } = await import('@phyllome/pipeline/config/load');
  const { volumeId } = configOf(workspace);
  return {
    path,
    live: true,
    blocks: true,
    volumeId: volidOf(editionOf(leaf), { ...readRelease(workspace), volumeId }, true),
  };
}
