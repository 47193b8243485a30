import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Target, flattenLeaf, openWorkspace, releasePath, releaseText, writeFlat } from '@phyllome/pipeline';
import project from '../../package.json' with { type: 'json' };
import { CliError } from '../errors.ts';
import { builderFiles, ownRelease } from './assets.ts';
import { minimalLeaves } from './leaves.ts';
import type { Names } from './names.ts';
import { stageDirectory } from './place.ts';
import { type Tools, workspaceFiles } from './workspace-files.ts';

/** A new workspace of another project. */
export interface NewWorkspace {
  /** Where it comes: a directory that is not there, or is empty. */
  directory: string;
  names: Names;
  /** What its kickstarts are for; as this program itself when not given. */
  target?: Target | undefined;
  /** The checkout that the tools are taken from, instead of the registry. */
  link?: string | undefined;
  /** Kickstarts and what belongs to them, below it, in place of a minimal live image. */
  leaves?: ((target: Target) => Record<string, string>) | undefined;
  /** More of the workspace, or other texts of its files. */
  files?: Record<string, string> | undefined;
  now: Date;
}

/**
 * Writes a workspace in which `pnpm install` and `pnpm nx build` work, whole or not at all.
 *
 * @returns the leaves that were flattened, and those that could not be, each with the reason
 * @throws {CliError} NOT_EMPTY, BAD_OPTION
 */
export async function makeWorkspace(
  wanted: NewWorkspace,
): Promise<{ target: Target; isPinned: boolean; flattened: string[]; broken: Map<string, Error> }> {
  const own = ownRelease();
  const target = wanted.target ?? own;
  const isOwn = target.distribution === own.distribution && target.version === own.version;
  await using staged = await stageDirectory(wanted.directory);
  await staged.write({
    ...workspaceFiles(wanted.names, toolsFrom(wanted.link), target),
    ...builderFiles(wanted.now, target.distribution),
    // The digest of another base is for `phyllome builder pin` to find out.
    [releasePath]: releaseText({ ...target, base: isOwn ? own.base : undefined }),
    ...(wanted.leaves ?? ((of) => minimalLeaves(wanted.names, of)))(target),
    ...wanted.files,
  });
  const workspace = openWorkspace(staged.path);
  const broken = new Map<string, Error>();
  const flattened: string[] = [];
  for (const leaf of workspace.leaves) {
    try {
      await writeFlat(workspace, flattenLeaf(workspace, leaf));
      flattened.push(leaf);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      broken.set(leaf, error);
    }
  }
  await staged.place();
  return { target, isPinned: isOwn, flattened, broken };
}

/** The packages that a workspace names: the command, and the plugin that makes Nx projects of its leaves. */
const packages = ['cli', 'nx-plugin'] as const;

/** @throws {CliError} BAD_OPTION */
function toolsFrom(link: string | undefined): Tools {
  const version = `^${project.version}`;
  if (link === undefined)
    return { dependencies: Object.fromEntries(packages.map((name) => [`@phyllome/${name}`, version])) };
  const checkout = resolve(link);
  const missing = packages.find((name) => !existsSync(join(checkout, 'packages', name, 'package.json')));
  if (missing !== undefined) {
    throw new CliError(
      'BAD_OPTION',
      `--link: ${checkout} is not a checkout of the tools: packages/${missing} is missing`,
      {
        hint: 'name the directory that has packages/ in it',
      },
    );
  }
  const dependencies = packages.map((name) => [`@phyllome/${name}`, `link:${join(checkout, 'packages', name)}`]);
  return { dependencies: Object.fromEntries(dependencies) };
}
