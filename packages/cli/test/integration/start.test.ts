import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { reporter } from '../loaded-files.ts';

const root = resolve(import.meta.dirname, '../../../..');
const phyllome = resolve(root, 'packages/cli/bin/phyllome.js');

/** The files that a run loads, as paths below the root, and the packages that they are of. */
function loadedBy(...args: string[]): { files: string[]; packages: string[] } {
  const urls = stderrOf('exec "$@"', args).split('\n');
  const files = urls.map((url) => url.replace(`file://${root}/`, ''));
  const matches = files
    .filter((file) => !file.startsWith('node:'))
    .map((file) => /.*node_modules\/([^/]+)|packages\/([^/]+)/u.exec(file));
  return { files, packages: [...new Set(matches.map((match) => match?.[1] ?? match?.[2] ?? ''))].toSorted() };
}

function stderrOf(run: string, args: readonly string[]): string {
  const argv = ['-c', `exec 2>&1 >/dev/null; ${run}`, 'sh', process.execPath, '--import', reporter, phyllome, ...args];
  return execFileSync('sh', argv, { cwd: root, encoding: 'utf8' });
}

test('flattening loads what it needs, and nothing else', () => {
  const { files, packages } = loadedBy('flatten', 'ldhi', '--check');
  expect(packages).toEqual(['cli', 'commander', 'flattener', 'host', 'installer', 'leven', 'pipeline']);
  const commands = files.filter((file) => file.startsWith('packages/cli/src/commands/'));
  expect(commands).toEqual(['packages/cli/src/commands/flatten.ts']);
  for (const part of [
    'flattener/src/lint/',
    'flattener/src/diff/',
    'flattener/src/pykickstart/',
    'host/src/index.ts',
    'installer/src/index.ts',
  ])
    expect(files.filter((file) => file.includes(part))).toEqual([]);
});

test('without options there is nothing to parse', () => {
  // What writes is loaded when there is something to write: a clone has no source map yet.
  execFileSync(process.execPath, [phyllome, 'flatten', 'ldhi'], { cwd: root });
  const { files, packages } = loadedBy('flatten', 'ldhi');
  expect(packages).toEqual(['cli', 'flattener', 'host', 'installer', 'leven', 'pipeline']);
  // An import of it loads streams, and thirty more modules of Node.
  expect(files).not.toContain('node:fs');
});

test('the version is printed without a thing to load', () => {
  expect(loadedBy('--version').files).toEqual(['packages/cli/bin/phyllome.js']);
});

test('what is run before Nx loads what looks at files, and nothing else', () => {
  expect(loadedBy('check-files').packages).toEqual(['cli', 'host', 'pipeline']);
});
