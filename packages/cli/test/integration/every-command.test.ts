// oxlint-disable vitest/expect-expect -- the machine's verbs assert: they throw when the guest does not comply
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildIso, connectEngine } from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { type Machine, startMachine } from '@phyllome/vm-tester';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// The kickstart that exercises every command is built and booted, once; each test proves the effect of some lines.
const packages = resolve(import.meta.dirname, '../../..');
const kickstartPath = join(packages, 'rehearsal/test/every-command/every-command.cfg');
const resources = new AsyncDisposableStack();
let kickstart: string;
let report: Report;
let machine: Machine;

interface Report {
  packages: { name: string; version: string }[];
  withoutCounterpart: { kind: string; text: string; line: number; why: string }[];
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phyllome-every-command-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  kickstart = await readFile(kickstartPath, 'utf8');
  await using engine = await connectEngine({ env: process.env });
  await using build = buildIso({
    engine,
    builder: rehearsalBuilder(resolve(packages, '../containers')),
    kickstart,
    destination: join(folder, 'dist'),
    isoName: 'every-command.iso',
    volid: 'Phyllome-every',
    project: 'Phyllome OS',
    releasever: '44',
    profile: 'draft',
    sourceDateEpoch: 1_760_000_000,
  });
  const { iso } = await build.result;
  report = JSON.parse(await readFile(join(folder, 'dist/logs/rehearsal.json'), 'utf8'));
  machine = resources.use(
    await startMachine({ image: { iso }, firmware: 'bios', memoryMiB: 1536, artifactsDir: join(folder, 'test-vm') }),
  );
  const verdict = await machine.boot();
  if (verdict.status !== 'accepted') throw new Error(`it does not boot: ${JSON.stringify(verdict)}`);
  await machine.settle();
});
afterAll(() => resources.disposeAsync());

/** The line of the kickstart, from 1, that begins with a text. */
function lineOf(start: string): number {
  const index = kickstart.split('\n').findIndex((line) => line.startsWith(start));
  if (index < 0) throw new Error(`no line starts with ${start}`);
  return index + 1;
}

/** Whether a password is the one that /etc/shadow has of a user. */
const passwordMatches = (name: string): string =>
  `perl -e '$h = (getpwnam $ARGV[0])[1]; chomp(my $p = <STDIN>); exit(crypt($p, $h) ne $h)' ${name}`;

describe('in the guest', () => {
  test('lang, keyboard, timezone', async () => {
    expect(await machine.succeed('systemctl show-environment | grep ^LANG=')).toBe('LANG=fr_CH.UTF-8');
    expect(await machine.succeed('locale -a')).toMatch(/^de_CH\.utf8$/m);
    expect(await machine.succeed('. /etc/vconsole.conf; echo "$KEYMAP $XKBLAYOUT $XKBVARIANT $XKBOPTIONS"')).toBe(
      'ch-fr ch,us fr, grp:alt_shift_toggle',
    );
    expect(await machine.succeed('readlink -m /etc/localtime')).toMatch(/\/Europe\/Zurich$/);
    await machine.fail('grep LOCAL /etc/adjtime');
  });

  test('timesource: both of them', async () => {
    const configuration = await machine.succeed('systemd-analyze cat-config systemd/timesyncd.conf');
    expect(configuration.match(/^NTP=.*$/gm)).toEqual(['NTP=server.invalid', 'NTP=pool.invalid']);
    await machine.waitForUnit('systemd-timesyncd.service');
  });

  test('network --hostname, of which nothing reaches a system that is installed into a directory', async () => {
    expect(await machine.succeed('uname -n')).toBe('localhost');
  });

  test('rootpw --allow-ssh', async () => {
    await machine.succeed(`echo "root's secret" | ${passwordMatches('root')}`);
    await machine.fail(`echo 'a guess' | ${passwordMatches('root')}`);
    expect(await machine.succeed('ssh-keygen -A >/dev/null && mkdir -p /run/sshd && sshd -T')).toMatch(
      /^permitrootlogin yes$/m,
    );
  });

  test('group, user and sshkey', async () => {
    expect(await machine.succeed('getent group builders')).toBe('builders:x:1500:ada');
    expect(await machine.succeed('getent group painters')).toBe('painters:x:1600:ada');
    expect(await machine.succeed('getent passwd ada')).toBe('ada:x:1201:1301:Ada L.:/srv/ada:/bin/sh');
    await machine.succeed(`echo "ada's secret" | ${passwordMatches('ada')}`);
    expect(await machine.succeed('passwd --status bob')).toMatch(/^bob L /);
    expect(await machine.succeed('stat --format "%U %a" /srv/ada/.ssh /srv/ada/.ssh/authorized_keys')).toBe(
      'ada 700\nada 600',
    );
    expect(await machine.succeed('cat /srv/ada/.ssh/authorized_keys')).toMatch(/^ssh-ed25519 \S+ ada@example$/);
  });

  test('services, of a unit that %pre-install brought', async () => {
    await machine.waitForUnit('from-pre-install.service');
    await machine.fail('systemctl is-enabled ssh.service');
  });

  test('firewall', async () => {
    await machine.waitForUnit('firewalld.service');
    const zones = await machine.succeed('cat /etc/firewalld/zones/*.xml');
    for (const rule of ['<service name="mdns"/>', '<service name="http"/>', '<port port="8080" protocol="tcp"/>'])
      expect(zones).toContain(rule);
    expect(zones).not.toContain('<service name="ssh"/>');
    expect(zones).toContain('<interface name="eth9"/>');
  });

  test('bootloader --append', async () => {
    expect((await machine.succeed('cat /proc/cmdline')).split(' ')).toContain('every.command=1');
  });

  test('scripts: where each ran, what it said, and that a failing one is no matter', async () => {
    expect(await machine.succeed('cat /root/from-pre /root/pre.log /root/post.log')).toBe(
      'made by pre\nsaid by pre\nsaid by perl',
    );
    expect(await machine.succeed('cat /root/from-perl')).toMatch(/^\/tmp\/ks-script-/);
    await machine.fail('test -e /tmp/there-was-an-error -o -e /etc/from-pre');
  });

  test('%certificate', async () => {
    expect(await machine.succeed('cat /etc/ssl/local/example.pem')).toBe('not a certificate');
  });

  test('%packages: a group without what was excluded, no weak dependencies, no core', async () => {
    await machine.succeed('dpkg --status firewalld qemu-guest-agent');
    await machine.fail('dpkg --status spice-vdagent');
    // Recommended by openssh-server; part of @core.
    for (const name of ['xauth', 'ncurses-term', 'vim-tiny']) await machine.fail(`dpkg --status ${name}`);
  });

  test('%packages --inst-langs: of translations, those alone', async () => {
    const languages = await machine.succeed("find /usr/share/locale -name '*.mo' | cut -d / -f 5 | sort -u");
    expect(languages).toBe('fr');
  });
});

test('no unit failed, and it powers off', async () => {
  expect(await machine.conclude()).toMatchObject({ status: 'accepted' });
});

test('every line without a counterpart is in the report, with its line and a reason', () => {
  const expected = [
    'authselect',
    'clearpart',
    'ignoredisk',
    'logging',
    'mediacheck',
    'network --device=ens9',
    'part /',
    'realm',
    'repo',
    'selinux',
    'sshpw',
    'updates',
    'url',
    'zerombr',
    '%addon',
    'no-such-package',
  ];
  const recorded = report.withoutCounterpart;
  for (const start of expected)
    expect(
      recorded.map(({ line }) => line),
      start,
    ).toContain(lineOf(start));
  expect(recorded).toContainEqual(
    expect.objectContaining({ text: 'bootloader --timeout=3', line: lineOf('bootloader') }),
  );
  expect(recorded).toContainEqual(
    expect.objectContaining({ text: 'network --hostname=every.example', line: lineOf('network --bootproto=dhcp') }),
  );
  expect(recorded).toContainEqual(
    expect.objectContaining({ text: 'services --enabled=no-such-unit', line: lineOf('services') }),
  );
  expect(recorded.filter(({ why }) => why === '')).toEqual([]);
  // Nothing that the guest has just shown to be there.
  for (const start of [
    'lang',
    'keyboard',
    'timezone',
    'rootpw',
    'user --name=ada',
    'sshkey',
    'firewall',
    '%certificate',
    '%packages',
  ])
    expect(
      recorded.map(({ line }) => line),
      start,
    ).not.toContain(lineOf(start));
});
