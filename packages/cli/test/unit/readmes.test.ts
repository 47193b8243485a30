/**
 * The examples of the packages' READMEs are true: each ```ts block type-checks against the package it is about, and each
 * ```ts run block is run in the checkout, where `console.log(…); // text` has to print that text.
 */
import { globSync, readFileSync } from 'node:fs';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { type Example, examplesOf, saidBy } from '../readme-examples.ts';

const root = join(import.meta.dirname, '../../../..');
const compiler = join(root, 'node_modules/.bin/tsc');

const packages = globSync('packages/*/package.json', { cwd: root }).map(dirname).toSorted();
const examples = packages.flatMap((folder) => examplesOf(`${folder}/README.md`));

/** Writes examples of one package where their imports resolve, for as long as `use` takes. */
async function written<T>(
  list: readonly Example[],
  use: (directory: string, files: string[]) => Promise<T>,
): Promise<T> {
  await using directory = await mkdtempDisposable(join(root, list[0]?.folder ?? '', '.readme-'));
  const files = list.map(({ place }) => join(directory.path, `line-${place.split(':').at(-1)}.ts`));
  await Promise.all(list.map(({ code }, index) => writeFile(files[index] ?? '', code)));
  return await use(directory.path, files);
}

/** What the compiler finds wrong with examples of one package, each with the place of its block. */
function typeErrors(list: readonly Example[]): Promise<string[]> {
  return written(list, async (directory) => {
    const config = {
      extends: join(root, 'tsconfig.json'),
      // An example shows what there is: not all of it is used.
      compilerOptions: { noUnusedLocals: false, rootDir: root },
      include: ['*.ts'],
    };
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(config));
    const { stdout, exitCode } = await execa(compiler, ['-p', directory, '--pretty', 'false'], {
      cwd: root,
      reject: false,
    });
    const errors = stdout.split('\n').filter((line) => line.includes('error TS'));
    // The compiler may also fail otherwise: that is not "no errors".
    return exitCode === 0 || errors.length > 0 ? errors : [`tsc ended with ${exitCode}: ${stdout}`];
  });
}

/** What an example prints, and what its comments say that it prints; a line each. */
function printed(example: Example): Promise<{ says: string[]; prints: string[] }> {
  return written([example], async (_, [file = '']) => {
    const { stdout } = await execa(process.execPath, [file], { cwd: root });
    return { says: saidBy(example), prints: stdout.split('\n') };
  });
}

test.each(packages)('%s has a README with an example', (folder) => {
  const text = readFileSync(join(root, folder, 'README.md'), 'utf8');
  const { exports = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  // What has an entry shows how it is called, what is a command how it is started.
  expect(text).toMatch('.' in exports ? /^```ts( run)?$/mu : /^```sh$/mu);
});

describe('the examples type-check', () => {
  test.each(packages.filter((folder) => examples.some((one) => one.folder === folder)))('%s', async (folder) => {
    expect(await typeErrors(examples.filter((one) => one.folder === folder))).toEqual([]);
  });

  test('an example that calls what is not there is found', async () => {
    const code =
      "import { shellQuote } from '@phyllome/host';\nshellQuote(1);\nimport { gone } from '@phyllome/host';\n";
    const errors = await typeErrors([{ place: 'x:1', folder: 'packages/host', code, runs: false }]);
    expect(errors).toEqual([expect.stringMatching(/line-1\.ts.*TS2345/u), expect.stringMatching(/TS2305.*gone/u)]);
  });
});

describe('the examples print what they say', () => {
  test.each(examples.filter(({ runs }) => runs))('$place', async (example) => {
    const { says, prints } = await printed(example);
    expect(says).not.toEqual([]);
    expect(prints).toEqual(says);
  });

  test('an example that says something else is found', async () => {
    const code = "import { shellQuote } from '@phyllome/host';\nconsole.log(shellQuote('a b')); // a b\n";
    const { says, prints } = await printed({ place: 'x:1', folder: 'packages/host', code, runs: true });
    expect(prints).not.toEqual(says);
  });
});
