import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { run } from '../../../test/support/tool.ts';
import { ksflatten } from './ksflatten.ts';

const flat = (files: Readonly<Record<string, string>> | string, version = 'F44') =>
  run(ksflatten, ['-c', 'main.ks', '-v', version], typeof files === 'string' ? { 'main.ks': files } : files);

/** The flat lines of a command; the bootloader line that ksflatten invents aside. */
function lines(kickstart: string, version?: string): string[] {
  const { code, stdout, stderr } = flat(kickstart, version);
  if (code !== 0) return [stderr.split('\n')[2] ?? ''];
  return stdout.split('\n').filter((line) => !/^$|^#|^bootloader --location=none$/.test(line));
}

describe('ksflatten: commands', () => {
  test.each([
    ['part / --size 10 --fstype=ext4 --grow', 'part / --fstype="ext4" --grow --size=10'],
    ['partition //boot/../srv --onpart=/dev/sda1', 'part //srv --onpart=sda1'],
    ['part pv.1 --size=1 --escrowcert=x', 'part pv.1 --size=1'],
    ['part / --size=1 --encr --pass=a', 'part / --size=1 --encrypted --passphrase="a"'],
    ['raid / --device=md0 --level=1 a b', 'raid / --device=md0 --level=RAID1 a b'],
    ['volgroup --pesize=4 vg pv.1', 'volgroup vg --pesize=4 pv.1'],
    ['logvol / --vgname=v --name=n --size=5', 'logvol / --size=5 --name=n --vgname=v'],
    ['btrfs none --data=0 a b', 'btrfs none --data=raid0 a b'],
    ['autopart --nolvm', 'autopart --type=plain'],
    ['clearpart --all --drives=sda,', 'clearpart --all --drives=sda'],
    ['mount /dev/sda1 / --reformat', 'mount /dev/sda1 / --reformat'],
    ['network --hostname=h --noipv4', 'network  --hostname=h --noipv4'],
    ['network --onboot=no --no-activate', 'network  --bootproto=dhcp --onboot=off --no-activate'],
    ['firewall --ssh --port=22,80:udp,x', 'firewall --enabled --port=22:tcp,80:udp,x:tcp --service=ssh'],
    ['firewall --port=ssh:tcp,22', 'firewall --enabled --ssh --port=22:tcp'],
    ['repo --name=r --metalink=m --cost=5', 'repo --name="r"  --cost=5 --metalink=m'],
    ['keyboard us', "keyboard 'us'"],
    ['keyboard --xlayouts=us,de', "keyboard --xlayouts='us','de'"],
    ['user --name=u --password=a --plaintext', 'user --name=u --password=a'],
    ['rootpw --lock', 'rootpw --lock'],
    ['sshkey --username=u "a \\"b\\""', 'sshkey --username=u "a \\"b\\""'],
    ['timezone UTC --utc', 'timezone UTC --utc'],
    ['realm join --no-password "a b"', "realm join --no-password 'a b'"],
    ['poweroff --eject', 'shutdown --eject'],
    ['snapshot vg/lv --name=s --when=POST-install', 'snapshot vg/lv --name=s --when=post-install'],
    ['bootloader --append="a b" --timeout=0', 'bootloader --append="a b" --location=mbr --timeout=0'],
    ['bootloader --disabled', 'bootloader --disabled'],
    // Python reads the digits of any script.
    ['part / --size=\u0967\u0968 --maxsize=\u00A07', 'part / --maxsize=7 --size=12'],
  ])('%s', (line, expected) => {
    expect(lines(line)).toEqual([expected]);
  });

  test.each([
    ['lang', 'the following arguments are required: lang'],
    ['langg en_US', 'Unknown command: langg'],
    ['install', 'install has been removed.'],
    ['part / --fsprofile=a --mkfsoptions=b', '--mkfsoptions and --fsprofile cannot be used together.'],
    [
      'logvol / --vgname=v --name=n',
      'No size given for logical volume: use --useexisting, --noformat, --size, --percent, or --hibernation.',
    ],
    ['url --url=a --mirrorlist=b', 'Only one of --mirrorlist, --url options may be specified for url command.'],
    ['zfcp --devnum=1 --wwpn=2', 'Only --devnum or --devnum with --wwpn and --fcplun are allowed.'],
    ['cmdline --non-interactive', 'Kickstart command cmdline does not support --non-interactive parameter'],
    ['"" a', 'Unknown command: ""'],
    ['part / --size=7\u001F', "argument --size: invalid int value: '7\u001F'"],
    [`part / --size=${'1'.repeat(4301)}`, `argument --size: invalid int value: '${'1'.repeat(4301)}'`],
    ['\uFEFFlang x', 'Unknown command: \uFEFFlang'],
    ['lang x\n\uFEFF', 'Unknown command: \uFEFF'],
    // A no-break space is blank to Python, but separates no words.
    ['\u00A0lang x', 'Unknown command: \u00A0lang'],
    ['\u00A0%post\n%end', 'Unknown command: \u00A0%post'],
    ['%ksappendx a', 'Unknown kickstart section: %ksappendx'],
    ['%post\\\necho\n%end', 'Unknown kickstart section: %post\\'],
    ['%certificate --filename=a --type=--\nx\n%end', 'One of --dir or --type must be specified for %certificate'],
  ])('refuses %s', (line, message) => {
    expect(lines(line)).toEqual([message]);
  });

  test.each([
    ['F34', 'zfcp --devnum=1', 'the following arguments are required: --fcplun, --wwpn'],
    ['F37', 'zfcp --devnum=1', 'zfcp --devnum=1'],
    ['F42', 'raid / --device=md0 --level=1 a b', 'raid / --device=0 --level=RAID1 a b'],
    ['RHEL8', 'timezone UTC --utc', 'timezone UTC --isUtc'],
    ['RHEL8', 'logging --level=debug', 'logging --level=debug'],
    ['RHEL9', 'part / --fstype=btrfs', 'Btrfs file system is not supported'],
    ['RHEL9', 'authconfig  --x', 'auth --x'],
    ['F45', 'vnc', 'vnc has been removed.'],
    ['F43', 'rdp --username=u', 'rdp --username=u'],
    ['F42', 'rdp --username=u', 'Unknown command: rdp'],
  ])('%s: %s', (version, line, expected) => {
    expect(lines(line, version)).toEqual([expected]);
  });

  test('lets a later line overwrite what it says, and resets the flags it does not say', () => {
    expect(lines('timezone UTC --utc\ntimezone Europe/Paris')).toEqual(['timezone Europe/Paris']);
    expect(lines('timezone UTC\ntimezone --utc')).toEqual(['timezone --utc']);
    expect(lines('bootloader --append=a\nbootloader --timeout=5')).toEqual([
      'bootloader --append="a" --location=mbr --timeout=5',
    ]);
  });

  test('keeps all lines of accumulating commands, and reports a second one with the same name', () => {
    const { code, stderr } = flat('user --name=a\nuser --name=a --uid=5\n');
    expect(code).toBe(0);
    expect(lines('user --name=a\nuser --name=a --uid=5')).toEqual(['user --name=a', 'user --name=a --uid=5']);
    expect(stderr).toBe('main.ks:2: KickstartParseWarning: A user with the name a has already been defined.\n');
  });

  test('takes networks without a device for the same', () => {
    expect(flat('network --hostname=a\nnetwork --hostname=b\n').stderr).toBe(
      'main.ks:2: KickstartParseWarning: A network device with the name  has already been defined.\n',
    );
  });

  test('prints the comment of what the last line says', () => {
    expect(flat('poweroff\nreboot\n').stdout).toContain('# Reboot after installation\nreboot\n');
    expect(flat('cmdline\ntext\n').stdout).toContain('# Use text mode install\ntext\n');
    expect(flat('firstboot --enable\n').stdout).toContain('# Run the Setup Agent on first boot\nfirstboot');
    expect(flat('firstboot --disable\n').stdout).not.toContain('# Run the Setup Agent');
  });

  test('prints by priority, then by handler', () => {
    expect(lines('part / --size=1\nzerombr\nuser --name=a\nlang x\nselinux --permissive')).toEqual([
      'lang x',
      'selinux --permissive',
      'user --name=a',
      'zerombr',
      'part / --size=1',
    ]);
  });

  test('reports a line that pykickstart does not print', () => {
    const { code, stdout, stderr } = flat('lang x\nclearpart --drives=sda\n');
    expect(code).toBe(0);
    expect(stdout).not.toContain('clearpart');
    expect(stderr).toContain('warning[KS_IGNORED_LINE] main.ks:2:1');
    expect(flat('clearpart --all --drives=sda\n').stderr).toBe('');
  });

  test('knows what cannot stand together', () => {
    expect(lines('autopart\npart / --size=1')).toEqual([
      "The part and autopart commands can't be used at the same time.",
    ]);
  });
});

describe('ksflatten: sections', () => {
  test('adds up package lists, but lets each header reset the options of the one before, and says so', () => {
    const { stdout, stderr } = flat('%packages --nocore\nb\n-a\n@g --opt\n%end\n%packages\na\n-@h\n@^e\n%end\n');
    expect(stdout).toMatch(/\n\n%packages\n@\^e\n@g --optional\na\nb\n-@h\n\n%end\n$/);
    expect(stderr).toContain('warning[KS_OPTION_DROPPED] main.ks:6:1');
    expect(stderr).toContain('this %packages header drops --nocore of an earlier one');
  });

  test('sorts by code point', () => {
    expect(lines('%packages\n\u{1F600}\n\uFF5E\n%end').slice(1, 3)).toEqual(['\uFF5E', '\u{1F600}']);
  });

  test('keeps scripts as they are, in their order, and leaks the body of a blank one into the next', () => {
    const { stdout } = flat('%post --nochroot --log=/l\na "b\n\n%end\n%pre\n\n%end\n%pre\nx\n%end\n');
    expect(stdout).toMatch(/\n\n%post --nochroot --logfile=\/l\na "b\n\n%end\n\n%pre\n\nx\n%end\n$/);
  });

  test('takes -- behind an = for nothing, as argparse does', () => {
    expect(lines('%pre --interpreter=-- --log=--\nx\n%end')[0]).toBe('%pre --logfile=[]');
  });

  test('passes %addon on with pykickstart’s empty lines, and without a line end', () => {
    expect(flat('%addon a "b c"\nl\n%end\n%addon d\n%end\n').stdout).toMatch(
      /\n\n%addon a b c\nl\n\n%end%addon d\n%end$/,
    );
  });
});

describe('ksflatten: blanks that only Python knows', () => {
  test.each([
    // The line starts with %end for Python, but the word is another one: pykickstart drops the line.
    ['a\n\u00A0%end\nb', ['%post', 'a', 'b', '%end']],
    ['a\n%end\u00A0\nb', ['%post', 'a', 'b', '%end']],
    ['a\n%end\u0085b', ['%post', 'a', 'b', '%end']],
    ['a\n%include\u3000b.ks', ['%post', 'a', '%end']],
    // This one starts with no blank at all.
    ['\uFEFF%end\nb', ['%post', '\uFEFF%end', 'b', '%end']],
  ])('%j', (text, expected) => {
    expect(lines(`%post\n${text}\n%end\n`)).toEqual(expected);
  });

  test('reports the line that is dropped', () => {
    const { stderr } = flat('%post\na\n\u00A0%end\n%end\n');
    expect(stderr).toContain('warning[KS_ODD_BLANK] main.ks:3:2');
  });

  test('ends lines where Python does', () => {
    expect(lines('# a comment\u2028lang x\n# another\fskipx\n')).toEqual(['lang x', 'skipx']);
    // The end is no blank to shlex: it belongs to the word before it.
    expect(lines('zerombr\fskipx\n')).toEqual(['Unknown command: zerombr\f']);
  });
});

describe('ksflatten: includes', () => {
  test('knows %include by its value, quoted or not, and takes a # for a comment only among commands', () => {
    const files = { 'a.ks': 'lang x\n', 'b.ks': 'echo\n', 'b.ks#c': 'odd\n' };
    expect(flat({ ...files, 'main.ks': '"%include" a.ks#c\n' }).stdout).toContain('lang x');
    expect(flat({ ...files, 'main.ks': '%post\n%include b.ks#c\n%end\n' }).stdout).toContain('%post\nodd\n%end');
    expect(flat({ ...files, 'main.ks': '"%ksappend" b.ks\n' }).stderr).toContain('KS_IGNORED_LINE');
  });

  test('looks in the working directory, then beside the including file', () => {
    const files = { 'main.ks': '%include d/a.ks\n', 'd/a.ks': '%include b.ks\n', 'd/b.ks': 'lang near\n' };
    expect(flat(files).stdout).toContain('lang near');
    expect(flat({ ...files, 'b.ks': 'lang cwd\n' }).stdout).toContain('lang cwd');
  });

  test('lets includes open and close a section for each other', () => {
    const files = {
      'main.ks': '%include a.ks\n%include b.ks\n',
      'a.ks': '%post\n',
      'b.ks': '# gone\necho\n%end\nlang x\n',
    };
    expect(flat(files).stdout).toMatch(/lang x\n[^]*\n%post\necho\n%end\n$/);
  });

  test('refuses lines that would be lost in a section that an include left open', () => {
    const { code, stderr } = flat({ 'main.ks': '%include a.ks\nlang x\n', 'a.ks': '%post\necho\n' });
    expect(code).toBe(1);
    expect(stderr).toContain('error[KS_SECTION_NOT_ENDED] main.ks:2:1');
  });

  test('refuses an include cycle, with the way round', () => {
    const { code, stderr } = flat({ 'main.ks': '%include a.ks\n', 'a.ks': '%include main.ks\n' });
    expect(code).toBe(1);
    expect(stderr).toContain('the file includes itself: main.ks -> a.ks -> main.ks');
  });

  test('names file, line, column, include chain and what to write instead', () => {
    const { code, stderr } = flat({ 'main.ks': 'text\n%include a.ks\n', 'a.ks': 'lang x\nuser --name=a --gecs=b\n' });
    expect(code).toBe(1);
    expect(stderr).toBe(
      [
        "Failed to parse kickstart file 'main.ks' : The following problem occurred on line 2 of the kickstart file:",
        '',
        'unrecognized arguments: --gecs=b',
        '',
        'error[KS_UNKNOWN_OPTION] a.ks:2:15',
        '  2 | user --name=a --gecs=b',
        '    |               ~~~~~~~~ user has no option --gecs',
        '  included from main.ks:2:1',
        '  hint: did you mean --gecos?',
        '',
      ].join('\n'),
    );
  });

  test('names a missing file, and one that is not text', () => {
    expect(flat('%include no.ks\n').stderr).toContain("No such file or directory: 'no.ks'");
    const { code, stderr } = run(ksflatten, ['-c', 'main.ks'], { 'main.ks': '%include a.ks\n', 'a.ks': undefined });
    expect(code).toBe(1);
    expect(stderr).toContain('Unable to open input kickstart file: a.ks: invalid UTF-8 in line 1');
  });
});

describe('ksflatten: the command line', () => {
  test.each([
    [['-c', 'main.ks'], 0],
    [['-cmain.ks', '-v', 'rhel9'], 0],
    [['--conf', 'main.ks', '--vers=45000'], 0],
    [['-c', 'main.ks', '-v', 'Fedora Linux 44'], 0],
    [['-c', 'main.ks', '-v', 'DEVEL'], 1],
    [['-c', 'main.ks', '-v', 'F46'], 1],
    [['-c', 'none.ks'], 1],
    [['-c', 'main.ks', '-o', '/none/x'], 1],
    [['main.ks'], 2],
    [['-c'], 2],
    [[], 2],
    [['-h'], 0],
  ])('%s exits %i', (args, code) => {
    expect(run(ksflatten, args, { 'main.ks': 'lang x\n' }).code).toBe(code);
  });

  test('writes to a file', () => {
    const { written, stdout } = run(ksflatten, ['-c', 'main.ks', '-o', 'out.ks'], { 'main.ks': 'lang x\n' });
    expect(stdout).toBe('');
    expect(written['out.ks']).toContain('lang x\n');
  });
});

describe('ksflatten: laws', () => {
  const fragment = constantFrom(
    '%post',
    '%packages',
    '%end',
    '%include a.ks',
    '%include main.ks',
    '%addon x',
    'lang en_US',
    'part / --size=1',
    'user --name=',
    '"',
    "'",
    '\\',
    '#',
    ' ',
    '\n',
    '\r\n',
    '\u2028',
    '--',
    '=',
    '%',
    '@g --no',
    '-@g',
    '\uFEFF',
    '\uD800',
  );
  const text = oneof(
    array(fragment, { maxLength: 30 }).map((parts) => parts.join('')),
    string(),
  );

  test('any text comes out flat or is refused with a place; nothing throws', () => {
    assert(
      property(text, text, constantFrom('F34', 'F45', 'RHEL8', 'RHEL10'), (main, included, version) => {
        const { code, stderr } = flat({ 'main.ks': main, 'a.ks': included }, version);
        const hasPlace = /^error\[KS_\w+\] (main|a)\.ks:\d+:\d+$/m.test(stderr);
        expect([code, hasPlace]).toEqual(hasPlace ? [1, true] : [0, false]);
      }),
      { numRuns: Number(process.env['PHYLLOME_LAW_RUNS'] ?? 1000) },
    );
  });
});
