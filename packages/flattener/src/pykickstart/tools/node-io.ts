import type { ToolIo } from './io.ts';

// Importing `node:fs` would load streams and promises, too: a tenth of a short run.
const { existsSync, globSync, readFileSync, readdirSync, writeFileSync } = process.getBuiltinModule('node:fs');

/** The tools' world on Node: files are UTF-8, and anything else is an error rather than a replacement character. */
export const NODE_IO: ToolIo = {
  readFile(path) {
    // Most lookups of an include miss at first; asking costs a tenth of an exception.
    if (!existsSync(path)) return undefined;
    const text = readFileSync(path, 'utf8');
    if (text.includes('\uFFFD')) checkUtf8(path);
    return text;
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
  stdout(text) {
    endQuietly();
    process.stdout.write(text);
  },
  stderr: (text) => process.stderr.write(text),
};

/** @throws {Error} with the line in which a file is not UTF-8: the replacement character may also be its own */
function checkUtf8(path: string): void {
  const { isUtf8 } = process.getBuiltinModule('node:buffer');
  const lines = readFileSync(path, 'latin1').split('\n');
  const wrong = lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1')));
  if (wrong >= 0) throw new Error(`${path}: invalid UTF-8 in line ${wrong + 1}`);
}

/** The reader of the output may stop reading (`ksflatten ... | head`): then there is nothing left to print to. */
function endQuietly(): void {
  if (process.stdout.listenerCount('error') > 0) return;
  process.stdout.on('error', (error) => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error;
  });
}
