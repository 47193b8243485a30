import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { KickstartError, UnreadableFile, flatten } from '@phyllome/flattener';
import { expect, onTestFinished, test } from 'vitest';
import { filesOfLeaf, kickstartReader, largestFile, leafReader } from './leaf-files.ts';

/** A workspace, and beside it a file with a secret. */
function workspace(files: Record<string, string>): { root: string; outside: string } {
  const directory = mkdtempSync(join(tmpdir(), 'phyllome-leaf-files-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const root = join(directory, 'checkout');
  const outside = join(directory, 'secret.cfg');
  writeFileSync(outside, 'top-secret\n');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { root, outside };
}

/** What flattening a leaf that includes `target` says. */
function complaint(root: string, target: string, inScript = false): string {
  const include = `%include ${target}\n`;
  writeFileSync(join(root, 'leaves/x.cfg'), inScript ? `%post\n${include}%end\n` : include);
  try {
    flatten('leaves/x.cfg', { readFile: leafReader(root) });
    return 'flattened';
  } catch (error) {
    return JSON.stringify(error instanceof KickstartError ? error.diagnostics : String(error));
  }
}

const hostile: [what: string, make: (root: string, outside: string) => string, says: RegExp][] = [
  ['an absolute path', (_, outside) => outside, /outside of the workspace/u],
  ['/etc/passwd', () => '/etc/passwd', /outside of the workspace/u],
  ['a path out of the workspace', () => '../../secret.cfg', /outside of the workspace/u],
  [
    'a symbolic link out of the workspace',
    (root, outside) => (symlinkSync(outside, join(root, 'leaves/link.cfg')), 'link.cfg'),
    /outside of the workspace/u,
  ],
  [
    'a file behind a symbolic link to a folder out of the workspace',
    (root, outside) => (symlinkSync(dirname(outside), join(root, 'leaves/links')), 'links/secret.cfg'),
    /outside of the workspace/u,
  ],
  [
    'a symbolic link to /dev/zero',
    (root) => (symlinkSync('/dev/zero', join(root, 'leaves/zero.cfg')), 'zero.cfg'),
    /outside of the workspace/u,
  ],
  ['a FIFO', (root) => (execFileSync('mkfifo', [join(root, 'leaves/fifo.cfg')]), 'fifo.cfg'), /is not a regular file/u],
  [
    'a circle of symbolic links',
    (root) => (symlinkSync('circle.cfg', join(root, 'leaves/circle.cfg')), 'circle.cfg'),
    /circle of symbolic links/u,
  ],
  [
    'a file without end, as far as that matters',
    (root) => {
      writeFileSync(join(root, 'leaves/large.cfg'), 'top-secret\n');
      truncateSync(join(root, 'leaves/large.cfg'), largestFile + 1);
      return 'large.cfg';
    },
    /more than 4 MiB/u,
  ],
  ['what git keeps for itself', () => '../.git/config', /name that is not allowed/u],
  ['the results of a build', () => '../dist/x.cfg', /not of sources/u],
  ['a name that means something to a shell', () => "'a;b.cfg'", /name that is not allowed/u],
];

for (const inScript of [false, true])
  test.each(hostile)(`%s is not included${inScript ? ', in a script neither' : ''}`, (_what, make, says) => {
    const { root, outside } = workspace({
      'leaves/x.cfg': '',
      'leaves/a;b.cfg': 'top-secret\n',
      '.git/config': 'top-secret\n',
      'dist/x.cfg': 'top-secret\n',
    });
    const said = complaint(root, make(root, outside), inScript);
    expect(said).toMatch(says);
    expect(said).toContain('"code":"KS_FILE_UNREADABLE"');
    expect(said).toContain(`"at":{"path":"leaves/x.cfg","line":${inScript ? 2 : 1},"column":10}`);
    expect(said).not.toMatch(/top-secret|root:/u);
    // Nx neither waits for it nor hashes it.
    const { inputs } = filesOfLeaf(root, 'leaves/x.cfg');
    expect(inputs.filter((path) => !/^(?:[a-z]+\/){0,2}[a-z0-9]+\.cfg$/u.test(path))).toEqual([]);
  });

test('a symbolic link inside the workspace is followed, and Nx knows of both of its ends', () => {
  const { root } = workspace({ 'leaves/x.cfg': '%include link.cfg\n', 'shared/real.cfg': 'lang en_US\n' });
  symlinkSync('../shared/real.cfg', join(root, 'leaves/link.cfg'));
  expect(flatten('leaves/x.cfg', { readFile: leafReader(root) }).text).toContain('lang en_US');
  expect(filesOfLeaf(root, 'leaves/x.cfg').inputs).toEqual(
    expect.arrayContaining(['leaves/x.cfg', 'leaves/link.cfg', 'shared/real.cfg']),
  );
});

test('Nx knows of the file that would be included instead if it were there', () => {
  const { root } = workspace({ 'leaves/x.cfg': '%include b/y.cfg\n', 'leaves/b/y.cfg': '' });
  expect(filesOfLeaf(root, 'leaves/x.cfg')).toEqual({
    files: ['leaves/x.cfg', 'leaves/b/y.cfg'],
    inputs: ['leaves/x.cfg', 'leaves/b/y.cfg', 'b/y.cfg'],
  });
});

test('a kickstart that is named by its path includes what is beside it, and what -I names', () => {
  const { root, outside } = workspace({ 'x/my own.ks': '%include secret.cfg\n' });
  const path = '../k/my own.ks';
  const folder = join(dirname(root), 'k');
  mkdirSync(folder);
  writeFileSync(join(folder, 'my own.ks'), '');
  writeFileSync(join(folder, 'beside.ks'), 'lang en_US\n');
  const read = kickstartReader(root, [join(root, path)], []);
  expect(read(join(folder, 'beside.ks'))).toBe('lang en_US\n');
  expect(() => read(outside)).toThrowError(UnreadableFile);
  expect(kickstartReader(root, [join(root, path)], [dirname(outside)])(outside)).toBe('top-secret\n');
});
