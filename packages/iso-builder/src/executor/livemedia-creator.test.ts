import { describe, expect, test } from 'vitest';
import { livemediaCreatorArgv, type LivemediaCreatorOptions } from './livemedia-creator.ts';

const options: LivemediaCreatorOptions = {
  ks: '/phyllome/flat.cfg',
  project: 'Phyllome OS',
  releasever: '44',
  volid: 'Phyllome-dhi-44',
  isoName: 'phyllome.iso',
  resultdir: '/phyllome/result',
  tmp: '/phyllome/tmp',
  logfile: '/phyllome/logs/livemedia.log',
  profile: 'draft',
};

describe('livemediaCreatorArgv', () => {
  test('the whole command line', () => {
    expect(livemediaCreatorArgv(options)).toEqual([
      '--make-iso',
      '--no-virt',
      '--iso-only',
      '--nomacboot',
      '--ks=/phyllome/flat.cfg',
      '--project=Phyllome OS',
      '--releasever=44',
      '--volid=Phyllome-dhi-44',
      '--iso-name=phyllome.iso',
      '--resultdir=/phyllome/result',
      '--tmp=/phyllome/tmp',
      '--logfile=/phyllome/logs/livemedia.log',
      '--compression=zstd',
      '--compress-arg=-Xcompression-level 3',
    ]);
  });

  test.each([
    ['live', ['--make-iso']],
    ['installer', ['--make-installer']],
    ['unattended-installer', ['--make-installer', '--unattended']],
  ] as const)('a medium that is %s', (medium, flags) => {
    const made = livemediaCreatorArgv({ ...options, medium }).filter((word) => /^--(?:make|unattended)/u.test(word));
    expect(made).toEqual(flags);
  });

  test.each<[string, Partial<LivemediaCreatorOptions>, string[]]>([
    ['release', { profile: 'release' }, ['--compression=xz', '--compress-arg=-Xbcj x86']],
    ['boot arguments', { extraBootArgs: 'console=ttyS0 quiet' }, ['--extra-boot-args=console=ttyS0 quiet']],
    ['dracut', { dracutArgs: ['--xz', '--add livenet'] }, ['--dracut-arg=--xz', '--dracut-arg=--add livenet']],
    ['proxy', { proxy: 'http://proxy:3128' }, ['--proxy=http://proxy:3128']],
    ['timeout', { timeoutMinutes: 90 }, ['--timeout=90']],
    ['volume id of 32', { volid: 'x'.repeat(32) }, [`--volid=${'x'.repeat(32)}`]],
  ])('%s', (_, more, expected) => {
    const argv = livemediaCreatorArgv({ ...options, ...more });
    expect(argv.filter((argument) => expected.includes(argument))).toEqual(expected);
  });

  test('no boot arguments: no option', () => {
    expect(livemediaCreatorArgv({ ...options, extraBootArgs: '' }).join(' ')).not.toContain('extra-boot-args');
  });

  test.each<[string, Partial<LivemediaCreatorOptions>]>([
    ['VOLID_INVALID', { volid: 'x'.repeat(33) }],
    ['VOLID_INVALID', { volid: '' }],
    ['VOLID_INVALID', { volid: 'Phyllome OS' }],
    ['VOLID_INVALID', { volid: 'Phyllomé' }],
    ['VOLID_INVALID', { volid: 'x\n' }],
    ['ISO_NAME_INVALID', { isoName: 'dist/x.iso' }],
    ['ISO_NAME_INVALID', { isoName: '..' }],
    ['ISO_NAME_INVALID', { isoName: '.iso' }],
    ['ISO_NAME_INVALID', { isoName: 'x.img' }],
    ['ISO_NAME_INVALID', { isoName: 'x\n.iso' }],
    ['OPTION_INVALID', { timeoutMinutes: 0 }],
    ['OPTION_INVALID', { timeoutMinutes: 1.5 }],
    ['OPTION_INVALID', { project: "Phyllome's" }],
    ['OPTION_INVALID', { project: 'Phyllome {a,b}' }],
    ['OPTION_INVALID', { extraBootArgs: 'quiet\nrd.break' }],
    ['OPTION_INVALID', { extraBootArgs: String.raw`x=\1` }],
    ['OPTION_INVALID', { extraBootArgs: 'quiet; reboot' }],
    ['OPTION_INVALID', { extraBootArgs: 'x="a b"' }],
    ['OPTION_INVALID', { project: 'Phyllome "OS"' }],
    ['OPTION_INVALID', { project: '$root' }],
    ['OPTION_INVALID', { releasever: '44 beta' }],
    ['OPTION_INVALID', { proxy: 'proxy:3128' }],
    ['OPTION_INVALID', { proxy: 'http://me:secret@proxy:3128' }],
  ])('%s: %o', (code, more) => {
    expect(() => livemediaCreatorArgv({ ...options, ...more })).toThrow(expect.objectContaining({ code }));
  });

  test('a password of a proxy is in no message', () => {
    expect(() => livemediaCreatorArgv({ ...options, proxy: 'http://me:secret@proxy:3128' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') as unknown }),
    );
  });
});
