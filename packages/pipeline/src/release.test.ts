import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { endOfLife, kickstartRelease, tagOf, targetName } from './distributions.ts';
import { baseReference, readRelease, releaseText } from './release.ts';

const text = readFileSync(resolve(import.meta.dirname, '../../../release.json'), 'utf8');
const read = (changed: string | undefined) => readRelease({ readFile: () => changed });

test('this checkout says which release it is for, and what builds it', () => {
  const release = read(text);
  expect(release.distribution).toBe('fedora');
  expect(kickstartRelease(release)).toBe(`F${release.version}`);
  expect(release.base && baseReference(release.base)).toMatch(/^[^@]+@sha256:[0-9a-f]{64}$/);
  expect(release.base?.tag).toBe(tagOf(release));
  expect(release.base?.fallback).toMatch(new RegExp(`:${tagOf(release)}$`));
  expect(releaseText(release)).toBe(text);
});

test.each([
  [undefined, 'no such file'],
  ['{', 'not JSON'],
  [text.replace(/"fedora": \d+/, '"fedora": "44"'), 'fedora: '],
  [text.replace('"fedora": 44', '"almalinux": 44'), 'almalinux: must be a whole number, 9 to 10'],
  [text.replace('"fedora": 44', '"fedora": 44, "rocky": 9'), 'rocky: leaves are for one distribution'],
  [text.replace('"fedora": 44,', ''), 'no distribution is named'],
  [text.replace('sha256:', 'sha512:'), 'base.digest: '],
  [text.replace('docker.io/library/fedora"', 'fedora; rm -rf /"'), 'base.image: '],
  [text.replace('"base"', '"installer": {}, "base"'), 'installer.name: is missing'],
  [
    text.replace('"base"', `"installer": {"name": "../x.iso", "sha256": "${'a'.repeat(64)}"}, "base"`),
    'installer.name: ',
  ],
  [
    text.replace('"base"', `"installer": {"name": "x.iso", "sha256": "${'a'.repeat(64)}", "url": "file:///x"}, "base"`),
    'installer.url: ',
  ],
  [text.replace('"base"', '"bass"'), ': '],
  [text.replace(/"pinned": "[^"]*"/, '"pinned": "yesterday"'), 'base.pinned: '],
])('%j is refused', (changed, why) => {
  expect(() => read(changed)).toThrow(expect.objectContaining({ code: 'RELEASE_INVALID' }));
  expect(() => read(changed)).toThrow(why);
});

test.each([
  [43, '2026-11'],
  [44, '2027-05'],
  [45, '2027-11'],
  [46, '2028-05'],
])('Fedora %i is given up about %s', (release, month) =>
  expect(endOfLife({ distribution: 'fedora', version: release })).toBe(month),
);

test.each([
  ['{ "almalinux": 10 }', 'AlmaLinux 10', 'RHEL10', '10', '2035-05'],
  ['{ "rocky": 9 }', 'Rocky Linux 9', 'RHEL9', '9', '2032-05'],
  ['{ "centos": 10 }', 'CentOS Stream 10', 'RHEL10', 'stream10', '2030-05'],
  ['{ "fedora": 43 }', 'Fedora 43', 'F43', '43', '2026-11'],
])('%s is %s, written in %s, of the image with the tag %s, until %s', (json, name, dialect, tag, end) => {
  const release = read(json);
  expect(release.base).toBeUndefined();
  expect([targetName(release), kickstartRelease(release), tagOf(release), endOfLife(release)]).toEqual([
    name,
    dialect,
    tag,
    end,
  ]);
  expect(read(releaseText(release))).toEqual(release);
});
