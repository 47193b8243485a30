import { execFile, execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { flatten } from '@phyllome/flattener';
import { beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../../../..');
const leaves = globSync('leaves/*.cfg', { cwd: root }).toSorted();
const blocks = globSync('leaves/blocks/**/*.cfg', { cwd: root }).toSorted();

/** Nx's own answer, as a branch that changed `files` would get it. */
async function affectedBy(files: string, ...more: string[]): Promise<string[]> {
  const nx = join(root, 'node_modules/.bin/nx');
  const argv = ['show', 'projects', '--affected', `--files=${files}`, '--json', ...more];
  const env = { ...process.env, NX_DAEMON: 'false' };
  const { stdout } = await promisify(execFile)(nx, argv, { cwd: root, env });
  const projects: string[] = JSON.parse(stdout);
  return projects.toSorted();
}

/** The projects whose flat kickstart has a word more when a block has. Knows nothing of how Nx is told. */
function projectsThatChangeWith(block: string): string[] {
  const marker = 'marked-by-the-test';
  const readFile = (path: string): string | undefined => {
    if (!existsSync(join(root, path))) return undefined;
    const text = readFileSync(join(root, path), 'utf8');
    return path === block ? `${text}\n%packages\n${marker}\n%end\n` : text;
  };
  return leaves.filter((leaf) => flatten(leaf, { readFile, blocks: true }).text.includes(marker)).map(projectOf);
}

/** `iso-dhi` of `leaves/ldhi.cfg`, `install-dhi` of `leaves/dhi.cfg`. */
function projectOf(leaf: string): string {
  const name = leaf.slice('leaves/'.length, -'.cfg'.length);
  if (name === 'l') return 'iso-l';
  return name.startsWith('l') ? `iso-${name.slice(1)}` : `install-${name}`;
}

describe('a changed block affects the editions that include it, and no other', () => {
  const answers = new Map<string, string[]>();
  // A process of Nx takes a second: two at a time halve that.
  beforeAll(async () => {
    const waiting = [...blocks, ...leaves.slice(0, 2)];
    const ask = async (): Promise<void> => {
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
        answers.set(file, await affectedBy(file));
      }
    };
    await Promise.all([ask(), ask()]);
  });

  test.each(blocks)('%s', (block) => {
    const expected = projectsThatChangeWith(block).toSorted();
    expect(expected).not.toEqual([]);
    expect(answers.get(block)).toEqual(expected);
  });

  test.each(leaves.slice(0, 2))('%s affects its own project alone', (leaf) => {
    expect(answers.get(leaf)).toEqual([projectOf(leaf)]);
  });
});

test('documentation affects no edition', async () => {
  expect((await affectedBy('leaves/README.md')).filter((name) => /^(iso|install)-/.test(name))).toEqual([]);
});

test('what a builder is made of affects every image, and its documentation none', async () => {
  const isos = leaves.map(projectOf).filter((name) => name.startsWith('iso-'));
  expect(await affectedBy('containers/rehearsal/packages.lock', '--with-target=image')).toEqual(isos.toSorted());
  expect(await affectedBy('containers/rehearsal/README.md', '--with-target=image')).toEqual([]);
});

/** Every file that git tracks under some folders. */
function tracked(...folders: string[]): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', ...folders], { cwd: root, encoding: 'utf8' });
  return listed.split('\0').filter(Boolean);
}

describe('what only keeps, shares, signs, shows or judges an ISO, and what is only read by people, rebuilds none', () => {
  const packages = ['cli', 'deploy', 'language-server', 'release', 'signing', 'vm-tester'].map(
    (name) => `packages/${name}`,
  );
  const kept = ['obtain', 'remote', 'store'].map((name) => `packages/pipeline/src/${name}`);
  const packaging = [
    '.changeset',
    '.devcontainer',
    '.github',
    'containers/phyllome',
    '*.build.json',
    'tsdown.config.ts',
  ];
  const files = tracked(...packages, ...kept, ...packaging, 'acceptance', 'bench', 'docs', 'editors', '*.md');

  test('a branch that edits all of it affects no image', async () => {
    expect(files.length).toBeGreaterThan(200);
    expect(await affectedBy(files.join(','), '--with-target=image')).toEqual([]);
  });

  // What is hashed apart from its leaf is the same for every edition: the barest and one with all kinds of blocks.
  test.each(['iso-l', 'iso-dhi'])('none of it is hashed for the image of %s', async (project) => {
    const nx = join(root, 'node_modules/.bin/nx');
    const argv = ['show', 'target', 'inputs', `${project}:image`, '--json'];
    const { stdout } = await promisify(execFile)(nx, argv, { cwd: root, env: { ...process.env, NX_DAEMON: 'false' } });
    const inputs: { files: string[] } = JSON.parse(stdout);
    expect(inputs.files).toEqual(expect.arrayContaining(['containers/build-date', 'packages/flattener/src/index.ts']));
    expect(files.filter((file) => inputs.files.includes(file))).toEqual([]);
  });
});

test.each(['packages/host/src/shell.ts', 'packages/pipeline/src/image/image.ts', 'containers/build-date'])(
  '%s decides ISOs: it affects every image',
  async (file) => {
    const isos = leaves.map(projectOf).filter((name) => name.startsWith('iso-'));
    expect(await affectedBy(file, '--with-target=image')).toEqual(isos.toSorted());
  },
);
