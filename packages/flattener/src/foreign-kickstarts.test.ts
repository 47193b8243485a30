import { describe, expect, test } from 'vitest';

import { run } from '../test/support/tool.ts';
import { tree } from '../test/support/tree.ts';
import { type Diagnostic, KickstartError } from './diagnostics.ts';
import { type FlattenOptions, type Flattened, flatten } from './flatten.ts';
import { ksflatten } from './pykickstart/tools/ksflatten.ts';
import { renderDiagnostic } from './render-diagnostic.ts';

// Kickstarts as other people have them: of other releases, with templates, pasted, made in part by the installer.

type How = Omit<FlattenOptions, 'readFile'>;

const read = (text: string, how: How = {}): Flattened => flatten('x.ks', { ...tree({ 'x.ks': text }), ...how });

/** Everything that is reported, whether or not there is a result. */
function found(text: string, how: How = {}): readonly Diagnostic[] {
  try {
    return read(text, how).diagnostics;
  } catch (error) {
    if (error instanceof KickstartError) return error.diagnostics;
    throw error;
  }
}

const lines = (text: string, how: How = {}): string[] =>
  read(text, how)
    .text.split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

const messages = (text: string, how: How = {}): string[] =>
  found(text, how).map(({ code, message, hint }) => `${code}: ${message}; ${hint}`);

describe('spellings of a release', () => {
  test.each([
    ['RHEL8', '%packages --instLangs=de --excludeWeakdeps'],
    ['RHEL9', '%packages --inst-langs=de --exclude-weakdeps'],
    ['F41', '%packages --inst-langs=de --exclude-weakdeps'],
  ])('%s: %s', (release, header) => {
    const given = '%packages --instLangs=de --excludeWeakdeps\nbash\n%end\n';
    expect(lines(given, { release })).toContain(header);
    const flat = read(given, { release }).text;
    expect(read(flat, { release }).text).toBe(flat);
    expect(run(ksflatten, ['-c', 'flat.ks', '-v', release], { 'flat.ks': flat }).code).toBe(0);
  });

  test.each([
    ['auth --useshadow --passalgo=sha512', 'RHEL8'],
    ['auth --useshadow --passalgo=sha512', 'RHEL9'],
    ['authconfig --enableldap  "a b" # x', 'RHEL9'],
    ['realm join --no-password "a b"', 'F44'],
    ['part / --size="\u0663"', 'F44'],
    ['part /srv --size=9 --mkfsoptions="-m 1 -O quota"', 'RHEL10'],
    ['bootloader --append="-a b"', 'F44'],
  ])('%s is kept as it is for %s', (line, release) => {
    expect(lines(`${line}\n`, { release })).toEqual([line]);
  });

  test('a value that begins with a dash needs no =, where it has a blank', () => {
    expect(lines('part / --size=1 --mkfsoptions "-m 1"\n')).toEqual(['part / --size=1 --mkfsoptions="-m 1"']);
    expect(messages('part / --size=1 --mkfsoptions -m\n')).toEqual([
      'KS_OPTION_VALUE: --mkfsoptions needs a value; write --mkfsoptions=VALUE; a value that starts with a dash needs the =',
    ]);
  });
});

describe('what became of commands and options', () => {
  test.each([
    ['%packages --nobase\n%end', 'F44', '--nobase was removed in F22 and RHEL8: it can be dropped'],
    [
      'timesource --ntp-pool=a',
      'RHEL8',
      'timesource exists from RHEL9 and F33 on: write timezone --ntpservers=SERVERS instead',
    ],
    ['vnc', 'F45', 'vnc was removed in F45 and RHEL11: write rdp instead'],
    ['rdp --username=a', 'F42', 'rdp exists from F43 and RHEL10 on: write vnc instead'],
    ['rhsm --organization=a', 'F44', 'rhsm is of RHEL only'],
    ['part / --size=1 --active', 'F44', '--active was removed in F34 and RHEL9: it can be dropped'],
    ['%packages --inst-langs=a\n%end', 'RHEL8', '--inst-langs exists from RHEL9 and F32 on: write --instLangs instead'],
    ['network --hostnmae=a', 'F44', 'did you mean --hostname?'],
    ['alng C', 'F44', 'did you mean lang?'],
    ['%packages --nocroe\n%end', 'F44', 'did you mean --nocore?'],
    ['xyzzy', 'F44', 'F44 has no such kickstart command'],
    [
      'url --url=a --sslverify',
      'F44',
      'url takes --metalink, --mirrorlist, --noverifyssl, --proxy, --sslcacert, --sslclientcert, --sslclientkey, --url',
    ],
  ])('%s for %s', (text, release, hint) => {
    expect(found(`${text}\n`, { release }).map((diagnostic) => diagnostic.hint)).toEqual([hint]);
  });

  test.each([
    ['timezone UTC --isUtc', 'F41', '--isUtc of timezone is deprecated since F40', 'write --utc instead'],
    ['timezone UTC --isUtc', 'RHEL9', '--isUtc of timezone is deprecated', 'write --utc instead'],
    [
      'timezone UTC --ntpservers=a',
      'F44',
      '--ntpservers of timezone is deprecated and has no effect since F40',
      'write timesource --ntp-server=SERVER, a line for each server instead',
    ],
    ['logging --level=info', 'RHEL9', '--level of logging is deprecated and has no effect since RHEL9', 'remove it'],
    ['module --name=a', 'F44', 'the command module no longer does anything since F41', 'remove the line'],
  ])('%s is deprecated for %s', (text, release, message, hint) => {
    const [diagnostic, ...more] = found(`${text}\n`, { release });
    expect(more).toEqual([]);
    expect(diagnostic).toMatchObject({ severity: 'warning', message, hint });
  });

  test.each([
    ['timezone UTC --utc', 'F44'],
    ['timezone UTC --isUtc', 'RHEL8'],
    ['timezone UTC --ntpservers=a', 'RHEL8'],
    ['logging --host=a', 'F44'],
  ])('%s is not, for %s', (text, release) => {
    expect(found(`${text}\n`, { release })).toEqual([]);
  });
});

describe('#version', () => {
  test('is used where no release is asked for', () => {
    const { text, release, diagnostics } = read('#version=RHEL9\nlogging --host=a\n');
    expect({ release, diagnostics }).toEqual({ release: 'RHEL9', diagnostics: [] });
    expect(text).toContain('#version=RHEL9\n');
  });

  test.each([
    ['#version=RHEL9\n', 'F44', 'the file says #version=RHEL9, and is read as F44'],
    ['#version=RHEL7\n', undefined, 'the file says #version=RHEL7, an unknown release: it is read as F44'],
  ])('%j, asked for %s', (text, release, message) => {
    expect(found(text, { release })).toMatchObject([{ code: 'KS_RELEASE_MISMATCH', severity: 'warning', message }]);
  });

  test.each(['#version=DEVEL\n', '#version=F44\n', '# version=F43\n', '%post\n#version=F43\n%end\n'])(
    '%j says nothing',
    (text) => {
      expect(found(text, { release: 'F44' })).toEqual([]);
      expect(read(text).release).toBe('F44');
    },
  );
});

describe('templates', () => {
  test.each([
    ['lang {{ lang }}\n{% if x %}\nreboot\n{% endif %}\n', 'Jinja'],
    ['rootpw --iscrypted <%= @root_pass %>\n<% if x -%>\ntext\n<% end %>\n', 'ERB'],
    ["url --url=$tree\n$SNIPPET('network')\nkeyboard ${kbd}\n", 'Cheetah'],
    ['iscsi --ipaddr=@ISCSI_HOST@ --port=@ISCSI_PORT@\nrootpw @PASSWORD@\n', '@NAME@'],
    ['%packages\n{{ packages }}\n{% for p in ps %}\n{{ p }}\n{% endfor %}\n%end\n{% if y %}\n', 'Jinja'],
  ])('%j is one finding', (text, language) => {
    expect(found(text)).toMatchObject([
      { code: 'KS_TEMPLATE', severity: 'error', message: `this is an unrendered template (${language})` },
    ]);
  });

  test.each([
    'rootpw --iscrypted $6$abc$def\n',
    'repo --name=a --baseurl=http://a/$releasever/$basearch/\n',
    'url --url=http://a/$basearch\n',
    "%post\npodman ps --format '{{.ID}}'\necho ${x} $y\n%end\n",
    'rootpw --plaintext $ecret\n',
    'sshkey --username=root "ssh-ed25519 AAAA ME@HOST"\n%packages\n@CORE\n@^SERVER\n%end\n',
  ])('%j is none', (text) => {
    expect(found(text)).toEqual([]);
  });

  test('only warns where pykickstart would take the line, and says what else is wrong', () => {
    expect(found('url --url=$tree\nlnag C\n')).toMatchObject([
      { code: 'KS_UNKNOWN_COMMAND', severity: 'error' },
      { code: 'KS_TEMPLATE', severity: 'warning' },
    ]);
  });
});

describe('includes that %pre makes', () => {
  const text =
    '%include /tmp/parts\n%pre\necho "part / --size=1" > /tmp/parts\n%end\n%packages\n%include /tmp/pkgs\nb\n%end\nlang C\n';

  test('stay, while the rest is checked', () => {
    const { text: flat, diagnostics } = read(text);
    expect(diagnostics.map(({ code }) => code)).toEqual(['KS_INCLUDE_KEPT', 'KS_INCLUDE_KEPT']);
    expect(flat.split('\n').slice(1)).toEqual([
      '#version=F44',
      '# System language',
      'lang C',
      '%include /tmp/parts',
      '',
      '%pre',
      'echo "part / --size=1" > /tmp/parts',
      '%end',
      '',
      '%packages',
      'b',
      '%include /tmp/pkgs',
      '',
      '%end',
      '',
    ]);
    expect(read(flat).text).toBe(flat);
    expect(found(`${text}lnag C\n`).map(({ code }) => code)).toContain('KS_UNKNOWN_COMMAND');
  });

  test('are files of this machine where there is no %pre, unless they are to be kept', () => {
    const [diagnostic] = found('%include /tmp/parts\n');
    expect(diagnostic).toMatchObject({
      code: 'KS_INCLUDE_NOT_FOUND',
      hint: 'if it is made in the installer, keep the line: --keep-include /tmp/parts',
    });
    expect(lines('%include /mnt/parts\n', { keepIncludes: ['/mnt/parts'] })).toEqual(['%include /mnt/parts']);
  });
});

describe('values that cannot be meant', () => {
  test.each([
    'network --hostname="a b;c"',
    'timezone ../../etc/shadow',
    "lang 'C\"'",
    'lang C --addsupport=de_DE,/x',
    'keyboard "us;reboot"',
    'user --name="a b"',
    'part / --size=-5',
    'timesource --ntp-server="a b"',
  ])('%s', (line) => {
    expect(found(`${line}\n`)).toMatchObject([{ code: 'KS_OPTION_VALUE', severity: 'warning' }]);
    expect(() => read(`${line}\n`, { strict: true })).toThrow(expect.objectContaining({ code: 'KS_OPTION_VALUE' }));
  });

  test.each([
    'network --hostname=host.example.org',
    'network --hostname=a_b',
    'timezone America/Argentina/Buenos_Aires',
    'timezone Etc/GMT+5 --utc',
    'lang sr_RS.UTF-8@latin --addsupport=de_DE,C.UTF-8',
    "keyboard --vckeymap=de-latin1 --xlayouts='cz (qwerty)','us'",
    'user --name=kim.x-y_z',
    'part / --size=500 --grow',
    'timesource --ntp-server=2001:db8::1',
    'timesource --ntp-server=[fe80::1%eth0]',
  ])('but %s', (line) => {
    expect(read(`${line}\n`, { strict: true }).diagnostics).toEqual([]);
  });
});

describe('characters that nobody sees', () => {
  test.each([
    ['lang C\u200B\n', 7, 'U+200B cannot be seen, and is part of the line'],
    ['zerombr\nlang C\0\n', 7, 'U+0000 is a control character, and is part of the line'],
    ['lang\u00A0C\n', 5, 'U+00A0 looks like a blank, but separates no words'],
    ['%packages\nna\u00ADno\n%end\n', 3, 'U+00AD cannot be seen, and is part of the line'],
  ])('%j', (text, column, message) => {
    const [diagnostic] = found(text);
    expect(diagnostic).toMatchObject({ code: 'KS_ODD_CHARACTER', severity: 'warning', message, at: { column } });
  });

  test.each(['user --name=a --gecos="a\u00A0b"\n', 'lang C # \u200B\n', '%post\necho \u00A0\n%end\n'])(
    '%j is meant',
    (text) => {
      expect(found(text)).toEqual([]);
    },
  );

  test('reach no terminal', () => {
    const text = 'lang \u001B[31mRED\u001B]0;owned\u0007 \u202Ex y\n';
    const shown = found(text).map((diagnostic) => renderDiagnostic(diagnostic, () => text));
    // oxlint-disable-next-line no-control-regex -- that is the point
    expect(shown.join('\n')).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B-\u202E]/);
    expect(shown[0]).toContain(String.raw`| lang \x1b[31mRED\x1b]0;owned\x07`);
  });

  test('of a line of a megabyte little is shown, with the mark below its culprit', () => {
    const text = `part / --size=1 --label=${'x'.repeat(1_000_000)} --sise=2 --grow\n`;
    const [shown = ''] = found(text).map((diagnostic) => renderDiagnostic(diagnostic, () => text));
    expect(shown.length).toBeLessThan(800);
    const [, line = '', marks = ''] = shown.split('\n');
    expect(line.slice(marks.indexOf('~'), marks.lastIndexOf('~') + 1)).toBe('--sise=2');
  });

  test('of a name of a megabyte, too', () => {
    const text = `${'x'.repeat(1_000_000)}\n`;
    const [shown = ''] = found(text).map((diagnostic) => renderDiagnostic(diagnostic, () => text));
    expect(shown).toContain('unknown command x');
    expect(shown.length).toBeLessThan(1000);
  });
});
