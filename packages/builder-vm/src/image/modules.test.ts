import { gzipSync } from 'node:zlib';
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { dependenciesOf, type ModuleFile, moduleName, modulesToLoad } from './modules.ts';

/** What counts of a module: its section `.modinfo`. */
const module = (depends: string): Buffer =>
  Buffer.from(`\x7fELF\0license=GPL\0depends=${depends}\0retpoline=Y\0name=x\0`, 'latin1');

test.each([
  ['virtio_blk.ko', 'virtio_blk'],
  ['nls_iso8859-1.ko.xz', 'nls_iso8859_1'],
  ['vfat.ko.zst', 'vfat'],
  ['modules.dep', undefined],
  ['vfat.ko.bz2', undefined],
])('%s is the module %s', (file, name) => {
  expect(moduleName(file)).toBe(name);
});

test('dependencies are in it', () => {
  expect(dependenciesOf(module(''))).toEqual([]);
  expect(dependenciesOf(module('fat,nls-base'))).toEqual(['fat', 'nls_base']);
  expect(dependenciesOf(Buffer.from('no module'))).toEqual([]);
});

test('each comes after what it depends on, once, however it is compressed; what is not there is left out', async () => {
  const files = new Map<string, ModuleFile>([
    ['net_failover', { file: 'net_failover.ko.gz', content: gzipSync(module('failover')) }],
    ['failover', { file: 'failover.ko', content: module('') }],
    ['virtio_net', { file: 'virtio_net.ko.xz', content: execFileSync('xz', { input: module('net_failover') }) }],
    ['other', { file: 'other.ko', content: module('failover') }],
  ]);
  const loaded = await modulesToLoad(files, ['virtio_blk', 'virtio_net', 'other']);
  expect(loaded.map(({ name }) => name)).toEqual(['failover', 'net_failover', 'virtio_net', 'other']);
  expect(loaded[2]?.content).toEqual(module('net_failover'));
});

test('a circle of dependencies ends', async () => {
  const files = new Map<string, ModuleFile>([
    ['a', { file: 'a.ko', content: module('b') }],
    ['b', { file: 'b.ko', content: module('a') }],
  ]);
  const loaded = await modulesToLoad(files, ['a']);
  expect(loaded.map(({ name }) => name).toSorted()).toEqual(['a', 'b']);
});
