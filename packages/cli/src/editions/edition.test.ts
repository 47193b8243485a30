import { resolve } from 'node:path';
import { isLive, openWorkspace } from '@phyllome/pipeline';
import { configOf } from '@phyllome/pipeline/config/load';
import { liveLeafOf } from '@phyllome/pipeline/leaves';
import { describe, expect, test } from 'vitest';
import { editionFacts, firstSentence, inOrder } from './edition.ts';

const workspace = openWorkspace(resolve(import.meta.dirname, '../../../..'));
const installed = workspace.leaves.filter((leaf) => !isLive(leaf) && !leaf.endsWith('-encrypted'));

describe.each(installed)('edition %s', (leaf) => {
  const [install, live] = [editionFacts(workspace, leaf), editionFacts(workspace, liveLeafOf(leaf))];

  test('gives its kernel the same arguments installed and live', () => {
    expect(live.kernelArguments).toEqual(install.kernelArguments);
  });

  test('has live what it has installed, but for first-boot set-up', () => {
    const missing = install.packages.asked.filter((name) => !live.packages.asked.includes(name));
    expect(missing.filter((name) => !/^(gnome-)?initial-setup$/.test(name))).toEqual([]);
    // A live desktop brings its installer.
    const groups = live.packages.groups.filter((name) => name !== 'anaconda-tools');
    expect(groups).toEqual(install.packages.groups);
    expect(install.services.filter((unit) => !live.services.includes(unit))).toEqual([]);
  });
});

test('every edition is described by its first comment', () => {
  for (const leaf of workspace.leaves) expect(editionFacts(workspace, leaf).title, leaf).not.toBe('');
});

test.each([
  ['# One thing.\n# Another.\ntext\n', 'One thing'],
  ['text\n', ''],
  ['', ''],
])('the first sentence of %j', (text, sentence) => {
  expect(firstSentence(text)).toBe(sentence);
});

test('live media come first, then what is installed, then what is encrypted', () => {
  expect(inOrder(['dhi-encrypted', 'dhi', 'ldhi', 's', 'ls', 'l', 'ln'], configOf(workspace))).toEqual([
    'l',
    'ln',
    'ls',
    'ldhi',
    's',
    'dhi',
    'dhi-encrypted',
  ]);
});
