import { expect } from '@phyllome/vm-tester/vitest';
import type { Check } from '../judge.ts';

/** First-boot set-up waits for a person; under TCG it takes minutes to come up. */
const SETUP_MS = 120_000;

/** What only an installed system has: its disk, and a first boot that asks for a user. */
export const installChecks = {
  'root-locked': async (vm) => {
    await expect(vm).toHaveUser('root', { locked: true });
  },

  partitions: async (vm) => {
    const table = await vm.succeed('lsblk --noheadings --raw --output LABEL,FSTYPE,MOUNTPOINT');
    const rows = table.split('\n').map((line) => line.trim());
    expect(rows).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^efi vfat \/boot\/efi$/i),
        expect.stringMatching(/^boot ext4 \/boot$/),
        expect.stringMatching(/^root ext4 \/$/),
      ]),
    );
  },

  encryption: async (vm) => {
    const mapped = await vm.succeed('findmnt --noheadings --output SOURCE /');
    const parents = await vm.succeed(`lsblk --noheadings --inverse --paths --list --output NAME,FSTYPE ${mapped}`);
    const luks = /^(\S+)\s+crypto_LUKS$/m.exec(parents)?.[1];
    expect(luks, parents).toBeDefined();
    expect(await vm.succeed(`blkid --probe --output value --match-tag VERSION ${luks}`)).toBe('2');
  },

  'console-setup': async (vm) => {
    await vm.waitUntilSucceeds(
      'systemctl show --property=ActiveState initial-setup.service | grep --extended-regexp "=(activating|active)$"',
      { timeoutMs: SETUP_MS },
    );
    // It has no user yet, and that is what it asks for.
    expect(await vm.succeed("awk -F: '$3 >= 1000 && $3 < 60000' /etc/passwd")).toBe('');
    await vm.screenshot('console-setup');
  },

  'gnome-setup': async (vm) => {
    await vm.waitUntilSucceeds('pgrep --full gnome-initial-setup', { timeoutMs: SETUP_MS });
    expect(await vm.succeed("awk -F: '$3 >= 1000 && $3 < 60000' /etc/passwd")).toBe('');
    await vm.screenshot('gnome-setup');
  },
} satisfies Record<string, Check>;
