import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type DistributionId, type Release, readRelease, releasePath } from '@phyllome/pipeline';
import { buildDatePath, buildDateText } from '@phyllome/pipeline/image';
import { CliError } from '../errors.ts';

/**
 * Where the builders' folders are that a new workspace gets, and the release with its pinned base: in the checkout that
 * this program is run from, or beside it in its package.
 */
const places = [resolve(import.meta.dirname, '../../../..'), resolve(import.meta.dirname, '../assets')];

/**
 * What builders are made of, by path, without documents: that of lorax is the same for all distributions, and is called like
 * the one that is asked for.
 *
 * @throws {CliError} INCOMPLETE_INSTALLATION
 */
export function builderFiles(now: Date, distribution: DistributionId): Record<string, string> {
  const root = assetsRoot();
  const listed = ['project.json', 'fedora', 'fedora/machine', 'rehearsal'].flatMap((name) =>
    filesIn(root, `containers/${name}`),
  );
  const files = listed.map((path) => [
    path.replace(/^containers\/fedora\//u, `containers/${distribution}/`),
    readFileSync(join(root, path), 'utf8'),
  ]);
  return { ...Object.fromEntries(files), [buildDatePath]: buildDateText(now) };
}

/**
 * The release that the program itself is for.
 *
 * @throws {CliError} INCOMPLETE_INSTALLATION
 */
export function ownRelease(): Release {
  const root = assetsRoot();
  return readRelease({ readFile: () => readFileSync(join(root, releasePath), 'utf8') });
}

function assetsRoot(): string {
  const root = places.find((place) => existsSync(join(place, 'containers/fedora/Containerfile')));
  if (root === undefined) {
    throw new CliError('INCOMPLETE_INSTALLATION', 'this installation lacks what builders are made of (containers/)', {
      hint: 'install @phyllome/cli again',
    });
  }
  return root;
}

/** A file, or those of a folder, documents apart; relative to the root. */
function filesIn(root: string, path: string): string[] {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  const names = readdirSync(join(root, path)).filter((name) => !name.endsWith('.md'));
  return names.map((name) => `${path}/${name}`).filter((one) => statSync(join(root, one)).isFile());
}
