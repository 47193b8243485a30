import { readdirSync, realpathSync, statSync } from '@phyllome/host/fs';
import { join, sep } from 'node:path';
import { codeOf } from '@phyllome/host/errors';
import { PipelineError } from './errors.ts';

/**
 * A pull request to `leaves/`, with the flat kickstarts that belong to it, changes what is in an ISO, and nothing of the
 * program. But Nx takes projects with commands from every `project.json`, and, for its tasks, variables such as
 * `NODE_OPTIONS` and `LD_PRELOAD` from the `.env` files of a project's folder, which is `leaves/<leaf>`. So the two
 * folders hold none of these; what starts Nx looks before it does.
 */
const folders = ['leaves', 'flat'];

/** `.env`, and all that Nx makes of it: `.env.local`, `.flatten.env`, `.env.flatten.local`. */
const environment = /^\.(?:.*\.)?env(?:\..*)?$/iu;
const json = /\.json$/iu;
/** The settings of lint, and the source maps of flat kickstarts. */
const ourJson = /^(?:lint\.json|flat-.*\.cfg\.map\.json)$/u;

/** Paths that are named in one error. */
const namedAtMost = 10;

/**
 * Makes sure that nothing in `leaves/` and `flat/` configures a program, in whatever folder.
 *
 * @throws {PipelineError} FILE_MISPLACED
 */
export function requireNoConfiguration(root: string): void {
  const realRoot = realpathSync.native(root);
  const problems = folders.flatMap((folder) => problemsIn(root, realRoot, folder));
  if (problems.length === 0) return;
  const more = problems.length > namedAtMost ? [`and ${problems.length - namedAtMost} more`] : [];
  throw new PipelineError('FILE_MISPLACED', [...problems.slice(0, namedAtMost), ...more].join('\n'), {
    hint: `remove it: ${folders.join('/ and ')}/ hold kickstarts and what they include, not what a program is configured by`,
  });
}

function problemsIn(root: string, realRoot: string, folder: string): string[] {
  if (directoryAt(join(root, folder)) === undefined) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (environment.test(entry.name)) return [`${path} would set the environment of Nx's tasks`];
    if (json.test(entry.name) && !ourJson.test(entry.name)) return [`${path} may be the configuration of a program`];
    if (entry.isDirectory()) return problemsIn(root, realRoot, path);
    return entry.isSymbolicLink() ? problemOfLink(root, realRoot, path) : [];
  });
}

/**
 * Nx finds no projects behind a link to a directory, but looks for `.env` there. What is outside may be anybody's; what is
 * inside is looked at in its own place, or is the program's.
 */
function problemOfLink(root: string, realRoot: string, path: string): string[] {
  const real = directoryAt(join(root, path));
  return real === undefined || real === realRoot || real.startsWith(realRoot + sep)
    ? []
    : [`${path} is a link to ${real}, a directory outside of the workspace`];
}

/** The real path of a directory; undefined where there is none, or none that this user may see. */
function directoryAt(path: string): string | undefined {
  try {
    const real = realpathSync.native(path);
    return statSync(real).isDirectory() ? real : undefined;
  } catch (error) {
    const code = codeOf(error);
    if (code !== undefined && ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'].includes(code)) return undefined;
    throw error;
  }
}
