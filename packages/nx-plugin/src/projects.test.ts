import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { executorOf } from '@phyllome/pipeline/image';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { configOf } from '@phyllome/pipeline/config/load';
import { traitsOf } from '@phyllome/pipeline/leaves';
import { dependenciesOf } from '@phyllome/pipeline/code';
import { imageInputs } from '@phyllome/pipeline/image-inputs';
import { builderTargets, installProject, type LeafFacts, liveProject } from './projects.ts';

const words = configOf({ root: join(import.meta.dirname, '../../..') });
const facts = (files: string[], inputs = files): LeafFacts => ({ files, inputs, words });

const inputsOf = (target: { inputs?: unknown[] } | undefined): unknown[] => target?.inputs ?? [];

test('a live leaf becomes iso-<edition> with the whole pipeline', () => {
  const project = liveProject('ldhi', facts(['leaves/ldhi.cfg', 'leaves/blocks/base.cfg']));
  expect(project.name).toBe('iso-dhi');
  expect(project.tags).toEqual(['type:iso', 'edition:dhi', 'live', 'desktop', 'hypervisor', 'intel']);
  expect(Object.keys(project.targets ?? {})).toEqual(['flatten', 'validate', 'image', 'build', 'test-vm']);
  expect(project.targets?.['image']?.command).toBe('phyllome image dhi');
});

test('the live base is an edition of its own', () => {
  expect(liveProject('l', facts(['leaves/l.cfg'])).name).toBe('iso-l');
});

test.each([
  ['l', ['live']],
  ['ln', ['live', 'nano']],
  ['lsha', ['live', 'server', 'hypervisor', 'amd']],
  ['d', ['install', 'desktop']],
  ['dhi-encrypted', ['install', 'desktop', 'hypervisor', 'intel', 'encrypted']],
])('%s is tagged by what its letters stand for', (leaf, traits) => {
  expect(traitsOf(leaf, words)).toEqual(traits);
});

test('every letter of every leaf stands for something: one that does not would have no check made', () => {
  const names = globSync('leaves/*.cfg', { cwd: join(import.meta.dirname, '../../..') });
  expect(names).toContain('leaves/ldhi.cfg');
  const all = new RegExp(`^l?[${Object.keys(words.letters).join('')}]*(-encrypted)?$`, 'u');
  expect(names.map((name) => basename(name, '.cfg')).filter((name) => !all.test(name))).toEqual([]);
});

test('an install leaf becomes install-<edition>: its medium is built, and tested by installing a disk from it', () => {
  const { name, targets = {} } = installProject('dhi', facts(['leaves/dhi.cfg']));
  expect(name).toBe('install-dhi');
  expect(Object.keys(targets)).toEqual(['flatten', 'validate', 'installer-image', 'installer', 'test-installer']);
  expect([targets['installer-image']?.command, targets['installer']?.command]).toEqual([
    'phyllome image install-dhi',
    'phyllome build install-dhi',
  ]);
  expect(targets['test-installer']?.command).toBe('phyllome deploy dhi --with qemu --replace');
  expect(targets['installer-image']?.outputs).toContain('{workspaceRoot}/dist/installer-dhi/image.json');
  // The disk is elsewhere: a build of the medium replaces its directory.
  expect(targets['test-installer']?.outputs).toEqual([
    '{workspaceRoot}/dist/install-dhi/logs',
    '{workspaceRoot}/dist/install-dhi/test-vm',
  ]);
});

test('flatten depends on exactly the leaves that are read', () => {
  const { targets, namedInputs } = liveProject('ldhi', facts(['leaves/ldhi.cfg', 'leaves/blocks/base.cfg']));
  expect(inputsOf(targets?.['flatten'])).toContain('leaves');
  expect(namedInputs?.['leaves']).toEqual([
    '{workspaceRoot}/leaves/ldhi.cfg',
    '{workspaceRoot}/leaves/blocks/base.cfg',
  ]);
});

test('flatten puts out the flat kickstart and its source map, which rebuilds no image', () => {
  const { targets } = liveProject('ldhi', facts(['leaves/ldhi.cfg']));
  expect(targets?.['flatten']?.outputs).toEqual([
    '{workspaceRoot}/flat/flat-ldhi.cfg',
    '{workspaceRoot}/flat/flat-ldhi.cfg.map.json',
  ]);
  expect(inputsOf(targets?.['image']).filter((input) => JSON.stringify(input).includes('.map.json'))).toEqual([]);
});

test('an image depends on leaves through the flat kickstart alone, and on containers/ through the chosen builder', () => {
  const image = liveProject('ldhi', facts(['leaves/ldhi.cfg'])).targets?.['image'];
  expect(image?.dependsOn).toEqual(['flatten', { projects: ['builder'], target: 'identify' }]);
  const inputs = inputsOf(image);
  expect(inputs).toContainEqual({ dependentTasksOutputFiles: '**/flat-*.cfg' });
  expect(inputs).toContainEqual({ dependentTasksOutputFiles: '**/builder.json' });
  expect(inputs).toContainEqual({ env: 'PHYLLOME_BUILDER' });
  const read = inputs.filter((input) => /\}\/(?:leaves|containers)\//u.test(String(input)));
  expect(read).toEqual(['{workspaceRoot}/containers/build-date', '{workspaceRoot}/containers/*-packages/dhi.lock']);
});

test.each(['flatten', 'validate', 'image', 'test-vm'])('%s depends on how leaves are named', (target) => {
  const { targets } = liveProject('ldhi', facts(['leaves/ldhi.cfg']));
  const inputs = JSON.stringify(inputsOf(targets?.[target]));
  expect(inputs).toMatch(/packages\/pipeline\/src\/(?:leaves|\*)\.ts|"@phyllome\/pipeline"/u);
});

test('every target states its inputs: the virtual project root has no files to default to', () => {
  const targets = Object.values(liveProject('l', facts(['leaves/l.cfg'])).targets ?? {});
  expect(targets.map((target) => inputsOf(target).length > 0)).not.toContain(false);
});

test('validate runs each time: a cached success could be of another flat kickstart', () => {
  const { targets } = liveProject('ldhi', facts(['leaves/ldhi.cfg']));
  expect(targets?.['validate']?.cache).toBe(false);
  expect(installProject('dhi', facts(['leaves/dhi.cfg'])).targets?.['validate']?.cache).toBe(false);
  // What is not cached must not be hidden behind what would freshen the file first.
  expect(targets?.['validate']?.dependsOn).toBeUndefined();
});

test.each(['image', 'build', 'test-vm'])('%s is of the profile that the configuration names', (target) => {
  const found = liveProject('ldhi', facts(['leaves/ldhi.cfg'])).targets?.[target];
  expect(found?.configurations).toEqual({
    draft: { args: '--profile draft' },
    release: { args: '--profile release' },
  });
  expect(found?.defaultConfiguration).toBe('draft');
});

test('machines are inputs: the one that judges, of its verdicts, and the one that builds, of the builder', () => {
  const targets = { ...liveProject('ldhi', facts(['leaves/ldhi.cfg'])).targets, ...builderTargets() };
  const asked = Object.entries(targets).filter(([, target]) => JSON.stringify(target.inputs).includes('"runtime"'));
  expect(asked.map(([name]) => name)).toEqual(['test-vm', 'identify']);
  expect(inputsOf(targets['test-vm'])).toContainEqual({ runtime: 'node_modules/.bin/phyllome tester' });
});

test('where builds run is an input of the builder, the system of this machine with all that it has', async () => {
  const runtime = inputsOf(builderTargets()['identify']).flatMap((input) =>
    typeof input === 'object' && input !== null && 'runtime' in input ? [String(input.runtime)] : [],
  );
  const cwd = join(import.meta.dirname, '../../..');
  const asked = async (engine: string): Promise<string> =>
    (await execa(String(runtime), { shell: true, cwd, env: { PHYLLOME_ENGINE: engine } })).stdout;
  expect(runtime).toHaveLength(1);
  expect(await asked('docker')).toBe('container');
  expect(await asked('host')).toBe(await executorOf({ ...process.env, PHYLLOME_ENGINE: 'host' }));
  expect(await asked('host')).toMatch(/^host sha256:[0-9a-f]{64}$/u);
});

test('how large the cache may be is no input: nx.json, which Nx hashes for every task, does not say it', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../nx.json'), 'utf8');
  expect(Object.keys(JSON.parse(text))).not.toContain('maxCacheSize');
});

test('the ISO is no output of Nx', () => {
  const all = Object.values(liveProject('l', facts(['leaves/l.cfg'])).targets ?? {}).flatMap(
    ({ outputs = [] }) => outputs,
  );
  expect(all.filter((output) => output.endsWith('.iso') || output.endsWith('dist/iso-l'))).toEqual([]);
});

test('all evidence of an image comes back from the cache', () => {
  const outputs = liveProject('l', facts(['leaves/l.cfg'])).targets?.['image']?.outputs ?? [];
  expect(outputs.map((output) => output.replace('{workspaceRoot}/dist/iso-l/', '')).toSorted()).toEqual([
    '*.iso.sha256',
    'CHECKSUM',
    'image.json',
    'logs',
    'manifest.json',
    'packages.json',
    'provenance.intoto.json',
    'sbom.spdx.json',
  ]);
});

test('the code behind an image is all that it depends on, and not what shows or judges it', () => {
  const { packages } = dependenciesOf(imageInputs.code.packages);
  expect(packages).toEqual(expect.arrayContaining(['flattener', 'host', 'iso-builder', 'medium', 'rehearsal']));
  for (const name of ['cli', 'deploy', 'nx-plugin', 'signing', 'vm-tester']) expect(packages).not.toContain(name);
});

test.each([
  ['flatten', ['flattener']],
  ['identify', ['flattener', 'rehearsal']],
  ['image', ['flattener', 'iso-builder', 'pipeline', 'rehearsal']],
  ['test-vm', ['vm-tester']],
])('%s counts every library that its packages depend on', (target, packages) => {
  const targets = { ...liveProject('ldhi', facts(['leaves/ldhi.cfg'])).targets, ...builderTargets() };
  const inputs = inputsOf(targets[target]);
  const counted = inputs.flatMap((input) => (isExternal(input) ? input.externalDependencies : []));
  const needed = packages.flatMap((name) => libraries(join(import.meta.dirname, `../../${name}/package.json`)));
  expect(counted).toEqual(expect.arrayContaining(needed));
});

const isExternal = (input: unknown): input is { externalDependencies: string[] } =>
  typeof input === 'object' && input !== null && 'externalDependencies' in input;

function libraries(path: string): string[] {
  const { dependencies = {} }: { dependencies?: Record<string, string> } = JSON.parse(readFileSync(path, 'utf8'));
  return Object.keys(dependencies).filter((name) => !name.startsWith('@phyllome/'));
}
