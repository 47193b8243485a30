import { expect } from '@phyllome/vm-tester/vitest';
import type { Check } from '../judge.ts';
import { pingGuestAgent } from './guest-agent.ts';
import { KNOWN_ADDRESS, startNameServer } from './name-server.ts';

/** The host, as a guest on QEMU's user network sees it. */
const GATEWAY = '10.0.2.2';

/** Nobody knows it but the name server that is asked. */
const SOME_NAME = 'phyllome.example.com';

/** What every edition has: its identity, its language, its network, and no way in. */
export const baseChecks = {
  'os-release': async (vm, { rehearsal }) => {
    const release = await vm.succeed('. /etc/os-release; echo "$PRETTY_NAME / $VARIANT"');
    expect(release).toMatch(rehearsal ? /Debian.* \/ Rehearsal/ : /^(?!.*(rehearsal|debian))/i);
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
    const link = await vm.succeed("ip -oneline route show default | grep -o 'dev [^ ]*' | cut -d' ' -f2");
    await vm.succeed(['resolvectl', 'dns', link, `${GATEWAY}:${server.port}`]);
    const addresses = await vm.waitUntilSucceeds(`getent ahosts ${SOME_NAME}`);
    expect(addresses).toContain(KNOWN_ADDRESS);
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
    expect(await vm.succeed('find / -xdev -ignore_readdir_race -context "*:unlabeled_t:*"')).toBe('');
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
