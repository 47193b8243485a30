import { existsSync, globSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';

import type { ToolIo } from './io.ts';

/** The tools' world on Node: files are UTF-8, and anything else is an error rather than a replacement character. */
export const NODE_IO: ToolIo = {
  readFile(path) {
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Error(`${path}: ${firstInvalid(bytes)}`);
    }
  },
  readDirectory(path) {
    try {
      return readdirSync(path);
    } catch {
      return undefined;
    }
  },
  glob: (pattern) => (/[*?[]/.test(pattern) ? globSync(pattern).toSorted() : existsSync(pattern) ? [pattern] : []),
  writeFile: (path, text) => writeFileSync(path, text),
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
};

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Where a file stops being UTF-8. */
function firstInvalid(bytes: Buffer): string {
  const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const valid = decoded.slice(0, decoded.indexOf('\uFFFD'));
  return `invalid UTF-8 in line ${valid.split('\n').length}`;
}

/** Whoever reads the output may stop reading (`ksflatten ... | head`): then there is nobody left to tell. */
export function endQuietly(): void {
  process.stdout.on('error', (error) => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error;
  });
}
