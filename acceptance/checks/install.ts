import type { Machine } from '@phyllome/vm-tester';
import { expect } from '@phyllome/vm-tester/vitest';
import {
  argumentFaults,
  bootOrderFaults,
  bootSectorFaults,
  kernelFaults,
  leftoverFaults,
  luksFaults,
  partitionFaults,
} from '../evidence.ts';
import { PASSWORD, PEOPLE, USER } from '../first-user.ts';
import { type Check, NotJudged, requireNone } from '../judge.ts';
import { reboot } from '../passphrase.ts';
import { FIRST_BOOT } from './boot.ts';

/** First-boot set-up waits for a person; under TCG it takes minutes to come up. */
const SETUP_MS = 120_000;

/** What only an installed system has: its disk, and a first boot that asks for a user. */
export const installChecks = {
  'root-locked': async (vm) => {
    await expect(vm).toHaveUser('root', { locked: true });
  },

  partitions: async (vm, { firmware }) => {
    const tree = await vm.succeed(
      'lsblk --json --bytes --output NAME,TYPE,PTTYPE,PARTTYPE,FSTYPE,LABEL,MOUNTPOINT,SIZE,FSSIZE',
    );
    requireNone(partitionFaults(tree, firmware));
  },

  'kernel-arguments': async (vm) => {
    const [running, configured] = [
      await vm.succeed('cat /proc/cmdline'),
      await vm.succeed("sed -n 's/^GRUB_CMDLINE_LINUX=//p' /etc/default/grub"),
    ];
    requireNone(argumentFaults(running, configured));
  },

  'no-leftovers': async (vm) => {
    // A kickstart may have passphrases and hashes: what the installer leaves of one is root's alone.
    requireNone(
      leftoverFaults(
        await vm.succeed(
          "find /root /tmp /var/tmp /run/install /etc /boot -xdev -type f \\( -name '*.ks' -o -name '*ks.cfg' -o -name 'ks-script-*' \\) -printf '%m %u %p\\n' 2>/dev/null || true",
        ),
      ),
    );
  },

  encryption: async (vm) => {
    const mapped = await vm.succeed('findmnt --noheadings --output SOURCE /');
    const parents = await vm.succeed(`lsblk --noheadings --inverse --paths --list --output NAME,FSTYPE ${mapped}`);
    const luks = /^(\S+)\s+crypto_LUKS$/m.exec(parents)?.[1];
    expect(luks, parents).toBeDefined();
    expect(await vm.succeed(`blkid --probe --output value --match-tag VERSION ${luks}`)).toBe('2');
  },

  'luks-parameters': async (vm) => {
    const [metadata, uuid, running] = [
      await vm.succeed(`cryptsetup luksDump --dump-json-metadata "$(${LUKS_DEVICE})"`),
      await vm.succeed(`cryptsetup luksUUID "$(${LUKS_DEVICE})"`),
      await vm.succeed('cat /proc/cmdline'),
    ];
    requireNone(luksFaults(metadata, uuid, running));
  },

  'boot-order': async (vm, { firmware }) => {
    const kernels = await vm.succeed("find /boot -maxdepth 1 -name 'vmlinuz-*'");
    requireNone(kernelFaults(await vm.succeed('uname -r'), kernels));
    if (firmware === 'bios') {
      requireNone(
        bootSectorFaults(await vm.succeed(`head --bytes=440 "$(${ROOT_DISK})" | tr --complement --delete '[:print:]'`)),
      );
      return;
    }
    requireNone(bootOrderFaults(await vm.succeed('efibootmgr'), await vm.succeed("find /boot/efi/EFI -iname '*.efi'")));
  },

  'console-setup': async (vm) => {
    await vm.waitUntilSucceeds(
      'systemctl show --property=ActiveState initial-setup.service | grep --extended-regexp "=(activating|active)$"',
      { timeoutMs: SETUP_MS },
    );
    // It has no user yet, and that is what it asks for.
    expect(await vm.succeed(PEOPLE)).toBe('');
    await vm.screenshot('console-setup');
  },

  'first-boot': async (vm, { rehearsal }) => {
    if (!rehearsal) throw new NotJudged("there is no one to answer the menus of Fedora's initial-setup here");
    await answer(vm, /User name: /, USER);
    await answer(vm, /Password: /, PASSWORD);
    await answer(vm, /The same again: /, PASSWORD);
    // What waited for the answer goes on.
    await expect(vm).toReachTarget('multi-user');
    await expect(vm).toHaveActiveUnit('getty@tty1.service');
    await answer(vm, / login: /, USER);
    // The kernel may have a word between.
    await answer(vm, / login: [^]*Password: /, PASSWORD);
    await answer(vm, new RegExp(`${USER}@`), 'id --name --groups');
    await vm.waitForConsoleText(new RegExp(`\\b${USER} wheel\\b`), { timeoutMs: ANSWER_MS });
    vm.sendConsole('exit\r');
  },

  'second-boot': async (vm, edition) => {
    const before = await vm.succeed(SAME_AT_EVERY_BOOT);
    await reboot(vm, edition);
    await vm.settle(edition.traits.has('desktop') ? { waitsFor: [FIRST_BOOT] } : {});
    expect(await vm.succeed(SAME_AT_EVERY_BOOT)).toBe(before);
    if (edition.rehearsal) {
      await expect(vm).toReachTarget('multi-user');
      await expect(vm).toHaveUser(USER);
    }
  },
} satisfies Record<string, Check>;

/** Prints the whole disk that the root file system is on. */
const ROOT_DISK =
  'lsblk --noheadings --inverse --paths --list --output NAME,TYPE $(findmnt --noheadings --nofsroot --output SOURCE /) | awk \'$2 == "disk" { print $1; exit }\'';

/** Prints what the root file system is encrypted in. */
const LUKS_DEVICE =
  'lsblk --noheadings --inverse --paths --list --output NAME,FSTYPE $(findmnt --noheadings --nofsroot --output SOURCE /) | awk \'$2 == "crypto_LUKS" { print $1; exit }\'';

/** How long the console takes to answer, on a real processor. */
const ANSWER_MS = 60_000;

/** The system that boots a second time is the one that booted first: file systems, arguments, units, and keys. */
const SAME_AT_EVERY_BOOT = [
  'cat /etc/machine-id /proc/cmdline /etc/fstab /etc/hostname',
  'findmnt --real --noheadings --list --output TARGET,SOURCE,FSTYPE,UUID | sort',
  // Which units are enabled and masked; not by systemctl, whose answer may take longer than it waits.
  "find /etc/systemd/system -type l -printf '%P %l\\n' | sort",
  'sha256sum /boot/vmlinuz-* /etc/ssh/ssh_host_*_key.pub 2>/dev/null | sort',
].join('; ');

/** Waits until the console asks, and types the answer as a person would. */
async function answer(vm: Machine, question: RegExp, text: string): Promise<void> {
  await vm.waitForConsoleText(question, { timeoutMs: ANSWER_MS });
  vm.sendConsole(`${text}\r`);
}
