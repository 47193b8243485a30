import { expect } from '@phyllome/vm-tester/vitest';
import type { Check } from '../judge.ts';

/** First-boot set-up on the console: it runs until somebody has answered (initial-setup's own unit is a oneshot). */
export const FIRST_BOOT = 'initial-setup.service';

/** A login prompt is a getty on the screen's first console. */
const GETTY = 'getty@tty1.service';

/** How far an edition comes by itself. */
export const bootChecks = {
  // Every failed unit is a finding; one that acceptance/allow.json lets through is a warning.
  units: async (vm) => {
    expect(vm.findings.filter(({ severity }) => severity !== 'warn')).toEqual([]);
  },

  coredumps: async (vm) => {
    await expect(vm).toHaveNoCoredumps();
  },

  'multi-user': async (vm, { traits }) => {
    expect(await vm.succeed('systemctl get-default')).toBe('multi-user.target');
    // An installed system's first boot asks for a user before anything else: the target waits for the answer.
    if (traits.has('install'))
      await vm.waitUntilSucceeds(`systemctl list-jobs | grep --quiet '${FIRST_BOOT} .*running'`);
    else {
      await expect(vm).toReachTarget('multi-user');
      await expect(vm).toHaveActiveUnit(GETTY);
    }
  },

  graphical: async (vm) => {
    expect(await vm.succeed('systemctl get-default')).toBe('graphical.target');
    await expect(vm).toReachTarget('graphical');
    await expect(vm).toHaveActiveUnit('display-manager.service');
    await vm.succeed('pgrep --exact "gdm3?"');
  },
} satisfies Record<string, Check>;
