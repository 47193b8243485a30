import { expect } from '@phyllome/vm-tester/vitest';
import {
  brandingFaults,
  clockFaults,
  labelFaults,
  languageFaults,
  loginFaults,
  manualFaults,
  microcodeFaults,
  timerFaults,
} from '../evidence.ts';
import { type Check, requireNone } from '../judge.ts';
import { pingGuestAgent } from './guest-agent.ts';
import { KNOWN_ADDRESS, startNameServer } from './name-server.ts';

/** Only the name server that is asked knows it. */
const SOME_NAME = 'phyllome.example.com';

/** What a login shell finds, for {@link loginFaults}. */
const SHOW_SESSION = `echo "uid=$(id -u)"
echo "session=$XDG_SESSION_ID"
echo "runtime=$XDG_RUNTIME_DIR"
if [ -O "/run/user/$(id -u)" ]; then echo directory=yes; fi
loginctl show-session "$XDG_SESSION_ID" --property=Class --property=State`;

/** `dhi` of the leaves dhi, ldhi and dhi-encrypted alike: `PHYLLOME_EDITION` is an edition or an install leaf. */
const editionOfLeaf = (name: string): string => name.replace('-encrypted', '');

/** What every edition has: its identity, its language, its network, and no way in. */
export const baseChecks = {
  'os-release': async (vm, { rehearsal }) => {
    const release = await vm.succeed('. /etc/os-release; echo "$PRETTY_NAME / $VARIANT"');
    expect(release).toMatch(rehearsal ? /Debian.* \/ Rehearsal/ : /^(?!.*(rehearsal|debian))/i);
  },

  branding: async (vm, { name, rehearsal }) => {
    requireNone(brandingFaults(await vm.succeed('cat /etc/os-release'), editionOfLeaf(name)));
    // What keeps rpm from putting its own link there again.
    if (!rehearsal) expect(await vm.succeed("rpm --eval '%_netsharedpath'")).toBe('/etc/os-release');
  },

  hostname: async (vm) => {
    expect(await vm.succeed('uname -n')).toBe('phyllome');
  },

  locale: async (vm, { rehearsal }) => {
    expect(await vm.succeed('systemctl show-environment | grep ^LANG=')).toBe('LANG=en_US.UTF-8');
    expect(await vm.succeed('. /etc/vconsole.conf; echo "$KEYMAP $XKBLAYOUT($XKBVARIANT)"')).toMatch(
      // Debian's file is /etc/default/keyboard by another name: it has the layout and no console keymap.
      rehearsal ? /^(ch-fr)? ch\(fr\)$/ : /^ch-fr /,
    );
    expect(await vm.succeed('readlink -m /etc/localtime')).toMatch(/\/Europe\/Paris$/);
    expect(await vm.succeed('date +%Z')).toMatch(/^CES?T$/);
  },

  network: async (vm) => {
    await expect(vm).toHaveActiveUnit('NetworkManager.service');
    await vm.waitUntilSucceeds('nmcli --terse --fields STATE general | grep --line-regexp connected');
    await vm.waitUntilSucceeds('resolvectl dns | grep --quiet "[0-9]: *[^ ]\\|: *[0-9]"');
  },

  names: async (vm) => {
    // Programs ask systemd-resolved, and that asks the link's name server: here one of ours, at QEMU's gateway.
    await expect(vm).toHaveActiveUnit('systemd-resolved.service');
    expect(await vm.succeed('readlink -m /etc/resolv.conf')).toMatch(/^\/run\/systemd\/resolve\//);
    await using server = await startNameServer();
    // The host, as a guest on QEMU's user network sees it, is the gateway.
    const route = await vm.succeed('ip -oneline -4 route show default');
    const [, gateway = '', link = ''] = /via (\S+) dev (\S+)/.exec(route) ?? [];
    await vm.succeed(['resolvectl', 'dns', link, `${gateway}:${server.port}`]);
    const addresses = await vm.waitUntilSucceeds(`getent ahosts ${SOME_NAME}`);
    expect(addresses).toContain(KNOWN_ADDRESS);
  },

  login: async (vm, { traits }) => {
    // An installed system has nobody else before its first-boot set-up.
    const user = traits.has('live') ? 'liveuser' : 'root';
    const properties = ['PAMName=login', `User=${user}`].map((property) => `--property=${property}`);
    // As getty says; without a terminal pam_systemd would take it for a job in the background.
    const type = '--setenv=XDG_SESSION_TYPE=tty';
    const run = ['systemd-run', '--quiet', '--wait', '--collect', '--pipe', type, ...properties];
    const argv = [...run, 'sh', '-c', SHOW_SESSION];
    const { stdout, stderr } = await vm.execute(argv, { timeoutMs: 30_000 });
    requireNone(loginFaults(`${String(stdout)}\n${String(stderr)}`));
  },

  clock: async (vm) => {
    await vm.waitUntilSucceeds('pgrep --exact chronyd');
    const { stdout } = await vm.execute('chronyd -p');
    requireNone(clockFaults(await vm.succeed('timedatectl show --property=NTP'), String(stdout)));
  },

  timers: async (vm, { traits }) => {
    const timers = traits.has('nano') ? ['fstrim.timer'] : ['fstrim.timer', 'logrotate.timer'];
    const states = await vm.succeed(['systemctl', 'show', '--property=Id,UnitFileState,ActiveState', ...timers]);
    requireNone(timerFaults(states, timers));
  },

  manuals: async (vm) => {
    const { stdout, stderr } = await vm.execute('man --where ls');
    requireNone(manualFaults(`${String(stdout)}${String(stderr)}`));
  },

  languages: async (vm) => {
    const translations = await vm.succeed("find /usr/share/locale -name '*.mo'");
    requireNone(languageFaults(translations, await vm.succeed('locale --all-locales')));
  },

  microcode: async (vm) => {
    const { stdout } = await vm.execute('find /usr/lib/firmware/intel-ucode /usr/lib/firmware/amd-ucode -type f');
    requireNone(microcodeFaults(String(stdout)));
  },

  'no-ssh': async (vm) => {
    for (const unit of ['ssh.service', 'sshd.service', 'ssh.socket', 'sshd.socket']) {
      expect((await vm.systemd.unit(unit)).active, unit).not.toBe('active');
    }
    await expect(vm).not.toListenOn(22);
  },

  firewall: async (vm) => {
    await expect(vm).toHaveActiveUnit('firewalld.service');
    await vm.waitUntilSucceeds('firewall-cmd --query-service=mdns');
  },

  selinux: async (vm) => {
    expect(await vm.succeed('getenforce')).toBe('Enforcing');
    // What no rule is about, and what the container of the build would have left.
    const wrong = ['unlabeled_t', 'container_file_t'].map((type) => `-context "*:${type}:*"`).join(' -o ');
    requireNone(labelFaults(await vm.succeed(`find / -xdev -ignore_readdir_race \\( ${wrong} \\)`)));
    await expect(vm).toHaveNoDenials();
  },

  trademarks: async (vm) => {
    for (const name of ['generic-release', 'generic-logos', 'fedora-remix-logos']) {
      await expect(vm).toHavePackage(name);
    }
    for (const name of ['fedora-release', 'fedora-logos']) await expect(vm).not.toHavePackage(name);
  },

  zram: async (vm) => {
    await vm.waitUntilSucceeds('grep --quiet ^/dev/zram0 /proc/swaps');
  },

  'guest-agent': pingGuestAgent,

  'machine-id': async (vm) => {
    expect(await vm.succeed('cat /etc/machine-id')).toMatch(/^[0-9a-f]{32}$/);
  },

  'package-budget': async (vm) => {
    // Counted here: a pipe into wc would take a package manager that is missing for no packages.
    const packages = (await vm.succeed('rpm --query --all')).split('\n').filter(Boolean);
    expect(packages.length).toBeGreaterThan(0);
    expect(packages.length).toBeLessThanOrEqual(350);
  },
} satisfies Record<string, Check>;
