import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DeployError } from '../errors.ts';

/** Where an installer comes from. */
export type InstallSource =
  /** An install tree on a server, its address ending with a slash. */
  | { kind: 'tree'; url: string; sha256: string | undefined }
  /** An installer's ISO on a server; its sum is not optional. */
  | { kind: 'iso-url'; url: string; sha256: string }
  /** A folder with an install tree in it. */
  | { kind: 'directory'; path: string }
  | { kind: 'iso'; path: string; sha256: string | undefined };

/**
 * What the user means by a source: the address of a tree or of an ISO, a folder, or an ISO's path.
 *
 * @param checksum `sha256:…` or the 64 digits alone: of an ISO, or of a tree's `.treeinfo`
 * @throws {DeployError} SOURCE_INVALID, CHECKSUM_WRONG when it is needed and missing, or is not a sha256
 */
export async function parseSource(text: string, checksum?: string): Promise<InstallSource> {
  const sha256 = checksum === undefined ? undefined : parseChecksum(checksum);
  if (/^https?:\/\//iu.test(text)) return remote(text, sha256);
  const path = resolve(text);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return { kind: 'directory', path };
  if (found?.isFile()) return { kind: 'iso', path, sha256 };
  throw new DeployError('SOURCE_INVALID', `${text} is neither a folder, nor a file, nor an http(s) address`, {
    hint: 'name an install tree (a folder or an address), or the ISO of an installer',
  });
}

function remote(text: string, sha256: string | undefined): InstallSource {
  const url = URL.parse(text);
  if (!url)
    throw new DeployError('SOURCE_INVALID', `${text} is not an address`, { hint: 'check it for typing errors' });
  if (url.pathname.toLowerCase().endsWith('.iso')) {
    if (sha256 !== undefined) return { kind: 'iso-url', url: url.href, sha256 };
    throw new DeployError('CHECKSUM_WRONG', `cannot verify ${text}: no checksum`, {
      hint: 'give --checksum sha256:…, which its publisher lists with the ISO',
    });
  }
  if (url.protocol === 'http:' && sha256 === undefined) {
    throw new DeployError('CHECKSUM_WRONG', `cannot verify ${text}: plain http and no checksum`, {
      hint: "use https, or give the sha256 of the tree's .treeinfo by --checksum",
    });
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return { kind: 'tree', url: url.href, sha256 };
}

function parseChecksum(text: string): string {
  const hex = /^(?:sha256:)?(?<hex>[0-9a-f]{64})$/iu.exec(text)?.groups?.['hex'];
  if (hex !== undefined) return hex.toLowerCase();
  throw new DeployError('CHECKSUM_WRONG', `${JSON.stringify(text)} is not a SHA-256 checksum`, {
    hint: 'give 64 hexadecimal digits, as sha256sum prints them',
  });
}
