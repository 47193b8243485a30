import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { checkLive } from './check-live.ts';
import { closure } from './closure.ts';
import { flatten } from './flatten.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';

const ROOT = join(import.meta.dirname, '../../..');
const LEAVES = globSync('leaves/*.cfg', { cwd: ROOT }).toSorted();
const BLOCKS = globSync('leaves/blocks/**/*.cfg', { cwd: ROOT }).toSorted();

function readFile(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    return undefined;
  }
}

const fullName = (unit: string): string => (/\.(service|socket|timer)$/.test(unit) ? unit : `${unit}.service`);

const isNameOfEdition = (path: string): boolean => path.startsWith('leaves/blocks/edition/');

describe('the leaves of this repository', () => {
  test('are there', () => {
    expect(LEAVES).toEqual(expect.arrayContaining(['leaves/l.cfg', 'leaves/ldhi.cfg', 'leaves/dhi.cfg']));
  });

  test.each([...LEAVES, ...BLOCKS])('%s prints to itself', (path) => {
    const text = readFile(path) ?? '';
    expect(print(parse(path, text))).toBe(text);
  });

  test.each(LEAVES)('%s flattens to what is committed, without a warning', (leaf) => {
    const { text, diagnostics } = flatten(leaf, { readFile, blocks: true });
    expect(diagnostics).toEqual([]);
    expect(readFile(`flat/flat-${basename(leaf)}`)).toBe(text);
  });

  test.each(LEAVES)('the flat kickstart of %s flattens to itself', (leaf) => {
    const flat = `flat/flat-${basename(leaf)}`;
    expect(flatten(flat, { readFile }).text).toBe(readFile(flat));
  });

  test.each(LEAVES)('%s has one services line and no secret', (leaf) => {
    const { kickstart } = flatten(leaf, { readFile, blocks: true });
    const of = (name: string): string[] => kickstart.commands.filter((c) => c.name === name).map((c) => c.text);
    expect(of('services')).toHaveLength(1);
    expect(of('rootpw')).toEqual(['rootpw --lock']);
    expect(of('user')).toEqual([]);
  });

  test.each(LEAVES)('%s says of which edition it is', (leaf) => {
    const name = basename(leaf, '.cfg').replace('-encrypted', '');
    const edition = name === 'l' ? 'l' : name.replace(/^l/, '');
    const scripts = flatten(leaf, { readFile, blocks: true }).kickstart.scripts.map(({ body }) => body);
    expect(scripts.filter((body) => body.includes('VARIANT_ID='))).toEqual([expect.stringContaining(` ${edition} >>`)]);
  });

  test.each(LEAVES)('the presets of %s keep on what it enables, and off what it disables', (leaf) => {
    const { kickstart } = flatten(leaf, { readFile, blocks: true });
    const presets = kickstart.scripts
      .map(({ body }) => /\.preset <<'EOF'\n([^]*?)^EOF$/m.exec(body)?.[1] ?? '')
      .join('');
    const services = kickstart.commands.find(({ name }) => name === 'services')?.text ?? '';
    const units = (option: string): string[] => new RegExp(`--${option}=(\\S+)`).exec(services)?.[1]?.split(',') ?? [];
    const expected = [
      ...units('enabled').map((unit) => `enable ${fullName(unit)}`),
      ...units('disabled').map((unit) => `disable ${fullName(unit)}`),
    ];
    expect(expected.filter((line) => !presets.split('\n').includes(line))).toEqual([]);
  });

  test.each(LEAVES)('%s stops at a script that fails, and fetches nothing in one', (leaf) => {
    for (const script of flatten(leaf, { readFile, blocks: true }).kickstart.scripts) {
      expect(script.erroronfail).toBe(true);
      expect(script.body).toMatch(/^set -eu$/m);
      expect(script.body).not.toMatch(/\b(curl|wget|dnf|git clone|nmcli|virsh|localectl)\b/);
    }
  });

  test.each(LEAVES)('the scripts of %s are shell', (leaf) => {
    for (const script of flatten(leaf, { readFile, blocks: true }).kickstart.scripts) {
      const { status, stderr } = spawnSync('sh', ['-n'], { input: script.body, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    }
  });

  test.each(LEAVES.filter((leaf) => basename(leaf).startsWith('l')))('livemedia-creator takes %s', (leaf) => {
    expect(checkLive(flatten(leaf, { readFile, blocks: true }).kickstart)).toEqual([]);
  });

  test('an installed edition would be refused by livemedia-creator', () => {
    const codes = checkLive(flatten('leaves/dhi.cfg', { readFile, blocks: true }).kickstart).map((d) => d.code);
    expect(codes).toContain('KS_LIVE_DISPLAY_MODE');
  });

  test.each(LEAVES.filter((leaf) => leaf.includes('-encrypted')))('%s is its twin on an encrypted disk', (leaf) => {
    const twin = closure(leaf.replace('-encrypted', ''), { readFile });
    const storage = twin.map((file) => file.replace('install/storage.cfg', 'install/storage-encrypted.cfg'));
    expect(closure(leaf, { readFile }).slice(1)).toEqual(storage.slice(1));
    const { commands } = flatten(leaf, { readFile, blocks: true }).kickstart;
    const encrypted = commands.filter(({ text }) => text.includes('--encrypted'));
    expect(encrypted.map(({ text }) => text)).toEqual([expect.stringMatching(/^part \/ .*--luks-version=luks2/)]);
    expect(encrypted[0]?.text).not.toContain('passphrase');
  });

  // The same letter means the same blocks, whatever it stands beside and whatever the medium.
  test.each([
    ['ls', 'lsh', ['hypervisor/libvirt', 'hypervisor/network', 'hypervisor/access', 'live/storage-large']],
    ['lsh', 'lshi', ['hypervisor/passthrough', 'hypervisor/intel']],
    ['lsh', 'lsha', ['hypervisor/passthrough', 'hypervisor/amd']],
    ['ld', 'ldh', ['hypervisor/libvirt', 'hypervisor/network', 'hypervisor/access', 'desktop/virt-manager']],
    ['ldh', 'ldhi', ['hypervisor/passthrough', 'hypervisor/intel']],
    ['ldh', 'ldha', ['hypervisor/passthrough', 'hypervisor/amd']],
    ['s', 'sh', ['hypervisor/libvirt', 'hypervisor/network', 'hypervisor/access']],
    ['sh', 'shi', ['hypervisor/passthrough', 'hypervisor/intel', 'install/initramfs']],
    ['sh', 'sha', ['hypervisor/passthrough', 'hypervisor/amd', 'install/initramfs']],
    ['d', 'dh', ['hypervisor/libvirt', 'hypervisor/network', 'hypervisor/access', 'desktop/virt-manager']],
    ['dh', 'dhi', ['hypervisor/passthrough', 'hypervisor/intel', 'install/initramfs']],
    ['dh', 'dha', ['hypervisor/passthrough', 'hypervisor/amd', 'install/initramfs']],
    ['l', 'ls', ['hardware', 'server']],
  ])('%s becomes %s by its blocks alone', (less, more, blocks) => {
    const has = closure(`leaves/${less}.cfg`, { readFile });
    const gets = closure(`leaves/${more}.cfg`, { readFile }).slice(1);
    expect(gets.filter((file) => !has.includes(file) && !isNameOfEdition(file))).toEqual(
      blocks.map((block) => `leaves/blocks/${block}.cfg`),
    );
  });

  test('every block belongs to an edition', () => {
    const used = new Set(LEAVES.flatMap((leaf) => closure(leaf, { readFile })));
    expect(BLOCKS.filter((block) => !used.has(block))).toEqual([]);
  });

  test('no flat file is left of a leaf that is gone', () => {
    const expected = LEAVES.map((leaf) => `flat/flat-${basename(leaf)}`);
    expect(globSync('flat/*.cfg', { cwd: ROOT }).toSorted()).toEqual(expected);
  });
});
