import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test as base } from '@phyllome/vm-tester/vitest';
import { probeHost } from '../../src/index.ts';
import { parseJournal } from '../../src/report/read.ts';
import { goodIso } from '../good-iso.ts';

/**
 * Every verb and matcher in a real guest, each with its failing twin. One boot is shared; a test that spoils the guest
 * takes `vm`, which is set back before the next.
 */
// oxlint-disable-next-line no-empty-pattern -- vitest reads what a fixture depends on from its pattern
const test = base.override('options', { scope: 'file' }, async ({}, { onCleanup }) => {
  const directory = await mkdtempDisposable(join(tmpdir(), 'vm-guest-'));
  onCleanup(() => directory[Symbol.asyncDispose]());
  const host = await probeHost();
  return {
    image: { iso: await goodIso() },
    network: 'user' as const,
    needles: join(import.meta.dirname, '../needles'),
    // As slow as emulation on any machine: what depends on it is seen everywhere.
    host: { ...host, timeScale: Math.max(host.timeScale, SLOW_HOST) },
    artifactsDir: join(directory.path, 'artifacts'),
  };
});

const SLOW_HOST = 10;
const QUICK = { timeoutMs: 20 };

/** Comes up at its second start. */
const LATE = `[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=2
ExecStart=sh -c '[ -e /run/tried ] || { touch /run/tried; sleep infinity; }'
`;
const NEEDS_LATE = `[Unit]
Requires=late.service
After=late.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=true
`;

describe('matchers hold, and fail when they should', () => {
  test('toHaveActiveUnit', async ({ booted }) => {
    await expect(booted).toHaveActiveUnit('systemd-journald.service');
    await expect(booted).toHaveActiveUnit('-.mount'); // no option
    await expect(booted).not.toHaveActiveUnit('no-such-thing.service');
    await expect(expect(booted).toHaveActiveUnit('no-such-thing.service')).rejects.toThrow('is not-found');
    await expect(expect(booted).not.toHaveActiveUnit('systemd-journald.service')).rejects.toThrow('is active');
  });

  test('toReachTarget', async ({ booted }) => {
    await expect(booted).toReachTarget('multi-user');
    await expect(expect(booted).toReachTarget('rescue.target')).rejects.toThrow('nothing is going to start it');
  });

  test('toHaveNoFailedUnits', async ({ vm }) => {
    await expect(vm).toHaveNoFailedUnits();
    await vm.execute('systemd-run --unit=bound-to-fail --service-type=oneshot --wait false');
    await expect(expect(vm).toHaveNoFailedUnits()).rejects.toThrow('bound-to-fail.service (exit-code)');
    await expect(vm).toHaveNoFailedUnits({ except: ['bound-to-fail.service'] });
  });

  test('toHaveKernelArgument', async ({ booted }) => {
    await expect(booted).toHaveKernelArgument('rd.live.image');
    await expect(booted).toHaveKernelArgument('root', /^live:/);
    await expect(expect(booted).toHaveKernelArgument('root', 'live:')).rejects.toThrow('command line');
    await expect(booted).not.toHaveKernelArgument('rd.live');
  });

  test('toHavePackage', async ({ booted }) => {
    await expect(booted).toHavePackage('systemd');
    const { stdout } = await booted.execute('systemctl --version | sed -n "1s/systemd \\([0-9]*\\).*/\\1/p"');
    await expect(booted).toHavePackage('systemd', String(stdout).trim());
    await expect(expect(booted).toHavePackage('systemd', '1')).rejects.toThrow('is installed');
    await expect(expect(booted).toHavePackage('no-such-package')).rejects.toThrow('not installed');
  });

  test('toHaveNoJournalErrors, with what is allowed until a day', async ({ vm }) => {
    await vm.succeed("systemd-cat --priority=err --identifier=broken echo 'it broke'");
    const known = { tracker: 'a test', pattern: /^(?!broken: )/ };
    await expect(vm).not.toHaveNoJournalErrors();
    await expect(expect(vm).toHaveNoJournalErrors({ allow: [{ ...known, expires: '2999-01-01' }] })).rejects.toThrow(
      'broken: it broke',
    );
    const all = { tracker: 'a test', pattern: /(?:)/ };
    await expect(vm).toHaveNoJournalErrors({ allow: [{ ...all, expires: '2999-01-01' }] });
    await expect(expect(vm).toHaveNoJournalErrors({ allow: [{ ...all, expires: '2020-01-01' }] })).rejects.toThrow(
      'no longer allowed since 2020-01-01',
    );
  });

  test('toHaveNoDenials', async ({ vm }) => {
    await expect(vm).toHaveNoDenials();
    await vm.succeed('echo "audit: type=1400 avc:  denied  { read } for  pid=1 comm=\\"test\\"" >/dev/kmsg');
    await expect(expect(vm).toHaveNoDenials()).rejects.toThrow('avc:  denied  { read }');
  });

  test('toHaveNoCoredumps', async ({ vm }) => {
    await expect(vm).toHaveNoCoredumps();
    await vm.execute(
      'systemd-run --wait --expand-environment=no --property=LimitCORE=infinity sh -c "kill -s SEGV \\$\\$"',
    );
    await expect(expect(vm).toHaveNoCoredumps()).rejects.toThrow('code=dumped');
  });

  test('toHaveFile', async ({ vm }) => {
    await vm.writeFile('/run/a file', 'hello\n');
    await vm.succeed("chmod 640 '/run/a file'");
    const sha256 = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';
    await expect(vm).toHaveFile('/run/a file', { mode: 0o640, owner: 'root', sha256, content: /^hel/ });
    await expect(expect(vm).toHaveFile('/run/a file', { mode: 0o644 })).rejects.toThrow('mode 0640');
    await expect(expect(vm).toHaveFile('/run/a file', { sha256: '0' })).rejects.toThrow(sha256);
    await expect(expect(vm).toHaveFile('/run/other')).rejects.toThrow('No such file');
  });

  test('toHaveMount', async ({ booted }) => {
    await expect(booted).toHaveMount('/proc', { fstype: 'proc', options: ['nosuid'] });
    await expect(expect(booted).toHaveMount('/proc', { fstype: 'ext4' })).rejects.toThrow('as proc with');
    await expect(expect(booted).toHaveMount('/nowhere')).rejects.toThrow('nothing is mounted there');
  });

  test('toHaveUser', async ({ booted }) => {
    await expect(booted).toHaveUser('liveuser', { groups: ['wheel'] });
    await expect(booted).toHaveUser('daemon', { locked: true });
    await expect(expect(booted).toHaveUser('daemon', { locked: false })).rejects.toThrow('is locked');
    await expect(expect(booted).toHaveUser('nobody', { groups: ['wheel'] })).rejects.toThrow('it is in nogroup');
    await expect(expect(booted).toHaveUser('no-such-user')).rejects.toThrow('there is none');
  });

  test('toHaveSecureBoot, which a BIOS has not', async ({ vm }) => {
    await expect(expect(vm).toHaveSecureBoot()).rejects.toThrow('its firmware is a BIOS');
    // The variable as Linux shows it, where this machine's BIOS shows none.
    const name = 'SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c';
    await vm.succeed('mount -t tmpfs none /sys/firmware && mkdir -p /sys/firmware/efi/efivars');
    await vm.writeFile(`/sys/firmware/efi/efivars/${name}`, Buffer.from([6, 0, 0, 0, 1]));
    await expect(vm).toHaveSecureBoot();
    await vm.writeFile(`/sys/firmware/efi/efivars/${name}`, Buffer.from([6, 0, 0, 0, 0]));
    await expect(expect(vm).toHaveSecureBoot()).rejects.toThrow('is off');
  });

  test('toBootWithin', async ({ booted }) => {
    await expect(booted).toBootWithin(60_000);
    await expect(expect(booted).toBootWithin(1)).rejects.toThrow('it took');
  });

  test('a matcher about a machine refuses anything else', async () => {
    await expect(expect('text').toHaveUser('root')).rejects.toThrow('is about a Machine');
    await expect(expect('text').toBeAccepted()).rejects.toThrow('is about a Machine or a Verdict');
  });
});

describe('verbs', () => {
  test('waiting until a command succeeds, or fails', async ({ booted }) => {
    expect(await booted.waitUntilSucceeds('echo yes')).toBe('yes');
    await expect(booted.waitUntilSucceeds('echo no >&2; exit 4', QUICK)).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      message: expect.stringContaining('ended with 4: no'),
    });
    expect(await booted.waitUntilFails('echo no; exit 4')).toBe('no\n');
    await expect(booted.waitUntilFails('echo yes', QUICK)).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
  });

  test('waiting for a unit: reports it, and ends early when it has failed', async ({ vm }) => {
    expect(await vm.waitForUnit('systemd-journald.service')).toMatchObject({ active: 'active', sub: 'running' });
    await vm.execute('systemd-run --wait --unit=bound-to-fail sh -c "exit 3"');
    await expect(vm.waitForUnit('bound-to-fail.service')).rejects.toMatchObject({ code: 'UNIT_FAILED' });
    expect(await vm.systemd.failed()).toMatchObject([{ name: 'bound-to-fail.service', result: 'exit-code' }]);
    expect(await vm.systemd.unit('no-such-thing.service')).toMatchObject({ load: 'not-found' });
  });

  test('a unit that only time ended is started again, with what needs it', async ({ vm }) => {
    await vm.writeFile('/run/systemd/system/late.service', LATE);
    await vm.writeFile('/run/systemd/system/needs-late.service', NEEDS_LATE);
    await vm.execute('systemctl start needs-late.service');
    expect(await vm.systemd.failed()).toMatchObject([{ name: 'late.service', result: 'timeout' }]);
    expect(await vm.settle()).toEqual([]);
    await expect(vm).toHaveActiveUnit('late.service');
    await expect(vm).toHaveActiveUnit('needs-late.service');
  });

  test('a unit that does not start in twice its time has failed', async ({ vm }) => {
    await vm.writeFile('/run/systemd/system/late.service', LATE.replace('[ -e /run/tried ]', 'false'));
    await vm.execute('systemctl start late.service');
    expect(await vm.settle()).toMatchObject([
      { cause: 'failed-unit', evidence: { line: expect.stringContaining('late.service is failed') } },
    ]);
  });

  test("waiting for a unit of a user's own manager", async ({ vm }) => {
    await vm.succeed('loginctl enable-linger liveuser');
    await vm.waitForUnit('user@1000.service');
    expect(await vm.waitForUnit('basic.target', { user: 'liveuser' })).toMatchObject({ active: 'active' });
  });

  test('waiting for a port, and for a file', async ({ vm }) => {
    await expect(vm.waitForOpenPort(9_999, QUICK)).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
    await expect(vm).not.toListenOn(9_999);
    await vm.succeed('systemd-run --unit=echo --socket-property=ListenStream=9999 --socket-property=Accept=yes cat');
    await vm.waitForOpenPort(9_999);
    await expect(vm).toListenOn(9_999);
    await expect(vm.waitForFile('/run/never', QUICK)).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
    await vm.waitForFile('/etc/passwd');
  });

  test('files and directories are copied both ways, byte for byte, with their modes', async ({ vm }) => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
    const [there, back] = [join(directory.path, 'there'), join(directory.path, 'back')];
    const bytes = randomBytes(100_000);
    await mkdir(join(there, 'deep/er'), { recursive: true });
    await writeFile(join(there, 'deep/er/bytes'), bytes);
    await chmod(join(there, 'deep/er/bytes'), 0o751);
    await vm.copyTo(there, '/run/copied');
    await expect(vm).toHaveFile('/run/copied/deep/er/bytes', { mode: 0o751, owner: 'root' });
    await vm.copyFrom('/run/copied', back);
    expect((await readFile(join(back, 'deep/er/bytes'))).equals(bytes)).toBe(true);
    await vm.copyTo(join(there, 'deep/er/bytes'), '/run/new/one');
    await vm.copyFrom('/run/new/one', join(back, 'one'));
    expect((await readFile(join(back, 'one'))).equals(bytes)).toBe(true);
    expect((await stat(join(back, 'one'))).mode & 0o777).toBe(0o751);
    await expect(vm.copyFrom('/run/nothing', back)).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
    await expect(vm.copyTo(join(there, 'nothing'), '/run/x')).rejects.toThrow('ENOENT');
  });

  test('the journal on the time axis of the run, whatever somebody sets the clock to', async ({ vm, options }) => {
    const start = performance.now();
    const log = 'logger -t clockmaker';
    await vm.succeed(
      `${log} now; date -s 2040-01-01; ${log} later; date -s 1971-01-01; ${log} before; sleep 1; ${log} end`,
    );
    for await (const _ of vm.journal({ identifier: 'clockmaker', grep: /end/, follow: true })) break;
    const elapsedMs = performance.now() - start;
    const text = await readFile(join(options.artifactsDir ?? '', 'journal.json'), 'utf8');
    const said = parseJournal(text).filter(({ entry }) => entry.identifier === 'clockmaker');
    expect(said.map(({ entry }) => entry.message)).toEqual(['now', 'later', 'before', 'end']);
    const span = (said.at(-1)?.atMs ?? 0) - (said[0]?.atMs ?? 0);
    expect(span).toBeGreaterThan(900);
    expect(span).toBeLessThan(elapsedMs + 1000);
  });

  test('the journal: all of it, some of it, and as it comes', async ({ vm }) => {
    const say = (text: string) => vm.succeed(`systemd-cat --identifier=speaker echo '${text}'`);
    await say('one');
    const spoken = async () => {
      const said: string[] = [];
      for await (const entry of vm.journal({ identifier: 'speaker' })) said.push(entry.message);
      return said;
    };
    expect(await spoken()).toEqual(['one']);
    const following = (async () => {
      for await (const entry of vm.journal({ identifier: 'speaker', grep: /two/, follow: true })) return entry.message;
      return undefined;
    })();
    await say('number two');
    expect(await following).toBe('number two');
    const signal = AbortSignal.timeout(100);
    for await (const entry of vm.journal({ identifier: 'nobody', follow: true, signal }))
      throw new Error(entry.message);
    expect(await spoken()).toEqual(['one', 'number two']);
  });

  test('how long the boot took, and its chart', async ({ booted }) => {
    const { kernelMs, initrdMs = 0, userspaceMs, totalMs } = await booted.systemd.analyze();
    expect(Math.min(kernelMs, initrdMs, userspaceMs)).toBeGreaterThan(0);
    expect(Math.abs(totalMs - kernelMs - initrdMs - userspaceMs)).toBeLessThan(5);
  });

  test('the serial console: what it has shown, and what is typed there', async ({ vm }) => {
    expect((await vm.waitForConsoleText(/Linux version (\S+)/))[1]).toBe(await vm.succeed('uname -r'));
    await expect(vm.waitForConsoleText(/never shown/, QUICK)).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
    await vm.waitForConsoleText(/login: /);
    vm.sendConsole('nobody-of-this-name\n');
    await vm.waitForConsoleText(/[Pp]assword: /);
  });

  test('the network cable', async ({ vm }) => {
    const carrier = 'cat /sys/class/net/e*/carrier';
    await vm.waitUntilSucceeds(`echo 0x1003 >"$(echo /sys/class/net/e*)/flags"; ${carrier} | grep 1`);
    await vm.setLink(false);
    await vm.waitUntilSucceeds(`${carrier} | grep 0`);
    await vm.setLink(true);
    await vm.waitUntilSucceeds(`${carrier} | grep 1`);
  });

  test('a machine that panicked is set back to when it had not', async ({ vm }) => {
    const snapshot = await vm.snapshot('sound');
    const found = vm.findings.length;
    vm.execute('echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger').catch(() => {});
    await expect.poll(() => vm.findings.length, { timeout: 60_000 }).toBeGreaterThan(found);
    await expect(vm.execute('true')).rejects.toMatchObject({ code: 'GUEST_UNREACHABLE' });
    await expect(vm.waitForConsoleText(/never shown/)).rejects.toMatchObject({ code: 'MACHINE_ENDED' });
    await vm.waitForConsoleText(/Kernel panic/);
    await vm.restore(snapshot);
    expect(await vm.succeed('echo alive')).toBe('alive');
    expect(vm.findings).toHaveLength(found);
    await expect(vm.waitForConsoleText(/Kernel panic/, QUICK)).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
  });
});

describe('the screen', () => {
  test('is read, typed at and waited for', async ({ vm }) => {
    await vm.sendKey('ctrl-alt-f2');
    // The console that was shown before has a login prompt, too.
    await vm.waitForText(/tty2[^]*login:/);
    // Where the guest's keyboard, Swiss or not, has what ours has.
    await vm.type('liveuser 123');
    await vm.waitForText(/login: liveuser 123/);
    await expect(vm.waitForText(/never shown/, QUICK)).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      message: expect.stringContaining('login:'),
    });
    await vm.waitStillScreen(500);
    await expect(vm.type('é')).rejects.toThrow('cannot type');
  });
});

// The last one: it leaves no machine to others.
test('QEMU that ends while its guest is asked leaves the image unjudged', async ({ booted }) => {
  await booted.qmp('stop'); // no answer comes any more
  const settling = booted.settle();
  process.kill(booted.pid, 'SIGKILL');
  await settling;
  expect(await booted.conclude()).toMatchObject({ status: 'inconclusive', cause: 'infra:qemu' });
});
