import { expect } from '@phyllome/vm-tester/vitest';
import type { Check } from '../judge.ts';

/** What a live medium is: its root on the medium, what is written in memory, a console anyone may use. */
export const liveChecks = {
  'live-root': async (vm) => {
    await expect(vm).toHaveKernelArgument('root', /^live:/);
    await expect(vm).toHaveKernelArgument('rd.live.image');
    const [type = '', source = ''] = (await vm.succeed('findmnt --noheadings --output FSTYPE,SOURCE /')).split(/\s+/);
    // dracut's dmsquash-live: an overlay file system, or a device-mapper snapshot.
    expect(type === 'overlay' || source === '/dev/mapper/live-rw', `${type} ${source}`).toBe(true);
    await vm.succeed('touch /etc/written && rm /etc/written');
  },

  'media-check': async (vm) => {
    // Where lorax and the rehearsal put the menu on the medium, and dracut mounts that.
    const menu = await vm.succeed('cat /run/initramfs/live/boot/grub2/grub.cfg');
    expect(menu).toMatch(/^\s*linux\S* .*\brd\.live\.check\b/m);
    await vm.succeed('command -v checkisomd5');
  },

  'temporary-files': async (vm) => {
    await expect(vm).toHaveMount('/tmp', { fstype: 'tmpfs' });
    await expect(vm).toHaveMount('/var/tmp', { fstype: 'tmpfs' });
  },

  liveuser: async (vm) => {
    await expect(vm).toHaveActiveUnit('livesys.service');
    await expect(vm).toHaveUser('liveuser', { groups: ['wheel'] });
  },

  passwords: async (vm) => {
    const shadow = String(await vm.readFile('/etc/shadow'))
      .trim()
      .split('\n');
    expect(shadow).toContainEqual(expect.stringMatching(/^root:/));
    // Locked (!, *), or empty after livesys ran; never a hash.
    expect(shadow.filter((line) => !/^[^:]+:[!*]*:/.test(line))).toEqual([]);
    const unlocked = /^root (NP|PS)/.test(await vm.succeed('passwd --status root'));
    if (unlocked) await expect(vm).toHaveActiveUnit('livesys.service');
  },

  'livesys-hostname': async (vm) => {
    expect(await vm.succeed('cat /etc/hostname')).toBe('phyllome');
  },
} satisfies Record<string, Check>;
