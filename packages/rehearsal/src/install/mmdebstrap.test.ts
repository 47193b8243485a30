import { describe, expect, test } from 'vitest';
import { InstallProgress, mmdebstrapArgv } from './mmdebstrap.ts';

const argv = (proxy?: string, read: { manuals?: boolean; languages?: string[] } = {}): string[] =>
  mmdebstrapArgv({
    target: '/mnt/sysimage',
    packages: ['a', 'b'],
    manuals: true,
    languages: undefined,
    locales: ['fr_CH.UTF-8 UTF-8'],
    proxy,
    ...read,
  });

describe('mmdebstrapArgv', () => {
  test('ends with the suite and the target, and names no mirror', () => {
    expect(argv().slice(-2)).toEqual(['trixie', '/mnt/sysimage']);
    expect(argv().join(' ')).not.toMatch(/https?:/u);
  });

  test('keeps manual pages and every translation, unless the kickstart says otherwise', () => {
    expect(argv().join(' ')).not.toMatch(/path-exclude=\S*(man|locale)/u);
    expect(argv(undefined, { manuals: false })).toContain('--dpkgopt=path-exclude=/usr/share/man/*');
    const some = argv(undefined, { languages: ['fr_CH', 'de'] });
    expect(some).toContain('--dpkgopt=path-exclude=/usr/share/locale/*');
    expect(some).toContain('--dpkgopt=path-include=/usr/share/locale/fr*');
    expect(some).toContain('--dpkgopt=path-include=/usr/share/locale/de*');
  });

  test('makes the locales with the packages', () => {
    const hook = argv().find((argument) => argument.includes('locale-gen'));
    expect(hook).toContain(`printf '%s\\n' 'fr_CH.UTF-8 UTF-8' >"$1/etc/locale.gen"`);
  });

  test('hands on the proxy', () => {
    expect(argv('http://proxy:3128')).toContain('--aptopt=Acquire::http::Proxy "http://proxy:3128"');
  });

  test('counts what is fetched as dnf does, in bytes', () => {
    const progress = new InstallProgress();
    const got = 'Get:1 http://deb.example trixie/main amd64 dash amd64 0.5.12-12 [1,000 kB]';
    const told = [
      '0 upgraded, 100 newly installed, 0 to remove and 0 not upgraded.',
      'Need to get 100 MB of archives.',
      ...Array.from({ length: 60 }, () => got),
    ].flatMap((line) => progress.retell(line));
    expect(told).toEqual(['Downloading packages', 'Downloading 100 RPMs, 47.68 MiB / 95.37 MiB (50%) done.']);
  });
});

test('quotes the directories of packages for the shell', () => {
  const hooks = mmdebstrapArgv({
    target: '/t',
    packages: ['a'],
    manuals: false,
    languages: [],
    locales: [],
    proxy: undefined,
    debs: { from: "/tmp/it's $(here)", to: '/tmp/to' },
  }).join('\n');
  expect(hooks).toContain(String.raw`find '/tmp/it'\''s $(here)' -name`);
  expect(hooks).toContain('cp -t /tmp/to');
});

describe('InstallProgress', () => {
  test('counts to what is known to come, from the first package on', () => {
    const progress = new InstallProgress(3);
    const told = [
      '0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.',
      'Unpacking libc6:amd64 (2.41-12) ...',
      'Unpacking dash (0.5.12-12) ...',
      '0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.',
      'Unpacking firewalld (2.3.1-1) ...',
      'Unpacking another (1) ...',
    ].flatMap((line) => progress.retell(line));
    expect(told.flatMap((line) => /\(\d\/\d\)/u.exec(line)?.[0] ?? [])).toEqual(['(1/3)', '(2/3)', '(3/4)', '(4/4)']);
  });

  test("retells apt's output with the installer's numbers", () => {
    const progress = new InstallProgress();
    const told = [
      '0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.',
      'Need to get 25.4 MB of archives.',
      'Unpacking libc6:amd64 (2.41-12) ...',
      'Setting up libc6:amd64 (2.41-12) ...',
      'Reading package lists...',
      'Unpacking dash (0.5.12-12) ...',
      '0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.',
      'Unpacking firewalld (2.3.1-1) ...',
    ].flatMap((line) => progress.retell(line));
    expect(told).toEqual([
      'Downloading packages',
      'Preparing transaction from installation source',
      'Installing libc6.amd64 (1/2)',
      'Configuring libc6.amd64',
      'Installing dash.amd64 (2/2)',
      'Installing firewalld.amd64 (3/3)',
    ]);
  });
});
