import { expect } from 'vitest';
import type { Check } from '../judge.ts';

/** A login prompt is a getty on the screen's first console. */
const GETTY = 'getty@tty1.service';

/** How far an edition comes by itself. */
export const bootChecks = {
  units: async (vm) => {
    expect(vm.findings.filter(({ severity }) => severity !== 'warn')).toEqual([]);
  },

  'multi-user': async (vm, { traits }) => {
    expect(await vm.succeed('systemctl get-default')).toBe('multi-user.target');
    await vm.waitForUnit('multi-user.target');
    // An installed system's first boot asks for a user instead, before any login.
    if (traits.has('live')) await vm.waitForUnit(GETTY);
  },

  graphical: async (vm) => {
    expect(await vm.succeed('systemctl get-default')).toBe('graphical.target');
    await vm.waitForUnit('graphical.target');
    await vm.waitForUnit('display-manager.service', { timeoutMs: 60_000 });
    await vm.succeed('pgrep --exact "gdm3?"');
  },
} satisfies Record<string, Check>;
