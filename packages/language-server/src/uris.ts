import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Paths of the engine, which are relative to a folder, as the URIs of an editor. */
export interface Uris {
  of(path: string): string;
}

export function urisIn(root: string): Uris {
  return { of: (path) => pathToFileURL(resolve(root, path)).href };
}

/** The absolute path of a document; one that is not a file is in `folder`, as far as includes are concerned. */
export function pathOfUri(uri: string, folder: string): string {
  const url = URL.parse(uri);
  if (url?.protocol === 'file:') {
    try {
      return fileURLToPath(url);
    } catch {
      // A host, or an encoded slash: no path of this machine.
    }
  }
  return resolve(folder, `${encodeURIComponent(uri)}.ks`);
}
