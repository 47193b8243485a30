import { describe, expect, test } from 'vitest';
import { parseCommandLine } from './options.ts';

describe('parseCommandLine', () => {
  test('reads the command line that a build uses', () => {
    const options = parseCommandLine([
      '--make-iso',
      '--no-virt',
      '--iso-only',
      '--nomacboot',
      '--ks=/phyllome/flat.cfg',
      '--project=Phyllome OS',
      '--releasever=44',
      '--volid=PhyllomeOS-l-44',
      '--iso-name=l.iso',
      '--resultdir=/phyllome/result',
      '--compression=zstd',
      '--compress-arg=-Xcompression-level 3',
      '--extra-boot-args=a b=c',
      '--timeout=7',
    ]);
    expect(options).toMatchObject({
      makeIso: true,
      noVirt: true,
      isoOnly: true,
      macboot: false,
      ks: '/phyllome/flat.cfg',
      project: 'Phyllome OS',
      releasever: '44',
      volid: 'PhyllomeOS-l-44',
      isoName: 'l.iso',
      resultdir: '/phyllome/result',
      compression: 'zstd',
      compressArgs: ['-Xcompression-level 3'],
      extraBootArgs: 'a b=c',
      timeoutMinutes: 7,
      ignored: [],
    });
  });

  test("has lorax's defaults", () => {
    expect(parseCommandLine(['--make-iso'])).toMatchObject({
      tmp: '/var/tmp',
      logfile: './livemedia.log',
      project: 'Linux',
      releasever: '43',
      isoName: 'boot.iso',
      macboot: true,
      compression: 'xz',
      timeoutMinutes: 0,
      ks: undefined,
      resultdir: undefined,
    });
  });

  test('takes unique prefixes for options, as argparse does', () => {
    expect(parseCommandLine(['--make-iso', '--proj', 'X', '--vol=Y'])).toMatchObject({ project: 'X', volid: 'Y' });
  });

  test('uses the first of several kickstarts, and collects what accumulates', () => {
    const options = parseCommandLine([
      '--make-iso',
      '--ks=a',
      '--ks=b',
      '--dracut-arg=--x',
      '--dracut-arg=--add "y z"',
    ]);
    expect(options.ks).toBe('a');
    expect(options.dracutArgs).toEqual(['--x', '--add "y z"']);
  });

  test('takes --product for --project', () => {
    expect(parseCommandLine(['--make-iso', '--product=X']).project).toBe('X');
  });

  test('names the options that change nothing', () => {
    expect(parseCommandLine(['--make-iso', '--squashfs-only', '--anaconda-arg=x']).ignored).toEqual([
      '--anaconda-arg',
      '--squashfs-only',
    ]);
  });
});
