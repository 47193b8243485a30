import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { type Files, dataOf, filesOf, packAll, problemsOf } from '../tarballs.ts';

const packed = new Map(
  await Promise.all(
    (await packAll()).map(
      async (path) =>
        [/^phyllome-(?<name>.+)-\d/u.exec(basename(path))?.groups?.['name'] ?? path, await filesOf(path)] as const,
    ),
  ),
);

function packedFiles(name: string): Files {
  const files = packed.get(name);
  if (files === undefined) throw new Error(`${name} was not packed`);
  return files;
}

test.each([...packed])('%s has what it needs, in JavaScript and with types, and nothing else', (name, files) => {
  expect(problemsOf(files)).toEqual([]);
  const data = dataOf(`packages/${name}`).map((path) => `dist/${path}`);
  expect(data.filter((path) => !files.has(path))).toEqual([]);
});

test('each package of the workspace is packed', () => {
  expect([...packed.keys()]).toEqual(
    expect.arrayContaining(['cli', 'flattener', 'host', 'language-server', 'nx-plugin', 'vm-tester']),
  );
  expect(dataOf('packages/vm-tester')).toEqual(['guest/agent.sh', 'report/page-script.js', 'report/page.css']);
});

test.each<[string, string, (files: Map<string, string>) => unknown]>([
  ['without its licence', 'LICENSE is missing', (files) => files.delete('LICENSE')],
  ['without what it exports', 'dist/diff/index.js is missing', (files) => files.delete('dist/diff/index.js')],
  ['without types', 'dist/index.d.ts is missing', (files) => files.delete('dist/index.d.ts')],
  ['without a command', 'bin/ksflatten.js is missing', (files) => files.delete('bin/ksflatten.js')],
  ['without a module behind', 'dist/parse.js is missing', (files) => files.delete('dist/parse.js')],
  ['with tests', 'dist/parse.test.js is not for users', (files) => files.set('dist/parse.test.js', '')],
  ['with sources', 'src/parse.ts is not for users', (files) => files.set('src/parse.ts', '')],
  [
    'with an import that nobody installs',
    'dist/parse.js imports left-pad/x, which is not a dependency',
    (files) => files.set('dist/parse.js', 'import pad from "left-pad/x";\n'),
  ],
  [
    'as the workspace names versions',
    'diff is catalog:, which only this workspace knows',
    (files) =>
      files.set('package.json', (files.get('package.json') ?? '').replace(/"diff": "[^"]+"/u, '"diff": "catalog:"')),
  ],
])('a package %s is found', (_, problem, spoil) => {
  const files = new Map(packedFiles('flattener'));
  spoil(files);
  expect(problemsOf(files)).toContain(problem);
});
