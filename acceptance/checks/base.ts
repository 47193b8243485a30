// oxlint-disable vitest/expect-expect -- the machine's verbs assert: they throw when the guest does not comply
import type { Machine } from '@phyllome/vm-tester';
import { describe, expect, test } from 'vitest';
import type { Edition } from '../edition.ts';

/** What every edition has: its identity, its language, its network, and no way in. */
export function baseChecks(vm: () => Machine, edition: Edition): void {
  describe('base', () => {
    test('every unit started', () => {
      expect(vm().findings.filter(({ severity }) => severity !== 'warn')).toEqual([]);
    });

    test(`boots to the ${edition.desktop ? 'graphical' : 'multi-user'} target`, async () => {
      const target = edition.desktop ? 'graphical.target' : 'multi-user.target';
      expect(await vm().succeed('systemctl get-default')).toBe(target);
      await vm().waitForUnit(target);
    });

    test('is named phyllome', async () => {
      expect(await vm().succeed('uname -n')).toBe('phyllome');
    });

    test('speaks English with a Swiss French keyboard, in Paris time', async () => {
      expect(await vm().succeed('systemctl show-environment | grep ^LANG=')).toBe('LANG=en_US.UTF-8');
      expect(await vm().succeed('. /etc/vconsole.conf; echo "$KEYMAP $XKBLAYOUT($XKBVARIANT)"')).toMatch(
        // Debian's file is /etc/default/keyboard by another name: it has the layout and no console keymap.
        edition.rehearsal ? /^(ch-fr)? ch\(fr\)$/ : /^ch-fr /,
      );
      expect(await vm().succeed('readlink -m /etc/localtime')).toMatch(/\/Europe\/Paris$/);
      expect(await vm().succeed('date +%Z')).toMatch(/^CES?T$/);
    });

    test('manages its network with NetworkManager', async () => {
      await vm().waitForUnit('NetworkManager.service');
    });

    test('lets nobody in by SSH', async () => {
      for (const unit of ['ssh.service', 'sshd.service', 'ssh.socket', 'sshd.socket']) {
        expect(String((await vm().execute(['systemctl', 'is-active', unit])).stdout).trim(), unit).not.toBe('active');
      }
      expect(await listeningPorts(vm())).not.toContain(22);
    });

    test('says what it is', async () => {
      const release = await vm().succeed('. /etc/os-release; echo "$PRETTY_NAME / $VARIANT"');
      expect(release).toMatch(edition.rehearsal ? /Debian.* \/ Rehearsal/ : /^(?!.*(rehearsal|debian))/i);
    });
  });
}

/** TCP ports in state LISTEN (0A), from proc_net_tcp: no tool that an edition might lack. */
async function listeningPorts(machine: Machine): Promise<number[]> {
  const tables = await machine.succeed('cat /proc/net/tcp /proc/net/tcp6');
  return [...tables.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /gm)].map((match) =>
    Number.parseInt(match[1] ?? '', 16),
  );
}
