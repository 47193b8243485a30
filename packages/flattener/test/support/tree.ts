import type { IncludeOptions } from '../../src/include.ts';

/** A tree of files as the flattener sees one. */
export function tree(
  files: Readonly<Record<string, string>>,
): Required<Pick<IncludeOptions, 'readFile' | 'readDirectory' | 'includePaths'>> {
  return {
    readFile: (path) => files[path],
    readDirectory: (path) => {
      const prefix = path === '.' ? '' : `${path}/`;
      const inside = Object.keys(files).filter((file) => file.startsWith(prefix));
      return inside.length > 0 ? inside.map((file) => file.slice(prefix.length).split('/')[0] ?? '') : undefined;
    },
    includePaths: [],
  };
}
