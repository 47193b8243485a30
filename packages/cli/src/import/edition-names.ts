import { basename } from 'node:path';
import { isName } from '@phyllome/host/names';
import { leafNameProblem } from '@phyllome/pipeline';
import { liveLeafOf } from '@phyllome/pipeline/leaves';

/**
 * A name for the edition of each kickstart: that of its file, without what all of a kind begin with. Names differ.
 *
 * @returns by path
 */
export function nameEditions(roots: readonly { path: string; kind: string }[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const kind of ['live', 'install']) {
    const all = roots.filter((root) => root.kind === kind);
    const prefix = commonWords(all.map(({ path }) => stemOf(path)).filter((stem) => !beforeLive.test(stem)));
    for (const { path } of all) {
      const stem = stemOf(path);
      const rest = beforeLive.test(stem) ? stem.replace(beforeLive, '') : stem.slice(prefix.length);
      const wanted = plain(rest || stem);
      const allowed = kind === 'install' ? installName(wanted) : wanted;
      let name = allowed;
      for (let number = 2; taken.has(`${kind} ${name}`); number += 1) name = `${allowed}-${number}`;
      taken.add(`${kind} ${name}`);
      names.set(path, name);
    }
  }
  return names;
}

/** `fedora-live-`, `almalinux-9-live-`: that it is live, the leaf's own name says. */
const beforeLive = /^(?:.*[-_])?live(?:cd|dvd)?[-_]/iu;

/** The leaf of an edition that was imported. */
export const leafOf = (edition: string, kind: string): string => (kind === 'live' ? liveLeafOf(edition) : edition);

const stemOf = (path: string): string => basename(path).replace(/\.(?:ks\.in|\w+)$/u, '');

/** `fedora-live-` of `fedora-live-kde` and `fedora-live-xfce`: whole words alone, and nothing of a single name but its own. */
function commonWords(stems: readonly string[]): string {
  const [first = '', ...more] = stems;
  if (more.length === 0) return '';
  let length = 0;
  for (const match of first.matchAll(/[-_]/gu)) {
    const prefix = first.slice(0, match.index + 1);
    if (more.every((stem) => stem.startsWith(prefix))) length = prefix.length;
  }
  return first.slice(0, length);
}

/** Of letters, digits and `-` alone. */
function plain(stem: string): string {
  const name = stem
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .replaceAll(/^-+|-+$/gu, '')
    .slice(0, 40);
  return isName('edition', name) && leafNameProblem(liveLeafOf(name)) === undefined
    ? name
    : `edition-${name || 'x'}`.replace(/-+$/u, '');
}

/** A leaf that begins with `l` is a live one, and `install-` is an installer medium's. */
function installName(name: string): string {
  return name.startsWith('l') || leafNameProblem(name) !== undefined ? `os-${name}` : name;
}
