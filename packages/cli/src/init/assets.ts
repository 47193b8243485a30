import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { releasePath } from '@phyllome/pipeline';
import { buildDatePath, buildDateText } from '@phyllome/pipeline/image';
import { CliError } from '../errors.ts';

/**
 * Where the builders' folders are that a new workspace gets, and the release with its pinned base: in the checkout that
 * this program is run from, or beside it in its package.
 */
const places = [resolve(import.meta.dirname, '../../../..'), resolve(import.meta.dirname, '../assets')];

/** What builders are made of, and the release that the program itself is for. By path, without documents. */
export function builderFiles(now: Date): { files: Record<string, string>; release: string } {
  const root = places.find((place) => existsSync(join(place, 'containers/fedora/Containerfile')));
  if (root === undefined) {
    throw new CliError('INCOMPLETE_INSTALLATION', 'this installation lacks what builders are made of (containers/)', {
      hint: 'install @phyllome/cli again',
    });
  }
  const listed = ['project.json', 'fedora', 'rehearsal'].flatMap((name) => filesIn(root, `containers/${name}`));
  const files = Object.fromEntries(listed.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
  return {
    files: { ...files, [buildDatePath]: buildDateText(now) },
    release: readFileSync(join(root, releasePath), 'utf8'),
  };
}

/** A file, or those of a folder, documents apart; relative to the root. */
function filesIn(root: string, path: string): string[] {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  const names = readdirSync(join(root, path)).filter((name) => !name.endsWith('.md'));
  return names.map((name) => `${path}/${name}`).filter((one) => statSync(join(root, one)).isFile());
}
