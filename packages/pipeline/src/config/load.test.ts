import { mkdir, mkdtempDisposable, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { traitsOf } from '../leaves.ts';
import { configOf } from './load.ts';

/** What a workspace that has nothing but these files decides for itself. */
async function configWith(files: Record<string, string>): Promise<ReturnType<typeof configOf>> {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'config-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory.path, name), text);
  return configOf({ root: directory.path });
}

const json = (value: unknown): Record<string, string> => ({ 'phyllome.config.json': JSON.stringify(value, null, 2) });

test('this checkout is the first user of its configuration', () => {
  const { title, volumeId, letters } = configOf({ root: resolve(import.meta.dirname, '../../../..') });
  expect([title, volumeId]).toEqual(['Phyllome OS', 'Phyllome']);
  expect(Object.entries(letters).map(([letter, { word }]) => `${letter} ${word}`)).toEqual([
    'd desktop',
    's server',
    'n nano',
    'h hypervisor',
    'i intel',
    'a amd',
  ]);
});

test.each([
  ['phyllome.config.ts', "const title: string = 'My Remix';\nexport default { title };\n"],
  ['phyllome.config.mjs', "export default { title: 'My Remix' };\n"],
  ['phyllome.config.json', '{ "title": "My Remix" }\n'],
])('%s: what it leaves out is filled in', async (name, text) => {
  expect(await configWith({ [name]: text })).toEqual({
    title: 'My Remix',
    volumeId: 'My',
    letters: {},
    editions: {},
    checks: { catalogue: 'acceptance/catalogue.json', without: [] },
    builder: {},
  });
});

test('a process that goes on sees what a file says now', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'config-'));
  const titleAfter = async (title: string): Promise<string> => {
    await writeFile(join(directory.path, 'phyllome.config.ts'), `export default { title: '${title}' as string };\n`);
    return configOf({ root: directory.path }).title;
  };
  expect([await titleAfter('One'), await titleAfter('Two'), await titleAfter('One')]).toEqual(['One', 'Two', 'One']);
  await writeFile(join(directory.path, 'phyllome.config.ts'), "throw new Error('no such host');\n");
  expect(() => configOf({ root: directory.path })).toThrow('cannot be run: Error: no such host');
});

test('an edition whose name is not made of letters says what it is', async () => {
  const words = await configWith(
    json({
      title: 'My Remix',
      letters: { d: 'desktop', k: { word: 'kde', means: 'desktop: KDE Plasma' } },
      editions: { workstation: { traits: ['desktop'] } },
    }),
  );
  expect(traitsOf('lworkstation', words)).toEqual(['live', 'desktop']);
  expect(traitsOf('ldk', words)).toEqual(['live', 'desktop', 'kde']);
  expect(traitsOf('constructor', words)).toEqual(['install']);
});

test.each([
  [{}, 'title: '],
  [{ title: 'a\nb' }, ':2: title: must be 1 to 60'],
  [{ title: 'A', titel: 'B' }, ':3: titel: is not a key of a configuration; did you mean title?'],
  [{ title: 'A', volumeId: 'much-too-long-for-iso' }, ':3: volumeId: must be 1 to 12'],
  [{ title: 'A', volumeId: '-x' }, ':3: volumeId: '],
  [{ title: 'A', letters: { dd: 'desktop' } }, ':4: letters.dd: must be one small letter'],
  [{ title: 'A', letters: { l: 'large' } }, ':4: letters.l: must be one small letter'],
  [{ title: 'A', letters: { d: 'live' } }, ':4: letters.d: '],
  [{ title: 'A', letters: { d: 'desktop', e: 'desktop' } }, ':3: letters: two letters stand for the same word'],
  [{ title: 'A', editions: { '../x': {} } }, ':4: editions.../x: must be the name of an edition'],
  [{ title: 'A', editions: { w: { traits: ['a b'] } } }, ':5: editions.w.traits.0: must be a word'],
  [{ title: 'A', checks: { catalogue: '../../etc/x.json' } }, 'checks'],
  [{ title: 'A', builder: { default: 'mock' } }, ':4: builder.default: '],
  [{ title: 'A', builder: { folder: '../x' } }, ':4: builder.folder: must be the name of a folder'],
  [['title'], 'phyllome.config.json: '],
])('%j is refused, with file, line and key', async (value, why) => {
  const refused = await configWith(json(value)).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'CONFIG_INVALID', fault: 'usage' });
  expect(String(refused)).toContain('phyllome.config.json');
  expect(String(refused)).toContain(why);
});

test.each([
  ['is not TypeScript', { 'phyllome.config.ts': 'export default {' }, 'cannot be run'],
  ['throws', { 'phyllome.config.ts': "throw new Error('no such host');\n" }, 'cannot be run: no such host'],
  [
    'imports what is not there',
    { 'phyllome.config.ts': "import './other.ts';\nexport default {};\n" },
    'cannot be run',
  ],
  ['exports nothing', { 'phyllome.config.ts': 'export const title = 1;\n' }, 'exports no default'],
  ['is not JSON', { 'phyllome.config.json': '{' }, 'cannot be read'],
  ['is nested without end', { 'phyllome.config.json': '['.repeat(10_000) }, 'cannot be read'],
  ['is too large', { 'phyllome.config.json': ' '.repeat(2 ** 20 + 1) }, 'more than 1 MiB'],
  [
    'is there twice',
    { 'phyllome.config.ts': 'export default { title: "A" };\n', 'phyllome.config.json': '{"title":"A"}' },
    'another configuration beside it',
  ],
])('one that %s is refused', async (_, files: Record<string, string>, why) => {
  const refused = await configWith(files).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'CONFIG_INVALID' });
  expect(String(refused)).toContain(why);
});

test('a link, a directory or a device is not read', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'config-'));
  const path = join(directory.path, 'phyllome.config.json');
  await symlink('/dev/zero', path);
  expect(() => configOf({ root: directory.path })).toThrow('is not a regular file');
  await mkdir(join(directory.path, 'below'));
  await mkdir(join(directory.path, 'below/phyllome.config.ts'));
  expect(() => configOf({ root: join(directory.path, 'below') })).toThrow('is not a regular file');
});
