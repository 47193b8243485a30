import { describe, expect, test } from 'vitest';
import type { Kickstart } from './kickstart.ts';
import { parseCommandLine } from './options.ts';
import { type Host, kickstartRefusals, refusals, rootSizeMiB, storageRefusals } from './refusals.ts';

const host = (exists: string[] = ['/ks.cfg'], uid = 0): Host => ({
  uid,
  exists: (path) => exists.includes(path),
  has: () => false,
});

const good = ['--make-iso', '--no-virt', '--nomacboot', '--ks=/ks.cfg'];

describe('refusals', () => {
  test('has nothing against a good command line', () => {
    expect(refusals(parseCommandLine(good), host())).toEqual([]);
  });

  test.each([
    [
      'an existing results directory',
      [...good, '--resultdir=/r'],
      host(['/ks.cfg', '/r']),
      /The results_dir \(\/r\) should not exist/,
    ],
    ['a missing kickstart', good, host([]), /^kickstart file \(\/ks\.cfg\) is missing\.$/],
    ['no kickstart', good.slice(0, 3), host(), /^Image creation requires a kickstart file$/],
    ['an image instead of a kickstart', [...good, '--fs-image=/i'], host(), /always installs/],
    ['a format of disk images', [...good, '--qcow2'], host(), /^image-type cannot be used/],
    ['another file system', [...good, '--rootfs-type=erofs'], host(), /^erofs is not a supported type/],
    ['dracut arguments beside a file of them', [...good, '--dracut-arg=-v', '--dracut-conf=/c'], host(), /not allowed/],
    ['a volume id of 33 characters', [...good, `--volid=${'x'.repeat(33)}`], host(), /longer than 32/],
    ['a name that leaves resultdir', [...good, '--iso-name=../x.iso'], host(), /cannot contain a \//],
    ['macboot without mkfs.hfsplus', ['--make-iso', '--no-virt', '--ks=/ks.cfg'], host(), /mkfs\.hfsplus/],
    ['a user who is not root', good, host(undefined, 1000), /You need to run this as root/],
    ['another product', ['--make-disk', ...good.slice(1)], host(), /--make-iso/],
    ['a virtual machine', ['--make-iso', '--nomacboot', '--ks=/ks.cfg'], host(), /--no-virt/],
  ])('refuses %s', (_, argv, where, message) => {
    const found = refusals(parseCommandLine(argv), where);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  test('tells everything at once', () => {
    expect(refusals(parseCommandLine([...good, '--volid=' + 'x'.repeat(40)]), host([], 1000))).toHaveLength(3);
  });
});

function command(text: string): Kickstart['commands'][number] {
  const [name = '', ...args] = text.split(' ');
  return { name, args, text, line: 1 };
}

const kickstart = (commands: string[], packages: string[]): Kickstart => ({
  commands: commands.map(command),
  scripts: [],
  sections: [],
  selection: {
    groups: [],
    packages: packages.map((name) => ({ name, line: 1 })),
    excludedGroups: [],
    excluded: [],
    ignoreMissing: false,
    excludeDocs: false,
    languages: undefined,
    ignoredOptions: [],
  },
});

const live = ['url --url=x', 'network --bootproto=dhcp', 'part / --size=4096'];

describe('kickstartRefusals', () => {
  test('has nothing against a live kickstart', () => {
    expect(kickstartRefusals(kickstart(live, ['dracut-live']))).toEqual([]);
  });

  test.each([
    ['dracut-live', live, ['dracut'], /^dracut-live package is missing/],
    ['a method', live.slice(1), ['dracut-live'], /^Only url, nfs and ostreesetup/],
    ['a network', [live[0] ?? '', live[2] ?? ''], ['dracut-live'], /network/],
    ['no display mode', ['text', ...live], ['dracut-live'], /must not set a display mode/],
    ['a root partition', live.slice(0, 2), ['dracut-live'], /No \/ partition/],
    ['a root partition with a size', [...live.slice(0, 2), 'part / --grow'], ['dracut-live'], /No \/ partition/],
  ])('wants %s', (_, commands, packages, message) => {
    const found = kickstartRefusals(kickstart(commands, packages));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  test('tells everything that is wrong at once', () => {
    expect(kickstartRefusals(kickstart(['repo --name=x', 'text'], ['dracut-live']))).toMatchObject([
      expect.stringMatching(/^Only url/),
      expect.stringMatching(/^repo can only be used with the url install method/),
      expect.stringMatching(/must not set a display mode/),
    ]);
  });

  test('lets a local source go without network', () => {
    expect(kickstartRefusals(kickstart(['url --url=file:///x', 'part / --size=1'], ['dracut-live']))).toEqual([]);
  });
});

describe('rootSizeMiB', () => {
  test('takes the last of several', () => {
    expect(rootSizeMiB(kickstart(['part / --size=5120', 'part / --size=8576'], []))).toBe(8576);
  });

  test('is not fooled by other mount points', () => {
    expect(rootSizeMiB(kickstart(['part /boot --size=5'], []))).toBeUndefined();
  });
});

/** What is said of storage commands, a line each. */
const said = (lines: readonly string[], scripts: Kickstart['scripts'] = []): string[] =>
  storageRefusals({
    commands: lines.map((text, index) => {
      const [name = '', ...args] = text.split(' ');
      return { name, args, text, line: index + 1 };
    }),
    scripts,
  });

describe('storageRefusals', () => {
  const pre: Kickstart['scripts'][number] = {
    type: 'pre',
    nochroot: false,
    erroronfail: false,
    interpreter: '/bin/sh',
    log: undefined,
    body: 'echo part / --grow --size=1 >/tmp/part.cfg',
    line: 1,
    number: 1,
  };

  test.each([
    ['a partition', ['part / --size=1024']],
    ['autopart', ['autopart']],
    ['a logical volume', ['part pv.1 --size=2048', 'volgroup vg pv.1', 'logvol / --vgname=vg --name=r --size=1024']],
    ['an array', ['part raid.1 --size=2048', 'part raid.2 --size=2048', 'raid / --device=r --level=1 raid.1 raid.2']],
    ['a subvolume', ['part btrfs.1 --size=2048', 'btrfs none --label=a btrfs.1', 'btrfs / --subvol --name=r a']],
  ])('/ may be %s', (_, lines) => expect(said(lines)).toEqual([]));

  test('somewhere / must be, unless a %pre may say where', () => {
    expect(said(['part /boot --size=1024'])).toEqual([expect.stringContaining('No / partition')]);
    expect(said(['part /boot --size=1024'], [pre])).toEqual([]);
  });

  test('what no machine could do is refused with its line', () => {
    expect(said(['part / --size=1024', 'raid /srv --device=srv --useexisting'])).toEqual([
      expect.stringMatching(/line 2 of the kickstart file: .*does not carry out raid --useexisting/u),
    ]);
  });
});
