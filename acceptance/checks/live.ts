// oxlint-disable vitest/expect-expect -- the machine's verbs assert: they throw when the guest does not comply
import type { Machine } from '@phyllome/vm-tester';
import { describe, expect, test } from 'vitest';
import type { Edition } from '../edition.ts';
import { skipBecause } from '../skip.ts';

/** What a live medium is: its root on the medium, what is written in memory, a console anyone may use. */
export function liveChecks(vm: () => Machine, edition: Edition): void {
  describe('live medium', () => {
    test('its root is the medium, with what is written kept in memory', async () => {
      expect(await vm().succeed('cat /proc/cmdline')).toMatch(/\broot=live:.* rd\.live\.image\b/);
      const [type = '', source = ''] = (await vm().succeed('findmnt --noheadings --output FSTYPE,SOURCE /')).split(
        /\s+/,
      );
      // dracut's dmsquash-live: an overlay file system, or a device-mapper snapshot.
      expect(type === 'overlay' || source === '/dev/mapper/live-rw', `${type} ${source}`).toBe(true);
      await vm().succeed('touch /etc/written && rm /etc/written');
    });

    test('temporary files are in memory', async () => {
      expect(await vm().succeed('findmnt --noheadings --output FSTYPE /tmp')).toBe('tmpfs');
      expect(await vm().succeed('findmnt --noheadings --output FSTYPE /var/tmp')).toBe('tmpfs');
    });

    test('has a machine id of its own', async () => {
      expect(await vm().succeed('cat /etc/machine-id')).toMatch(/^[0-9a-f]{32}$/);
    });

    test('root has no password to guess: none is set, and only livesys unlocks the console', async () => {
      const shadow = await vm().succeed('cut -d: -f2 /etc/shadow | sort -u');
      // Locked (!, *), or empty after livesys ran; never a hash.
      expect(shadow.split('\n').filter((field) => !/^[!*]*$/.test(field))).toEqual([]);
      const status = await vm().succeed('passwd --status root');
      const unlocked = /^root (NP|PS)/.test(status);
      if (unlocked) await vm().waitForUnit('livesys.service');
    });

    test('has the liveuser, an administrator', async () => {
      await vm().waitForUnit('livesys.service');
      expect((await vm().succeed('id --name --groups liveuser')).split(' ')).toContain('wheel');
    });

    test('keeps its name after livesys', async (context) => {
      if (edition.rehearsal) skipBecause(context, "the rehearsal's livesys does not rename the machine");
      expect(await vm().succeed('cat /etc/hostname')).toBe('phyllome');
    });
  });
}
