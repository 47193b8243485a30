import { existsSync, readdirSync } from '@phyllome/host/fs';
import { basename, join, resolve } from 'node:path';
import { type ReadDirectory, type ReadFile, suggest } from '@phyllome/flattener';
import { isName } from '@phyllome/host/names';
import { distPath, editionOf, installedBy, installerOf, isLive, leafPath, liveLeafOf } from './leaves.ts';
import { kickstartReader, leafReader } from './leaf-files.ts';
import { envFile, loadOwnVariables, type Note, silently } from './env-file.ts';
import { PipelineError } from './errors.ts';
import { findRoot } from './find-root.ts';

/** Where the leaves, the flat kickstarts and the results of one checkout are. Paths are absolute. */
export interface Workspace {
  root: string;
  /** Names of the leaves directly under `leaves/`, without `.cfg`, sorted: `dhi`, `l`, `ldhi` … */
  leaves: string[];
  /** Reads a file by its workspace-relative path, as the flattener asks for it; of leaves, what they may include. */
  readFile: ReadFile;
  /** Lists a directory by its workspace-relative path: what a misspelt include may have meant. */
  readDirectory: ReadDirectory;
}

/**
 * The workspace that `directory` is in.
 *
 * Also loads `.env.local`, in which `./setup` wrote this machine's builder, for runs that Nx did not start;
 * variables that are already set win.
 *
 * @throws {PipelineError} NOT_A_WORKSPACE when neither `directory` nor a folder above it has `leaves/` and `nx.json`.
 */
export function openWorkspace(directory: string, note: Note = silently): Workspace {
  const root = findRoot(directory);
  if (root === undefined) {
    throw new PipelineError('NOT_A_WORKSPACE', `${directory} is not inside a checkout with leaves/ and nx.json`, {
      hint: 'run phyllome in a checkout; a kickstart or an image needs none when it is named by its path: phyllome flatten my.ks',
    });
  }
  loadOwnVariables(join(root, envFile), note);
  const leaves = readdirSync(join(root, 'leaves'))
    .filter((name) => name.endsWith('.cfg'))
    .map((name) => basename(name, '.cfg'))
    .toSorted();
  return workspaceAt(root, leaves);
}

/**
 * The workspace that `directory` is in, or else the directory alone, without leaves: for commands that are given files
 * by their paths, and can do their work anywhere.
 */
export function openAround(directory: string, note: Note = silently): Workspace {
  return findRoot(directory) === undefined ? workspaceAt(directory, []) : openWorkspace(directory, note);
}

/**
 * The same workspace, for kickstarts that are named by their paths: what they include may also be beside them, and in
 * the directories `-I` names.
 */
export function withKickstarts(workspace: Workspace, files: readonly string[], folders: readonly string[]): Workspace {
  return { ...workspace, readFile: kickstartReader(workspace.root, files, folders) };
}

function workspaceAt(root: string, leaves: string[]): Workspace {
  return {
    root,
    leaves,
    readFile: leafReader(root),
    readDirectory: (path) => {
      const absolute = resolve(root, path);
      return existsSync(absolute) ? readdirSync(absolute) : undefined;
    },
  };
}

/**
 * The leaf that an ISO is made of: the live leaf of `dhi`, the install leaf of `install-dhi`.
 *
 * @throws {PipelineError} UNKNOWN_EDITION when the workspace has no such live leaf; the hint lists the editions.
 */
export function leafOfEdition(workspace: Workspace, edition: string): string {
  const installed = installedBy(edition);
  if (installed !== undefined && workspace.leaves.includes(installed) && !isLive(installed)) return installed;
  const leaf = liveLeafOf(edition);
  // The empty one would be the live base, under another name.
  if (isName('edition', edition) && workspace.leaves.includes(leaf)) return leaf;
  const editions = workspace.leaves.filter(isLive).map(editionOf);
  const hint =
    workspace.leaves.includes(edition) && !isLive(edition)
      ? `${edition} has no ISO, it is installed: phyllome deploy ${edition} (its installer medium: ${installerOf(edition)}); `
      : '';
  throw new PipelineError('UNKNOWN_EDITION', `there is no edition "${edition}": ${leafPath(leaf)} does not exist`, {
    hint: `${hint}${knownNames(edition, 'editions', editions)}`,
  });
}

/** @throws {PipelineError} UNKNOWN_LEAF when the workspace has no leaf of that name; the hint lists the leaves. */
export function requireLeaf(workspace: Workspace, leaf: string): string {
  if (workspace.leaves.includes(leaf)) return leaf;
  throw new PipelineError('UNKNOWN_LEAF', `there is no leaf "${leaf}": ${leafPath(leaf)} does not exist`, {
    hint: knownNames(leaf, 'leaves', workspace.leaves),
  });
}

/** What an unknown name may have meant, and what there is. */
export function knownNames(name: string, what: 'editions' | 'leaves', known: readonly string[]): string {
  const list = `${what} here: ${known.join(', ') || 'none'}`;
  const meant = meantBy(name, what).find((other) => known.includes(other)) ?? nearTo(name, known);
  return meant === undefined ? list : `did you mean ${meant}? ${list}`;
}

/** The same thing by its other names: as Nx calls its project, an edition by its live leaf and a leaf by its edition. */
function meantBy(name: string, what: 'editions' | 'leaves'): string[] {
  const bare = name.replace(/^(?:iso|install)-/u, '');
  if (what === 'editions') return isLive(bare) ? [bare, editionOf(bare)] : [bare];
  return name.startsWith('iso-') ? [liveLeafOf(bare)] : [bare];
}

/** Names are a few letters: of one or two, any other is near. */
const nearTo = (name: string, known: readonly string[]): string | undefined =>
  name.length > 2 ? suggest(name, known) : undefined;

/** Where an ISO and its evidence are, absolute. */
export const distOf = (workspace: Pick<Workspace, 'root'>, edition: string): string =>
  join(workspace.root, distPath(edition));

/** Where an edition that was installed by QEMU alone is, with its logs and what it was judged by. */
export function installationOf(
  workspace: Workspace,
  leaf: string,
): { directory: string; disk: string; logs: string; artifacts: string } {
  const directory = join(workspace.root, 'dist', `install-${leaf}`);
  return {
    directory,
    disk: join(directory, `phyllome-${leaf}.img`),
    logs: join(directory, 'logs'),
    artifacts: join(directory, 'test-vm'),
  };
}
