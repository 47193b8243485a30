import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { releasePath } from '@phyllome/pipeline';
import { buildDatePath, buildDateText } from '@phyllome/pipeline/image';
import { CliError } from '../errors.ts';

/**
 * Where the builders' folders are that a new workspace gets, and the release with its pinned base: in the checkout that
 * this program is run from, or beside it in its package.
 */
const places = [resolve(import.meta.dirname, '../../../..'), resolve(import.meta.dirname, '../../assets')];

/** What builders are made of, and the release that the program itself is for. By path, without documents. */
export function builderFiles(now: Date): { files: Record<string, string>; release: string } {
  const root = places.find((place) => existsSync(join(place, 'containers/fedora/Containerfile')));
  if (root === undefined) {
    throw new CliError('INCOMPLETE_INSTALLATION', 'this installation lacks what builders are made of (containers/)', {
      hint: 'install @phyllome/cli again',
    });
  }
  const listed = readdirSync(join(root, 'containers'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.md') && !entry.parentPath.includes('fedora-packages'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  const files = Object.fromEntries(listed.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
  return {
    files: { ...files, [buildDatePath]: buildDateText(now) },
    release: readFileSync(join(root, releasePath), 'utf8'),
  };
}
