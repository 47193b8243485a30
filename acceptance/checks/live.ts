import { expect } from 'vitest';
import type { Check } from '../judge.ts';

/** What a live medium is: its root on the medium, what is written in memory, a console anyone may use. */
export const liveChecks = {
  'live-root': async (vm) => {
    expect(await vm.succeed('cat /proc/cmdline')).toMatch(/\broot=live:.* rd\.live\.image\b/);
    const [type = '', source = ''] = (await vm.succeed('findmnt --noheadings --output FSTYPE,SOURCE /')).split(/\s+/);
    // dracut's dmsquash-live: an overlay file system, or a device-mapper snapshot.
    expect(type === 'overlay' || source === '/dev/mapper/live-rw', `${type} ${source}`).toBe(true);
    await vm.succeed('touch /etc/written && rm /etc/written');
  },

  'media-check': async (vm) => {
    // Where lorax and the rehearsal put the menu on the medium, and dracut mounts that.
    const menu = await vm.succeed('cat /run/initramfs/live/boot/grub2/grub.cfg');
    expect(menu).toMatch(/^\s*linux\S* .*\brd\.live\.check\b/m);
    await vm.succeed('checkisomd5 --help || command -v checkisomd5');
  },

  'temporary-files': async (vm) => {
    expect(await vm.succeed('findmnt --noheadings --output FSTYPE /tmp')).toBe('tmpfs');
    expect(await vm.succeed('findmnt --noheadings --output FSTYPE /var/tmp')).toBe('tmpfs');
  },

  liveuser: async (vm) => {
    await vm.waitForUnit('livesys.service');
    expect((await vm.succeed('id --name --groups liveuser')).split(' ')).toContain('wheel');
  },

  passwords: async (vm) => {
    const shadow = await vm.succeed('cut -d: -f2 /etc/shadow | sort -u');
    // Locked (!, *), or empty after livesys ran; never a hash.
    expect(shadow.split('\n').filter((field) => !/^[!*]*$/.test(field))).toEqual([]);
    const unlocked = /^root (NP|PS)/.test(await vm.succeed('passwd --status root'));
    if (unlocked) await vm.waitForUnit('livesys.service');
  },

  'livesys-hostname': async (vm) => {
    expect(await vm.succeed('cat /etc/hostname')).toBe('phyllome');
  },
} satisfies Record<string, Check>;
